#include "daemon/loop.h"

#include "base/text.h"
#include "rules/demand.h"
#include "tunables/tunable_name.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is less severe than this is no reason to change anything unasked. */
#define LEAST_SEVERITY SEVERITY_LOW

void loop_done(struct loop *l)
{
	watched_list_done(&l->watched);
	attempt_done(&l->candidate);
	memory_done(&l->memory);
	policy_done(&l->policy);
	*l = (struct loop){ 0 };
}

void loop_adopt(struct loop *l, struct policy *policy)
{
	attempt_done(&l->candidate); /* points into the rule book */
	watched_list_forget_findings(&l->watched);
	policy_done(&l->policy);
	l->policy = *policy;
	*policy = (struct policy){ 0 };
}

/* --- status ---------------------------------------------------------------------------------*/

static double now_utc_s(const struct loop *l)
{
	return l->realm->ops->utc_s(l->realm);
}

static double back_off_s(const struct loop *l)
{
	return MEMORY_BACK_OFF_INTERVALS * l->policy.config.interval_s;
}

static void list_parked(struct loop *l)
{
	struct daemon_status *s = &l->status;

	s->parked_count = 0;
	for (size_t i = 0; i < l->memory.count && s->parked_count < STATUS_PARKED_MAX; i++) {
		const struct outcome *o = &l->memory.all[i];
		const char *label = watched_list_label(&l->watched, o->netns_cookie);
		struct status_parked *p = &s->parked[s->parked_count];

		/* Of namespaces that are gone it is of no interest any more. */
		if (o->kind != OUTCOME_PARKED || label == NULL)
			continue;
		*p = (struct status_parked){ 0 };
		text_copy_printable(p->netns, sizeof(p->netns), label, strlen(label));
		(void)snprintf(p->tunable, sizeof(p->tunable), "%s", o->tunable);
		(void)snprintf(p->reason, sizeof(p->reason), "%s", o->reason);
		s->parked_count++;
	}
}

void loop_tell(struct loop *l, double seconds, const char *fmt, ...)
{
	struct daemon_status *s = &l->status;
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(s->doing, sizeof(s->doing), fmt, args);
	va_end(args);
	s->since_utc_s = now_utc_s(l);
	s->next_utc_s = seconds > 0 ? s->since_utc_s + seconds : 0;
	(void)snprintf(s->trouble, sizeof(s->trouble), "%s", l->trouble.text);
	list_parked(l);
	if (l->publish != NULL)
		l->publish(l->arg, s);
}

/* --- namespaces -----------------------------------------------------------------------------*/

static struct watched *watch(struct loop *l, const struct realm_place *place)
{
	bool is_new;
	struct watched *w = watched_list_get(&l->watched, place, &is_new);

	if (is_new && l->turns > 0)
		logbook_write(l->log, LOGBOOK_INFO,
			      "%s: a new network namespace, watched from now on", place->label);
	return w;
}

/* One that is gone does not come back, nor does its cookie, so that nothing needs to be remembered
 * of it; one that cannot be read, or is not to be watched any more, may. */
static void note_dropped(void *arg, const struct watched *w)
{
	struct loop *l = arg;

	logbook_write(l->log, LOGBOOK_INFO, "%s: no longer watched", w->place.label);
	if (l->realm->ops->is_gone(l->realm, &w->place))
		(void)memory_forget(&l->memory, w->place.cookie, "*");
}

/* --- what was observed ----------------------------------------------------------------------*/

/* Several reasons of one turn, as one line of the log. */
static void add_reason(char text[LOOP_REASONS_MAX], const char *about, const char *what,
		       const char *reason)
{
	size_t used = strlen(text);

	(void)snprintf(text + used, LOOP_REASONS_MAX - used, "%s%.60s %s: %s", used > 0 ? "; " : "",
		       about, what, reason);
}

static void note_skipped(void *arg, const struct finding *f, const char *reason)
{
	add_reason(arg, f->rule->id, "is left alone", reason);
}

static void say(const struct loop *l, enum logbook_level level, struct logbook_complaint *c,
		const char *about, const char *text)
{
	char line[sizeof(c->text)] = "";

	if (text[0] != '\0')
		(void)snprintf(line, sizeof(line), "%.60s: %s", about, text);
	logbook_complain(l->log, level, c, line);
}

/* The namespace in which something was tried longest ago is the next. */
static bool is_next(const struct loop *l, const struct watched *w)
{
	return l->candidate.choice.rule == NULL || w->tried_utc_s < l->candidate_tried_utc_s;
}

/* Where nothing is wrong. What was found long ago says little about now. */
static int choose_trim(struct loop *l, struct watched *w, const struct window *window,
		       struct error *e)
{
	struct choice choice;
	int r;

	w->trim_due = trim_is_due(&w->trim, window) ? w->trim_due + 1 : 0;
	if (w->trim_due < l->policy.config.patience || !is_next(l, w) ||
	    now_utc_s(l) - w->tried_utc_s > back_off_s(l))
		return 0;
	r = choice_of_number(w->trim.rule, &w->trim.subject, &w->trim.number, &choice, e);
	if (r < 0)
		return r;
	attempt_done(&l->candidate);
	attempt_take_trim(&l->candidate, &w->place, &choice, w->trim.delay);
	l->candidate_tried_utc_s = w->tried_utc_s;
	return 0;
}

static int choose(struct loop *l, struct watched *w, const struct window *window, struct error *e)
{
	const struct choice_request request = {
		.limits = &l->policy.limits,
		.memory = &l->memory,
		.sightings = &w->sightings,
		.patience = l->policy.config.patience,
		.netns_cookie = w->place.cookie,
		.is_init = w->place.is_init,
		.now_utc_s = now_utc_s(l),
		.least = LEAST_SEVERITY,
	};
	char skipped[LOOP_REASONS_MAX] = "";
	struct choice choice = { 0 };
	int r = choice_make(&request, &window->diagnosis, note_skipped, skipped, &choice, e);

	if (r < 0)
		return r;
	say(l, LOGBOOK_INFO, &w->skipped, w->place.label, skipped);
	if (choice.rule == NULL)
		return choose_trim(l, w, window, e);
	w->trim_due = 0;
	if (is_next(l, w)) {
		attempt_done(&l->candidate);
		attempt_take(&l->candidate, &w->place, &choice, &window->diagnosis);
		l->candidate_tried_utc_s = w->tried_utc_s;
	}
	choice_done(&choice);
	return 0;
}

static void note_lookup(struct loop *l, const struct diagnosis *d)
{
	for (size_t i = 0; i < d->finding_count && l->policy.config.tune; i++)
		l->lookup_helps |= demand_is_lookup(d->findings[i].rule) &&
				   limits_allow_rule(&l->policy.limits, d->findings[i].rule);
}

static int take_window(void *arg, const struct realm_place *place, const struct window *window,
		       struct error *e)
{
	struct loop *l = arg;
	struct watched *w = watch(l, place);

	if (w == NULL || sightings_count(&w->sightings, &window->diagnosis) < 0)
		return error_errno(e, -ENOMEM, place->label, "cannot be watched");
	note_lookup(l, &window->diagnosis);
	w->missed = 0;
	w->place = *place; /* it may have another name by now */
	if (l->observed != NULL)
		l->observed(l->arg, place, window);
	return l->policy.config.tune ? choose(l, w, window, e) : 0;
}

static void take_unseen(void *arg, const char *label, const char *reason)
{
	struct loop *l = arg;

	add_reason(l->unseen_now, label, "is not watched", reason);
}

/* Until what was found was seen with them as often as it must be to be tried. */
static bool wants_holders(const struct loop *l)
{
	return l->lookup_helps && l->turns % LOOP_PROCESSES_EVERY <= l->policy.config.patience;
}

static int survey(struct loop *l, struct error *e)
{
	const struct daemon_config *c = &l->policy.config;
	const struct realm_survey request = {
		.config = c,
		.book = &l->policy.book,
		.find_processes = l->turns % LOOP_PROCESSES_EVERY == 0 || wants_holders(l),
		.find_holders = wants_holders(l),
		.arg = l,
		.seen = take_window,
		.unseen = take_unseen,
	};

	if (l->watched.count > 0)
		loop_tell(l, c->interval_s, "observing %zu network namespace%s", l->watched.count,
			  l->watched.count == 1 ? "" : "s");
	else
		loop_tell(l, c->interval_s, "observing");
	l->lookup_helps = false;
	return l->realm->ops->survey(l->realm, &request, e);
}

/* --- what others did ------------------------------------------------------------------------*/

static bool is_of(const struct outcome *o, const struct realm_loss *loss)
{
	char bare[TARGET_NAME_MAX];
	int element;

	return o->netns_cookie == loss->netns_cookie &&
	       (strcmp(o->tunable, loss->target) == 0 ||
		(target_split_name(o->tunable, bare, &element, NULL) == 0 &&
		 strcmp(bare, loss->target) == 0));
}

static void note_parked(struct loop *l, struct outcome *o, const char *reason)
{
	const char *label = watched_list_label(&l->watched, o->netns_cookie);
	const struct outcome *remembered;

	o->kind = OUTCOME_PARKED;
	o->utc_s = now_utc_s(l);
	(void)snprintf(o->reason, sizeof(o->reason), "%s", reason);
	/* Without memory for it, the journal says so again in the next turn. */
	if (memory_note(&l->memory, o, l->policy.config.interval_s, &remembered) < 0)
		return;
	logbook_write(l->log, LOGBOOK_WARNING, "%s: %s is parked: %s",
		      label != NULL ? label : "not watched", o->tunable, o->reason);
	if (l->noted != NULL)
		l->noted(l->arg, remembered);
}

/* Parks each element of the target that was tried; those that were not, nobody minds. Where nothing
 * is remembered of what was in force, the whole target. */
static void park(void *arg, const struct realm_loss *loss)
{
	struct loop *l = arg;
	struct outcome whole = { .netns_cookie = loss->netns_cookie };
	bool known = false;

	for (size_t i = 0; i < l->memory.count; i++) {
		struct outcome o = l->memory.all[i];

		if (!is_of(&o, loss))
			continue;
		known |= o.kind == OUTCOME_KEPT || o.kind == OUTCOME_PARKED;
		if (o.kind != OUTCOME_PARKED)
			note_parked(l, &o, loss->reason);
	}
	memcpy(whole.tunable, loss->target, sizeof(whole.tunable));
	if (!known)
		note_parked(l, &whole, loss->reason);
}

void loop_note_undone(struct loop *l, const struct transaction_record *t)
{
	for (size_t i = 0; i < t->change_count; i++) {
		const struct target *target = &t->changes[i].change.target;
		struct outcome o = { .netns_cookie = t->netns_cookie,
				     .kind = OUTCOME_UNDECIDED,
				     .utc_s = now_utc_s(l) };
		const struct outcome *known, *remembered;

		memcpy(o.tunable, target->name, sizeof(o.tunable));
		(void)snprintf(o.value, sizeof(o.value), "%s", t->changes[i].change.to);
		(void)snprintf(o.reason, sizeof(o.reason), "its trial was cut short");
		known = memory_find(&l->memory, o.netns_cookie, o.tunable);
		/* Without memory for it, it is tried again. */
		if ((known != NULL && known->kind == OUTCOME_PARKED) ||
		    memory_note(&l->memory, &o, l->policy.config.interval_s, &remembered) < 0)
			continue;
		if (l->noted != NULL)
			l->noted(l->arg, remembered);
	}
}

/* --- trying ---------------------------------------------------------------------------------*/

/* Raised and taken back again is no flapping if it is rare. */
static void note_trim(struct loop *l, struct watched *w, const struct attempt *a,
		      const struct attempt_result *result)
{
	w->trim = (struct trim){ 0 };
	w->trim_due = 0;
	if (a->delay != NULL)
		w->trimmed_utc_s = now_utc_s(l);
	else if (now_utc_s(l) - w->trimmed_utc_s > back_off_s(l))
		w->trim = trim_after(&a->choice, &result->report, &l->policy.limits);
}

static void note_tried(struct loop *l, const struct attempt *a, const struct attempt_result *result)
{
	for (size_t i = 0; i < l->watched.count; i++) {
		struct watched *w = &l->watched.all[i];

		if (!watched_is_at(w, &a->place))
			continue;
		w->tried_utc_s = now_utc_s(l);
		note_trim(l, w, a, result);
		/* What was seen before the change says nothing about what is so now. */
		sightings_done(&w->sightings);
	}
}

static int conclude(struct loop *l, const struct attempt *a, const struct attempt_result *result,
		    struct error *e)
{
	const double now = now_utc_s(l);
	struct status_trial trial;
	int r = attempt_note(a, result, now, l->policy.config.interval_s, &l->memory, l->noted,
			     l->arg);

	note_tried(l, a, result);
	attempt_describe(a, result, now, &trial);
	status_add_trial(&l->status, &trial);
	logbook_write(l->log, result->kind == OUTCOME_PARKED ? LOGBOOK_WARNING : LOGBOOK_INFO,
		      "%s: %s %s: %s", a->about, a->change, result->verdict, result->reason);
	return r < 0 ? error_errno(e, r, NULL, "an outcome cannot be remembered") : 0;
}

static int try_candidate(struct loop *l, const struct attempt *a, struct error *e)
{
	const struct daemon_config *c = &l->policy.config;
	struct attempt_result result = { 0 };
	struct error why = { 0 };
	struct world *w = NULL;
	int r;

	loop_tell(l, 2 * c->pairs * c->window_s + c->settle_s, "trying %.100s: %s", a->about,
		  a->change);
	logbook_write(l->log, LOGBOOK_INFO, "%s: trying %s", a->about, a->change);
	r = l->realm->ops->open_world(l->realm, &a->place, &l->policy.book, &w, &why);
	if (r < 0) {
		attempt_fail(r, &why, &result);
		return conclude(l, a, &result, e);
	}
	r = attempt_run(a, &l->policy, w, &result, e);
	l->realm->ops->close_world(l->realm, w);
	if (r < 0)
		logbook_write(l->log, LOGBOOK_INFO, "%s: %s ended before a verdict, and put back",
			      a->about, a->change);
	return r < 0 ? r : conclude(l, a, &result, e);
}

/* --- one turn -------------------------------------------------------------------------------*/

static void complain(struct loop *l, const char *what, const struct error *why)
{
	char text[sizeof(l->trouble.text)];

	(void)snprintf(text, sizeof(text), "%s: %.200s", what, why->text);
	logbook_complain(l->log, LOGBOOK_WARNING, &l->trouble, text);
}

static int act(struct loop *l, struct error *e)
{
	struct error why = { 0 };
	int r = l->realm->ops->check(l->realm, park, l, &why);

	if (r < 0) {
		complain(l,
			 r == -EBUSY ? "nothing is tried meanwhile"
				     : "what became of the changes in force cannot be seen, so "
				       "that nothing is tried",
			 &why);
		return 0;
	}
	logbook_complain(l->log, LOGBOOK_WARNING, &l->trouble, "");
	if (l->candidate.choice.rule == NULL ||
	    !attempt_is_allowed(&l->candidate, &l->memory, now_utc_s(l)))
		return 0;
	return try_candidate(l, &l->candidate, e);
}

int loop_turn(struct loop *l, struct error *e)
{
	int r;

	memory_meet_clock(&l->memory, now_utc_s(l));
	l->unseen_now[0] = '\0';
	r = survey(l, e);
	if (r == -ETIME) {
		logbook_write(l->log, LOGBOOK_WARNING,
			      "the machine was suspended: what was observed meanwhile is not "
			      "judged");
		r = 0;
	} else if (r == 0) {
		l->status.audits++;
		logbook_complain(l->log, LOGBOOK_WARNING, &l->unseen, l->unseen_now);
		watched_list_turn(&l->watched, note_dropped, l);
		r = act(l, e);
		l->turns++;
	}
	attempt_done(&l->candidate);
	return r;
}
