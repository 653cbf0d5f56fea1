#include "fault_fixture.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const struct fault faults[] = {
	{ .code = -EIO },
	{ .code = -ENOSPC },
	{ .code = -EROFS },
	{ .code = -EACCES },
	{ .code = -EINTR },
	{ .is_short = true },
	/* Killed before a call is killed after the one before it, but for the first. */
	{ .kill = true, .after = true, .loss = FAKE_LOSE_NOTHING },
	{ .kill = true, .after = true, .loss = FAKE_LOSE_ALL },
	{ .kill = true, .after = true, .loss = FAKE_LOSE_SOME },
};
const size_t fault_count = ARRAY_LEN(faults);

static void prepare_kept(struct world *w)
{
	ck_assert_int_eq(world_apply(w), 0);
	world_kill(w, FAKE_LOSE_NOTHING, 0);
}

static void prepare_expired(struct world *w)
{
	prepare_kept(w);
	fake_os_set_boottime(w->os, UINT64_MAX / 2);
}

static int roll_back(struct world *w)
{
	return world_roll_back(w, false);
}

const struct scenario scenarios[SCENARIO_COUNT] = {
	{ "apply", false, true, NULL, world_apply },
	{ "apply to be confirmed", true, true, NULL, world_apply },
	{ "confirm", true, true, prepare_kept, world_confirm },
	{ "roll back", false, true, prepare_kept, roll_back },
	{ "roll back when not confirmed in time", true, false, prepare_expired, world_recover },
};

void fault_arm(struct world *w, const struct fault *f, unsigned int call)
{
	if (f->code != 0)
		fake_os_fail_at(w->os, call, f->code);
	else if (f->is_short)
		fake_os_short_at(w->os, call);
	else
		fake_os_die_at(w->os, call, f->after);
}

/* What must be true once recovery has run undisturbed. `rebooted`: nothing may have been written
 * since, so everything is as it was when the machine started. */
static void check_settled(struct world *w, bool rebooted, const char *what)
{
	const struct transaction_record *t = &w->record;
	bool found = t->id != 0;

	ck_assert_msg(fake_os_netns(w->os) == FAKE_INITIAL_NETNS, "%s: in another namespace", what);
	ck_assert_msg(fake_os_open_files(w->os) == 0, "%s: descriptors leak", what);
	if (rebooted || !found) {
		ck_assert_msg(world_holds_from(w), "%s: a value of another boot", what);
		if (!found)
			return;
	}
	switch (t->state) {
	case TRANSACTION_PENDING:
	case TRANSACTION_KEPT:
		ck_assert_msg(!rebooted, "%s: %s after a reboot", what,
			      transaction_state_name(t->state));
		ck_assert_msg(world_holds_to(w), "%s: kept, but not all hold it", what);
		break;
	case TRANSACTION_FAILED:
	case TRANSACTION_ROLLED_BACK:
		ck_assert_msg(world_holds_from(w), "%s: %s, but not all are restored", what,
			      transaction_state_name(t->state));
		break;
	case TRANSACTION_VOID:
		ck_assert_msg(rebooted, "%s: void without a reboot", what);
		break;
	case TRANSACTION_APPLYING:
	case TRANSACTION_ROLLING_BACK:
	case TRANSACTION_PARTIAL:
	case TRANSACTION_STATES:
		ck_abort_msg("%s: ends as %s (%s)", what, transaction_state_name(t->state),
			     t->reason);
	}
	ck_assert_msg(world_files(w, t->id) ==
			      (t->persistence == PERSISTENCE_WRITTEN ? w->file_kinds : 0),
		      "%s: %s, and has %zu files", what, transaction_state_name(t->state),
		      world_files(w, t->id));
	ck_assert_msg(t->state == TRANSACTION_PENDING || t->persistence != PERSISTENCE_WANTED,
		      "%s: its file is still wanted", what);
}

void fault_settle(struct world *w, bool rebooted, const char *what)
{
	int r = world_recover(w);

	ck_assert_msg(r == 0, "%s: recovery: %s", what, w->error.text);
	check_settled(w, rebooted, what);
}

/* --- at every call --- */

static const char *describe(const struct scenario *s, const struct fault *f, unsigned int call,
			    const struct fault *again, unsigned int again_call)
{
	static char text[256];

	(void)snprintf(
		text, sizeof(text),
		"%s, call %u: code %d short %d kill %d after %d loss %d; then call %u: code %d "
		"kill %d after %d loss %d",
		s->name, call, f->code, f->is_short, f->kill, f->after, (int)f->loss, again_call,
		again != NULL ? again->code : 0, again != NULL && again->kill,
		again != NULL && again->after, again != NULL ? (int)again->loss : 0);
	return text;
}

/* Recovers with a second fault at every `stride`th call until it runs through. The first of them
 * differs from call to call, so that all are met on the way. */
static unsigned int recover_disturbed(struct world *w, const struct scenario *s,
				      const struct fault *first, unsigned int call,
				      unsigned int stride)
{
	const struct fault *again = &faults[call % fault_count];
	struct world_image *image = world_save(w);
	bool rebooted = first->loss != FAKE_LOSE_NOTHING || again->loss != FAKE_LOSE_NOTHING;
	unsigned int runs = 0;

	for (unsigned int n = call % stride + 1;; n += stride, runs++) {
		bool through;

		world_load(w, image);
		fault_arm(w, again, n);
		(void)world_recover(w);
		through = fake_os_calls(w->os) < n;
		world_kill(w, again->loss, n);
		fault_settle(w, rebooted, describe(s, first, call, again, n));
		if (through)
			break;
	}
	world_load(w, image);
	world_image_free(image);
	return runs;
}

/* With one fault, what a process returns is what the kernel holds when it has returned. */
static void check_returned(struct world *w, int r, bool applies, const char *what)
{
	if (!applies)
		return;
	if (r == 0 || (r == -EUCLEAN && w->record.state == TRANSACTION_KEPT))
		ck_assert_msg(world_holds_to(w), "%s: done, but not all hold it", what);
	else
		ck_assert_msg(world_holds_from(w), "%s: failed (%s), but not all are restored",
			      what, w->error.text);
}

/* And what it said is not taken back by recovery. */
static void check_word_kept(struct world *w, int r, const struct scenario *s, const char *what)
{
	enum transaction_state state = w->record.state;

	if (r != 0 || (s->run != world_apply && s->run != world_confirm))
		return;
	ck_assert_msg(state == TRANSACTION_KEPT ||
			      (s->run == world_apply && s->confirm && state == TRANSACTION_PENDING),
		      "%s: it was done, and is %s", what, transaction_state_name(state));
}

/* SQLite knows but one error of a disk, and of writing, the full disk. */
static bool is_new(const struct world *w, const struct fault *f, unsigned int call)
{
	if (f->kill || f->code == -EIO || !fake_vfs_took(w->vfs, call))
		return true;
	return (f->is_short || f->code == -ENOSPC) && fake_vfs_wrote(w->vfs, call);
}

unsigned int fault_torment(const struct scenario *s, void (*init)(struct world *w),
			   const struct fault *f, unsigned int stride)
{
	struct world_image *image;
	struct world w;
	static bool worth[4096];
	size_t last_effects = 0;
	unsigned int calls;
	unsigned int runs = 0;
	bool through = false;

	init(&w);
	w.confirm_s = s->confirm ? 60 : 0;
	w.persist = s->persist;
	if (s->prepare != NULL)
		s->prepare(&w);
	image = world_save(&w);
	(void)s->run(&w);
	calls = fake_os_calls(w.os);
	for (unsigned int call = 1; call <= calls; call++)
		worth[call] = is_new(&w, f, call);
	for (unsigned int call = 1; !through; call++, runs++) {
		size_t before, effects;
		int r;

		if (call <= calls && !worth[call])
			continue;
		world_load(&w, image);
		before = world_effects(&w);
		fault_arm(&w, f, call);
		r = s->run(&w);
		through = fake_os_calls(w.os) < call;
		ck_assert_msg(!through || r == 0, "%s: undisturbed, and failed: %s", s->name,
			      w.error.text);
		if (!f->kill)
			check_returned(&w, r, s->run == world_apply, describe(s, f, call, NULL, 0));
		effects = world_effects(&w) - before;
		world_kill(&w, f->loss, call);
		if (f->kill && call > 1 && effects == last_effects && !through)
			continue; /* it did nothing: the last run was the same */
		last_effects = effects;
		if (f->kill && stride > 0)
			runs += recover_disturbed(&w, s, f, call, stride);
		fault_settle(&w, f->loss != FAKE_LOSE_NOTHING, describe(s, f, call, NULL, 0));
		if (!f->kill)
			check_word_kept(&w, r, s, describe(s, f, call, NULL, 0));
	}
	world_image_free(image);
	world_done(&w);
	return runs;
}

/* --- at random --- */

#define RANDOM_FAULTS 3 /* of one run: the first process, and two that recover */

static uint64_t seed_of_test(void)
{
	const char *text = getenv("NETWRIGHT_SEED");
	struct timespec now;
	uint64_t seed;

	if (text != NULL && text_parse_u64(text, strlen(text), 10, &seed) == 0)
		return seed;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_nsec;
}

static unsigned int draw(uint64_t *state, unsigned int below)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned int)((*state >> 33) % below);
}

/* One process after the other meets a fault; returns whether the power failed. */
static bool run_random(struct world *w, const struct scenario *s, unsigned int calls,
		       uint64_t *state, char *what, size_t len)
{
	bool rebooted = false;
	size_t used = (size_t)snprintf(what, len, "%s", s->name);

	for (unsigned int i = 0; i < RANDOM_FAULTS; i++) {
		const struct fault *f = &faults[draw(state, (unsigned int)fault_count)];
		unsigned int call = 1 + draw(state, calls);

		used += (size_t)snprintf(what + used, len - used,
					 "; call %u: code %d short %d kill %d loss %d", call,
					 f->code, f->is_short, f->kill, (int)f->loss);
		fault_arm(w, f, call);
		(void)(i == 0 ? s->run(w) : world_recover(w));
		world_kill(w, f->loss, draw(state, UINT32_MAX));
		rebooted = rebooted || f->loss != FAKE_LOSE_NOTHING;
	}
	return rebooted;
}

void fault_random(const struct scenario *s, void (*init)(struct world *w), unsigned int runs)
{
	uint64_t seed = seed_of_test(), state = seed;
	struct world_image *image;
	struct world w;
	unsigned int calls;
	char what[512];

	init(&w);
	w.confirm_s = s->confirm ? 60 : 0;
	w.persist = s->persist;
	if (s->prepare != NULL)
		s->prepare(&w);
	image = world_save(&w);
	ck_assert_int_eq(s->run(&w), 0);
	calls = fake_os_calls(w.os);
	for (unsigned int i = 0; i < runs; i++) {
		char where[600];
		bool rebooted;

		world_load(&w, image);
		rebooted = run_random(&w, s, calls, &state, what, sizeof(what));
		(void)snprintf(where, sizeof(where), "NETWRIGHT_SEED=%llu %s",
			       (unsigned long long)seed, what);
		fault_settle(&w, rebooted, where);
	}
	world_image_free(image);
	world_done(&w);
}
