#include "sim_realm.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct sim_realm *sim(struct realm *r)
{
	return (struct sim_realm *)r;
}

/* The clock of the first place is everybody's. */
static double utc_s(struct realm *r)
{
	return 1.6e9 + sim(r)->utc_offset_s + (double)sim(r)->places[0].host.now_ns / 1e9;
}

static int see(struct sim_place *p, const struct realm_survey *s, struct error *e)
{
	const struct window_request q = { s->config->interval_s, s->config->sample_s, false };
	struct window w = { 0 };
	int r;

	if (p->unreadable) {
		s->unseen(s->arg, p->place.label, "may not be entered");
		return 0;
	}
	r = p->host.world.ops->observe(&p->host.world, &q, &w, e);
	ck_assert_int_eq(r, 0);
	/* The findings are to point into the loop's own rules. */
	diagnosis_done(&w.diagnosis);
	w.diagnosis = (struct diagnosis){ 0 };
	ck_assert_int_eq(diagnose(s->book, w.observation, &w.settings, &w.diagnosis, e), 0);
	r = s->seen(s->arg, &p->place, &w, e);
	window_done(&w);
	return r;
}

static int survey(struct realm *realm, const struct realm_survey *s, struct error *e)
{
	struct sim_realm *r = sim(realm);
	int failure = r->survey_error;

	r->surveys++;
	r->lookups += s->find_processes;
	r->holders += s->find_holders;
	r->survey_error = 0;
	if (failure < 0)
		return error_set(e, failure, ERROR_FAILED, NULL, "simulated");
	for (size_t i = 0; i < r->count; i++) {
		int code = r->places[i].gone ? 0 : see(&r->places[i], s, e);

		if (code < 0)
			return code;
	}
	return 0;
}

static int open_world(struct realm *realm, const struct realm_place *place,
		      const struct rulebook *book, struct world **ret, struct error *e)
{
	struct sim_realm *r = sim(realm);

	ck_assert_ptr_nonnull(book);
	if (r->open_error < 0)
		return error_set(e, r->open_error, ERROR_FAILED, NULL, "simulated");
	for (size_t i = 0; i < r->count; i++) {
		if (r->places[i].place.cookie != place->cookie)
			continue;
		r->worlds++;
		*ret = &r->places[i].host.world;
		return 0;
	}
	return error_set(e, -ESTALE, ERROR_FAILED, NULL, "it is gone");
}

static void close_world(struct realm *realm, struct world *w)
{
	ck_assert_ptr_nonnull(w);
	sim(realm)->worlds--;
}

static bool is_gone(struct realm *realm, const struct realm_place *place)
{
	const struct sim_realm *r = sim(realm);

	for (size_t i = 0; i < r->count; i++) {
		if (r->places[i].place.cookie == place->cookie)
			return r->places[i].gone;
	}
	return true;
}

static int check(struct realm *realm, void (*lost)(void *arg, const struct realm_loss *l),
		 void *arg, struct error *e)
{
	struct sim_realm *r = sim(realm);
	struct realm_loss loss = { .netns_cookie = r->places[0].place.cookie,
				   .reason = "somebody else has set it" };

	if (r->check_error < 0)
		return error_set(e, r->check_error, ERROR_FAILED, NULL, "simulated");
	(void)snprintf(loss.target, sizeof(loss.target), "%s", r->lost);
	if (loss.target[0] != '\0')
		lost(arg, &loss);
	return 0;
}

static const struct realm_ops sim_ops = {
	.utc_s = utc_s,
	.survey = survey,
	.open_world = open_world,
	.close_world = close_world,
	.is_gone = is_gone,
	.check = check,
};

struct sim_place *sim_realm_add(struct sim_realm *r, const char *label, uint64_t cookie)
{
	struct sim_place *p = &r->places[r->count++];

	ck_assert_uint_le(r->count, SIM_PLACES_MAX);
	*p = (struct sim_place){ .place = { .cookie = cookie, .is_init = true } };
	(void)snprintf(p->place.label, sizeof(p->place.label), "%s", label);
	sim_host_open(&p->host);
	return p;
}

void sim_realm_open(struct sim_realm *r)
{
	*r = (struct sim_realm){ .realm = { &sim_ops } };
	(void)sim_realm_add(r, "self", 7);
}

void sim_realm_close(struct sim_realm *r)
{
	for (size_t i = 0; i < r->count; i++)
		sim_host_close(&r->places[i].host);
}
