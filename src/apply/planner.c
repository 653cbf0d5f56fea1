/* From wishes to a plan: everything that must be asked of the kernel before it is told anything. */
#include "apply/plan.h"

#include "apply/plan_order.h"
#include "apply/wish_mode.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* One wish for one target. A selector makes several of one wish; elements of one vector are several
 * wishes for one target. */
struct claim {
	const struct wish *wish;
	int element;
	size_t draft;
	bool met;
};

struct planner {
	const struct place *place;
	bool compare_only;
	const struct plan_keeper *keeper; /* NULL: nothing is kept */
	struct plan_change *drafts;	  /* owned; one per target, in the order wished */
	size_t draft_count, draft_capacity;
	struct claim *claims; /* owned; in the order wished */
	size_t claim_count, claim_capacity;
};

static void planner_done(struct planner *m)
{
	free(m->drafts);
	free(m->claims);
}

/* Errors name the wish, whoever found them. */
static void blame(const struct wish *wish, struct error *e)
{
	char text[sizeof(e->text)];

	if (e == NULL || strstr(e->text, wish->tunable) != NULL)
		return;
	text_copy_printable(text, sizeof(text), e->text, strlen(e->text));
	(void)error_set(e, e->code, e->kind, wish->tunable, "%s", text);
}

static int out_of_memory(struct error *e)
{
	(void)error_errno(e, -ENOMEM, NULL, "cannot make the plan");
	return -ENOMEM;
}

/* Finds or begins the draft of a target. Until its wishes are met, it wants what it holds. */
static int draft_of(struct planner *m, const struct target *t, size_t *ret, struct error *e)
{
	struct plan_change *drafts, *draft;
	int r;

	for (size_t i = 0; i < m->draft_count; i++) {
		if (target_same(&m->drafts[i].target, t)) {
			*ret = i;
			return 0;
		}
	}
	drafts = array_grow(m->drafts, m->draft_count, &m->draft_capacity, sizeof(*m->drafts));
	if (drafts == NULL)
		return out_of_memory(e);
	m->drafts = drafts;
	draft = &m->drafts[m->draft_count];
	memset(draft, 0, sizeof(*draft));
	draft->target = *t;
	r = t->kind->read(m->place, t, &draft->from, e);
	if (r < 0)
		return r;
	memcpy(draft->to, draft->from.text, sizeof(draft->to));
	*ret = m->draft_count++;
	return 0;
}

static int add_claim(struct planner *m, const struct claim *claim, struct error *e)
{
	struct claim *claims = array_grow(m->claims, m->claim_count, &m->claim_capacity,
					  sizeof(*m->claims));

	if (claims == NULL)
		return out_of_memory(e);
	m->claims = claims;
	m->claims[m->claim_count++] = *claim;
	return 0;
}

static int claim_targets(struct planner *m, const struct wish *wish, struct error *e)
{
	CLEANUP(target_list_done) struct target_list targets = { 0 };
	char name[TARGET_NAME_MAX];
	size_t gone = 0;
	int element, r;

	r = target_split_name(wish->tunable, name, &element, e);
	if (r == 0)
		r = kind_of_target(name)->resolve(m->place, name, &targets, e);
	for (size_t i = 0; r == 0 && i < targets.count; i++) {
		struct claim claim = { .wish = wish, .element = element };

		r = draft_of(m, &targets.all[i], &claim.draft, e);
		if (r == 0)
			r = add_claim(m, &claim, e);
		else if (r == -ESTALE && targets.all[i].kind->fleeting && ++gone < targets.count)
			r = 0; /* it did not live to be found */
	}
	if (r < 0)
		blame(wish, e);
	return r;
}

/* What the draft's target would be told if the claim were met on top of the draft. */
static int claimed_text(const struct planner *m, const struct claim *c, char ret_to[HELD_TEXT_MAX],
			struct error *e)
{
	const struct plan_change *draft = &m->drafts[c->draft];
	struct held now = draft->from;
	bool exceeded;
	int r = wish_is_exceeded(c->wish, draft->target.tunable, c->element, draft->to, &exceeded,
				 e);

	if (r < 0)
		return r;
	memcpy(now.text, draft->to, sizeof(now.text));
	if (exceeded) {
		memcpy(ret_to, now.text, sizeof(now.text));
		return 0;
	}
	return draft->target.kind->want(m->place, &draft->target, c->element, c->wish->value, &now,
					ret_to, e);
}

static void add_why(struct plan_change *draft, const char *why)
{
	size_t len = strlen(draft->why);

	if (why == NULL || why[0] == '\0' || strstr(draft->why, why) != NULL)
		return;
	(void)snprintf(draft->why + len, sizeof(draft->why) - len, "%s%s", len > 0 ? ", " : "",
		       why);
}

/* Meets what can be met, once. A vector's elements pass through states that the kernel or the order
 * of its elements would refuse if they were merged as wished: raising [1] above the old [2] works
 * only after [2]. So what is refused waits for the others. */
static int meet_some(struct planner *m, bool *ret_progress, struct error *e)
{
	int refusal = 0;

	*ret_progress = false;
	/* Without a draft there is no claim. */
	for (size_t i = 0; m->drafts != NULL && i < m->claim_count; i++) {
		struct claim *c = &m->claims[i];
		char to[HELD_TEXT_MAX];
		int r;

		if (c->met)
			continue;
		r = claimed_text(m, c, to, e);
		if (r < 0) {
			blame(c->wish, e);
			refusal = r;
			if (r != -EINVAL)
				break;
			continue;
		}
		memcpy(m->drafts[c->draft].to, to, sizeof(to));
		add_why(&m->drafts[c->draft], c->wish->why);
		c->met = true;
		*ret_progress = true;
	}
	return refusal;
}

static int meet_claims(struct planner *m, struct error *e)
{
	bool progress;
	int r;

	do {
		r = meet_some(m, &progress, e);
	} while (r == -EINVAL && progress);
	return r;
}

static const struct claim *rival_of(const struct planner *m, const struct claim *c)
{
	for (size_t i = 0; i < m->claim_count; i++) {
		const struct claim *other = &m->claims[i];

		if (other != c && other->draft == c->draft &&
		    (other->element == c->element || other->element < 0 || c->element < 0))
			return other;
	}
	return c;
}

/* Once all are met, each must still be: else a later one took its place. */
static int check_claims(const struct planner *m, struct error *e)
{
	for (size_t i = 0; m->drafts != NULL && i < m->claim_count; i++) {
		const struct claim *c = &m->claims[i];
		const struct claim *other = rival_of(m, c);
		char to[HELD_TEXT_MAX];
		int r = claimed_text(m, c, to, e);

		if (r == 0 && strcmp(to, m->drafts[c->draft].to) == 0)
			continue;
		return error_set(e, -EINVAL, ERROR_INPUT, c->wish->tunable,
				 "wanted as \"%s\" (%s), and %s as \"%s\" (%s); leave one out",
				 c->wish->value, c->wish->why, other->wish->tunable,
				 other->wish->value, other->wish->why);
	}
	return 0;
}

static int check_draft(const struct planner *m, size_t draft, struct error *e)
{
	const struct plan_change *d = &m->drafts[draft];
	int r = d->target.kind->check(m->place, &d->target, &d->from, d->to, e);

	if (r == -ESTALE && d->target.kind->fleeting)
		return 0; /* whoever applies the plan leaves it out, and says so */
	for (size_t i = 0; r < 0 && i < m->claim_count; i++) {
		if (m->claims[i].draft != draft)
			continue;
		blame(m->claims[i].wish, e);
		break;
	}
	return r;
}

/* Whether a draft that holds already would not any more, once the others are written. */
static bool is_reset(const struct planner *m, const struct plan_change *d)
{
	for (size_t i = 0; i < m->draft_count; i++) {
		const struct plan_change *other = &m->drafts[i];

		if (!plan_change_holds(other) && plan_order_resets(other, d->target.name))
			return true;
	}
	return false;
}

static bool is_kept(const struct planner *m, const struct plan_change *d)
{
	return m->keeper == NULL || m->keeper->is_kept(m->keeper->arg, d);
}

static int collect(const struct planner *m, struct plan *plan, struct error *e)
{
	int r = 0;

	if (m->drafts == NULL) /* nothing was wished for */
		return 0;
	for (size_t i = 0; r == 0 && i < m->draft_count; i++) {
		const struct plan_change *d = &m->drafts[i];

		if (plan_change_holds(d) && !is_reset(m, d) && is_kept(m, d)) {
			plan->satisfied++;
			continue;
		}
		r = m->compare_only ? 0 : check_draft(m, i, e);
		if (r == 0 && plan_add(plan, d) < 0)
			r = out_of_memory(e);
	}
	return r;
}

static void note_host(struct plan *plan, const struct place *p)
{
	struct utsname u;

	if (uname(&u) == 0) {
		text_copy_printable(plan->hostname, sizeof(plan->hostname), u.nodename,
				    sizeof(u.nodename));
		text_copy_printable(plan->kernel, sizeof(plan->kernel), u.release,
				    sizeof(u.release));
	}
	text_copy_printable(plan->netns, sizeof(plan->netns), p->name, sizeof(p->name));
	plan->netns_cookie = p->cookie;
}

static int make(struct planner *m, const struct wish *wishes, size_t n, struct plan *ret,
		struct error *e)
{
	int r = 0;

	memset(ret, 0, sizeof(*ret));
	note_host(ret, m->place);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = claim_targets(m, &wishes[i], e);
	if (r == 0)
		r = meet_claims(m, e);
	if (r == 0)
		r = check_claims(m, e);
	if (r == 0)
		r = collect(m, ret, e);
	return r;
}

int plan_make(const struct place *p, const struct wish *wishes, size_t n, struct plan *ret,
	      struct error *e)
{
	CLEANUP(planner_done) struct planner m = { .place = p };

	return make(&m, wishes, n, ret, e);
}

int plan_compare(const struct place *p, const struct wish *wishes, size_t n, struct plan *ret,
		 struct error *e)
{
	CLEANUP(planner_done) struct planner m = { .place = p, .compare_only = true };

	return make(&m, wishes, n, ret, e);
}

int plan_make_to_keep(const struct place *p, const struct wish *wishes, size_t n,
		      const struct plan_keeper *keeper, struct plan *ret, struct error *e)
{
	CLEANUP(planner_done) struct planner m = { .place = p, .keeper = keeper };

	return make(&m, wishes, n, ret, e);
}

int plan_check_host(const struct plan *plan, const struct place *p, struct error *e)
{
	struct plan here = { 0 };

	note_host(&here, p);
	if (strcmp(plan->hostname, here.hostname) != 0)
		return error_set(e, -ESTALE, ERROR_CONFLICT, NULL,
				 "the plan was made on host %s, and this is %s; make it here",
				 plan->hostname, here.hostname);
	if (strcmp(plan->kernel, here.kernel) != 0)
		return error_set(e, -ESTALE, ERROR_CONFLICT, NULL,
				 "the plan was made on Linux %s, and this is %s; make it again",
				 plan->kernel, here.kernel);
	if (plan->netns_cookie != p->cookie)
		return error_set(e, -ESTALE, ERROR_CONFLICT, NULL,
				 "the plan was made for another network namespace%s%s (%llu, this "
				 "is %llu); name it with --netns, or make the plan again",
				 plan->netns[0] != '\0' ? ": " : "", plan->netns,
				 (unsigned long long)plan->netns_cookie,
				 (unsigned long long)p->cookie);
	return 0;
}
