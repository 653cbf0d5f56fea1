#include "apply/transaction.h"

#include "apply/preflight.h"
#include "apply/restore.h"
#include "apply/transaction_files.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NS_PER_S      1e9
#define LOGINUID_FILE "/proc/self/loginuid"
#define LOGINUID_MAX  16 /* ten digits and a newline */

#define NONE_IN_HAND SIZE_MAX
#define QUOTED_MAX   60 /* of a value in a sentence */

/* One apply on its way. */
struct run {
	struct applier *applier;
	const struct place *place;
	const struct apply_options *options;
	struct transaction_record *t;
	size_t touched; /* changes that may have been written */
	size_t in_hand; /* the one whose write failed, or NONE_IN_HAND */
};

/* Who logged in, whatever they became since; UINT32_MAX is the kernel's own "nobody did". */
static uint32_t read_login_uid(struct os *os)
{
	CLEANUP(bytes_done) struct bytes text = { 0 };
	struct text_span rest, word;
	uint64_t uid;

	if (os_read_file(os, LOGINUID_FILE, LOGINUID_MAX, &text) < 0)
		return UINT32_MAX;
	rest = (struct text_span){ text.data, strcspn(text.data, "\n") };
	if (!text_next_word(&rest, &word) || text_parse_u64(word.at, word.len, 10, &uid) < 0)
		return UINT32_MAX;
	return uid < UINT32_MAX ? (uint32_t)uid : UINT32_MAX;
}

static int record_plan(const struct run *run, const struct plan *plan, struct error *e)
{
	const struct apply_options *o = run->options;
	struct transaction_record *t = run->t;
	const char *command = o->command != NULL ? o->command : "";

	t->changes = calloc(plan->count, sizeof(*t->changes));
	if (t->changes == NULL)
		return error_errno(e, -ENOMEM, NULL, "cannot note the changes");
	t->change_count = plan->count;
	for (size_t i = 0; i < plan->count; i++)
		t->changes[i].change = plan->changes[i];
	t->state = TRANSACTION_APPLYING;
	t->persistence = o->persist ? PERSISTENCE_WANTED : PERSISTENCE_NONE;
	memcpy(t->boot_id, run->applier->boot_id, sizeof(t->boot_id));
	memcpy(t->netns, run->place->name, sizeof(t->netns));
	t->netns_cookie = run->place->cookie;
	t->started_utc_s = run->applier->os->ops->utc_s(run->applier->os);
	t->guardian_pid = o->guardian_pid;
	t->guardian_start = o->guardian_start;
	t->uid = (uint32_t)getuid();
	t->login_uid = read_login_uid(run->applier->os);
	text_copy_printable(t->command, sizeof(t->command), command, strlen(command));
	return 0;
}

static int mismatch(struct change_record *c, enum held_relation relation, struct error *e)
{
	const char *name = c->change.target.name;

	if (relation == HELD_FROM)
		return error_set(e, -EIO, ERROR_FAILED, name,
				 "the kernel took \"%.*s\", and still holds \"%.*s\": something is "
				 "mounted over it, or this value cannot be set here",
				 QUOTED_MAX, c->change.to, QUOTED_MAX, c->read_back);
	return error_set(
		e, -EIO, ERROR_FAILED, name,
		"the kernel made \"%.*s\" of \"%.*s\" (it held \"%.*s\"); wish for what it "
		"can hold",
		QUOTED_MAX, c->read_back, QUOTED_MAX, c->change.to, QUOTED_MAX,
		c->change.from.text);
}

static int read_back(const struct place *p, struct change_record *c, struct error *e)
{
	const struct target *t = &c->change.target;
	enum held_relation relation;
	struct held now;
	int r = t->kind->read(p, t, &now, e);

	if (r < 0)
		return r;
	memcpy(c->read_back, now.text, sizeof(c->read_back));
	relation = t->kind->relate(t, &now, &c->change.from, c->change.to);
	return relation == HELD_TO ? 0 : mismatch(c, relation, e);
}

static bool stopped(const struct apply_options *o)
{
	return o->stop != NULL && *o->stop != 0;
}

/* What comes and goes by itself may go at any moment, and then needs no setting. */
static bool is_gone(struct change_record *c, int failure, const struct error *e)
{
	if (failure != -ESTALE || !c->change.target.kind->fleeting)
		return false;
	c->outcome = CHANGE_GONE;
	text_copy_printable(c->note, sizeof(c->note), e->text, strlen(e->text));
	return true;
}

static int write_one(struct run *run, struct change_record *c, struct error *e)
{
	const struct target *t = &c->change.target;
	int r;

	if (stopped(run->options))
		return error_set(e, -EINTR, ERROR_FAILED, NULL, "stopped before %s was set",
				 t->name);
	run->in_hand = run->touched++;
	r = t->kind->write(run->place, t, c->change.to, e);
	if (r == 0)
		r = read_back(run->place, c, e);
	if (is_gone(c, r, e)) {
		run->in_hand = NONE_IN_HAND;
		return 0;
	}
	if (r < 0) {
		text_copy_printable(c->note, sizeof(c->note), e->text, strlen(e->text));
		return r;
	}
	c->outcome = CHANGE_WRITTEN;
	run->in_hand = NONE_IN_HAND;
	return 0;
}

/* Writing one tunable may set another, so all are looked at again once the last is written. */
static int look_again(const struct place *p, struct change_record *c, struct error *e)
{
	int r = c->outcome == CHANGE_GONE ? 0 : read_back(p, c, e);

	if (is_gone(c, r, e))
		return 0;
	if (r != -EIO || strcmp(c->read_back, c->change.to) == 0)
		return r;
	return error_set(e, r, ERROR_FAILED, c->change.target.name,
			 "held \"%.*s\" when it was written, and \"%.*s\" after the last write: "
			 "another setting, or somebody else, sets it as well",
			 QUOTED_MAX, c->change.to, QUOTED_MAX, c->read_back);
}

static int write_all(struct run *run, struct error *e)
{
	struct transaction_record *t = run->t;
	size_t gone = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < t->change_count; i++)
		r = write_one(run, &t->changes[i], e);
	for (size_t i = 0; r == 0 && i < t->change_count; i++)
		r = look_again(run->place, &t->changes[i], e);
	for (size_t i = 0; r == 0 && i < t->change_count; i++)
		gone += t->changes[i].outcome == CHANGE_GONE;
	if (r == 0 && gone == t->change_count)
		r = error_set(e, -ESTALE, ERROR_FAILED, NULL, "%s", t->changes[0].note);
	if (r == 0 && stopped(run->options))
		r = error_set(e, -EINTR, ERROR_FAILED, NULL, "stopped after the last write");
	return r;
}

static int journal_applied(struct run *run, struct error *e)
{
	struct transaction_record *t = run->t;
	struct os *os = run->applier->os;
	double confirm_s = run->options->confirm_s;

	if (confirm_s > 0) {
		t->state = TRANSACTION_PENDING;
		t->deadline_boottime_ns = os->ops->boottime_ns(os) +
					  (uint64_t)(confirm_s * NS_PER_S);
	} else {
		t->state = TRANSACTION_KEPT;
		t->finished_utc_s = os->ops->utc_s(os);
	}
	return store_update(run->applier->store, t, e);
}

static void note_outcomes(struct run *run)
{
	struct transaction_record *t = run->t;

	for (size_t i = 0; i < t->change_count; i++) {
		enum change_outcome *outcome = &t->changes[i].outcome;

		if (i >= run->touched)
			*outcome = CHANGE_UNTOUCHED;
		else if (i == run->in_hand &&
			 (*outcome == CHANGE_RESTORED || *outcome == CHANGE_UNTOUCHED))
			*outcome = CHANGE_FAILED;
	}
}

/* Something failed with `cause`: all that was touched goes back. */
static int undo(struct run *run, const struct error *cause, struct error *e)
{
	struct transaction_record *t = run->t;
	/* A commit whose sync failed may be read all the same. */
	bool may_be_committed = t->state != TRANSACTION_APPLYING;
	struct error why = { 0 };
	size_t bad = restore_changes(&(struct restore){ .place = run->place,
							.host = run->place,
							.changes = t->changes,
							.count = run->touched,
							.in_hand = run->in_hand });

	note_outcomes(run);
	t->state = bad == 0 ? TRANSACTION_FAILED : TRANSACTION_PARTIAL;
	t->persistence = PERSISTENCE_NONE;
	t->deadline_boottime_ns = 0;
	t->finished_utc_s = run->applier->os->ops->utc_s(run->applier->os);
	text_copy_printable(t->reason, sizeof(t->reason), cause->text, strlen(cause->text));
	(void)store_update(run->applier->store, t, &why);
	if (bad > 0)
		return restore_report(t, cause->text, e);
	if (why.code != 0 && may_be_committed)
		return error_set(e, cause->code, cause->kind, NULL,
				 "%.300s; everything holds what it held before, but the journal "
				 "may say that transaction %lld is in force (%.120s): netwright "
				 "rollback %lld closes it",
				 cause->text, (long long)t->id, why.text, (long long)t->id);
	if (why.code != 0)
		return error_set(e, cause->code, cause->kind, NULL,
				 "%.300s; everything holds what it held before, but the journal "
				 "could not say so (%.120s); the next netwright does",
				 cause->text, why.text);
	return error_set(e, cause->code, cause->kind, NULL,
			 "%.400s; everything holds what it held before", cause->text);
}

int transaction_apply(struct applier *a, const struct place *p, const struct plan *plan,
		      const struct apply_options *options, struct transaction_record *ret,
		      struct error *e)
{
	struct run run = {
		.applier = a, .place = p, .options = options, .t = ret, .in_hand = NONE_IN_HAND
	};
	struct error cause = { 0 };
	int r;

	memset(ret, 0, sizeof(*ret));
	if (plan->count == 0)
		return 0;
	r = preflight_check(a, p, plan, options, e);
	if (r == 0)
		r = record_plan(&run, plan, e);
	if (r == 0)
		r = store_begin(a->store, ret, e);
	if (r < 0) {
		transaction_record_done(ret);
		return r;
	}
	r = write_all(&run, &cause);
	if (r == 0)
		r = journal_applied(&run, &cause);
	if (r < 0)
		return undo(&run, &cause, e);
	return ret->state == TRANSACTION_KEPT ? transaction_files_finish(a, ret, e) : 0;
}

static int find_pending(struct applier *a, int64_t *id, struct error *e)
{
	int64_t *ids = NULL;
	size_t count = 0;
	int r = store_list(a->store, 1u << TRANSACTION_PENDING, 1, &ids, &count, e);

	if (r == 0 && count == 0)
		r = error_set(e, -ENOENT, ERROR_INPUT, NULL,
			      "nothing waits for confirmation; netwright history tells what became "
			      "of the last changes");
	if (r == 0)
		*id = ids[0];
	free(ids);
	return r;
}

static int check_confirmable(struct applier *a, const struct transaction_record *t, struct error *e)
{
	if (t->state != TRANSACTION_PENDING)
		return error_set(e, -ENOENT, ERROR_INPUT, NULL,
				 "transaction %lld is %s: it does not wait for confirmation",
				 (long long)t->id, transaction_state_name(t->state));
	if (strcmp(t->boot_id, a->boot_id) != 0)
		return error_set(e, -ENOENT, ERROR_INPUT, NULL,
				 "transaction %lld was undone by a restart of the machine",
				 (long long)t->id);
	if (a->os->ops->boottime_ns(a->os) >= t->deadline_boottime_ns)
		return error_set(
			e, -ETIME, ERROR_FAILED, NULL,
			"the time to confirm transaction %lld has passed: it is rolled back",
			(long long)t->id);
	return 0;
}

/* How many of the settings hold something else by now, which their records say. */
static size_t note_others(const struct place *p, struct transaction_record *t)
{
	size_t others = 0;

	for (size_t i = 0; i < t->change_count; i++) {
		struct change_record *c = &t->changes[i];
		const struct target *target = &c->change.target;
		struct error e = { 0 };
		struct held now;

		if (c->outcome != CHANGE_WRITTEN || target->kind->present(p, target, &e) < 0 ||
		    target->kind->read(p, target, &now, &e) < 0 ||
		    target->kind->relate(target, &now, &c->change.from, c->change.to) == HELD_TO)
			continue;
		others++;
		c->outcome = CHANGE_CONFLICT;
		memcpy(c->read_back, now.text, sizeof(c->read_back));
		(void)snprintf(c->note, sizeof(c->note),
			       "holds \"%.*s\" by now, and not \"%.*s\": somebody else set it",
			       QUOTED_MAX, now.text, QUOTED_MAX, c->change.to);
	}
	return others;
}

/* What a person confirms may not be what holds any more. */
static size_t find_others(struct applier *a, struct transaction_record *t)
{
	struct error e = { 0 };
	struct place p;
	size_t others;

	if (place_open_again(a->os, t->netns, t->netns_cookie, PLACE_ANYWHERE, &p, &e) < 0)
		return 0;
	others = note_others(&p, t);
	place_close(&p);
	return others;
}

static int tell_others(const struct transaction_record *t, size_t others, struct error *e)
{
	size_t first = 0;

	while (t->changes[first].outcome != CHANGE_CONFLICT)
		first++;
	return error_set(
		e, -EUCLEAN, ERROR_CONFLICT, NULL,
		"transaction %lld is kept, but %zu of its %zu settings were changed since: "
		"%s %s; set it again, or netwright rollback %lld puts the others back",
		(long long)t->id, others, t->change_count, t->changes[first].change.target.name,
		t->changes[first].note, (long long)t->id);
}

int transaction_confirm(struct applier *a, int64_t id, const char *reason,
			struct transaction_record *ret, struct error *e)
{
	size_t others;
	int r = 0;

	memset(ret, 0, sizeof(*ret));
	if (id == 0)
		r = find_pending(a, &id, e);
	if (r == 0)
		r = store_load(a->store, id, ret, e);
	if (r == 0)
		r = check_confirmable(a, ret, e);
	if (r < 0)
		return r;
	others = find_others(a, ret);
	ret->state = TRANSACTION_KEPT;
	ret->finished_utc_s = a->os->ops->utc_s(a->os);
	text_copy_printable(ret->reason, sizeof(ret->reason), reason, strlen(reason));
	r = store_update(a->store, ret, e);
	if (r < 0)
		ret->state = TRANSACTION_PENDING;
	if (r == 0)
		r = transaction_files_finish(a, ret, e);
	return r == 0 && others > 0 ? tell_others(ret, others, e) : r;
}
