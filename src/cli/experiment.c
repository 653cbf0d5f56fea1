#include "cli/experiment.h"

#include "apply/persistence.h"
#include "apply/rival.h"
#include "base/cleanup.h"
#include "cli/change_journal.h"
#include "cli/change_notices.h"
#include "cli/inspection.h"
#include "cli/unread_files.h"

#include <errno.h>
#include <stdio.h>

DEFINE_CLEANUP(struct store, store_close)

int experiment_open(const struct settings *s, struct experiment *ret, struct error *e)
{
	struct live_world_options options = {
		.netns = s->netns,
		.lock_wait_s = s->lock_timeout_s,
		.command = ret->command,
		.book = &ret->book,
		.filter = s->filter,
		.find_owners = true,
		.persist = s->persist,
		.stop = interrupt_flag(),
		.listener = change_session_listener,
	};
	int r = change_directory(s, &options.state_directory, e);

	ret->settings = s;
	if (r == 0)
		r = inspection_load_rules(s, &ret->book, e);
	if (r < 0)
		return r;
	change_note_command(s, ret->command, sizeof(ret->command));
	progress_begin(&ret->progress, stderr, s->quiet);
	interrupt_shield(&ret->saved);
	ret->shielded = true;
	return live_world_open(&options, &ret->world, e);
}

void experiment_close(struct experiment *x)
{
	if (x->shielded) {
		progress_end(&x->progress);
		interrupt_end(&x->saved);
	}
	live_world_free(x->world);
	rulebook_done(&x->book);
	*x = (struct experiment){ 0 };
}

int experiment_pairs(const struct settings *s, unsigned int *ret, struct error *e)
{
	if (s->pairs == UINT64_MAX) {
		*ret = EXPERIMENT_PAIRS;
		return 0;
	}
	if (s->pairs < PAIRED_SHIFT_MIN || s->pairs > PAIRED_SHIFT_MAX)
		return error_set(e, -EINVAL, ERROR_INPUT, s->verb,
				 "--pairs: %d to %d; with fewer, chance alone could decide",
				 PAIRED_SHIFT_MIN, PAIRED_SHIFT_MAX);
	*ret = (unsigned int)s->pairs;
	return 0;
}

int experiment_look(struct experiment *x, double seconds, struct window *ret, struct error *e)
{
	const struct window_request request = { .seconds = seconds,
						.interval_s = INSPECTION_SAMPLE_INTERVAL_S };
	struct world *w = live_world(x->world);
	int r;

	progress_tell(&x->progress, "observing");
	r = w->ops->observe(w, &request, ret, e);
	progress_end(&x->progress);
	return r;
}

static void show(void *arg, const char *phase, unsigned int done, unsigned int of)
{
	char line[80];

	(void)snprintf(line, sizeof(line), "window %u of %u: %s", done + 1, of, phase);
	progress_tell(arg, line);
}

int experiment_try(struct experiment *x, struct trial_request *request, struct trial_report *ret,
		   struct error *e)
{
	int r;

	request->progress = show;
	request->progress_arg = &x->progress;
	r = trial_run(live_world(x->world), request, ret, e);
	progress_end(&x->progress);
	if (r == -EINTR)
		return error_set(e, r, ERROR_FAILED, x->settings->verb, "interrupted; %s",
				 ret->in_place		 ? "somebody has confirmed what was tried"
				 : ret->transaction != 0 ? "what was on trial is put back"
							 : "nothing was changed yet");
	return r;
}

bool experiment_is_restored(const struct experiment *x, const struct trial_report *report)
{
	CLEANUP(store_closep) struct store *journal = NULL;
	struct transaction_record t = { 0 };
	bool restored = false;

	if (report->in_place || report->transaction == 0)
		return !report->in_place;
	if (change_journal_open(x->settings, &journal, NULL) == 0 && journal != NULL &&
	    store_load(journal, report->transaction, &t, NULL) == 0)
		restored = t.state == TRANSACTION_ROLLED_BACK;
	transaction_record_done(&t);
	return restored;
}

/* As change_carry_out() does before it writes. */
int experiment_prepare(struct experiment *x, const struct plan *plan, const struct wish *wishes,
		       size_t count, bool persist_what_can, struct error *e)
{
	const struct settings *s = x->settings;
	const struct place *place = live_world_place(x->world);
	struct rivals rivals = { 0 };
	const bool files = s->persist &&
			   (!persist_what_can || persistence_count_able(place, plan) > 0);
	int r = files ? persistence_check_plan(place, plan, e) : 0;

	if (r == 0 && rivals_find("", place, plan, files, &rivals) < 0)
		r = error_errno(e, -ENOMEM, NULL, "looking for others that set the same");
	if (r == 0) {
		change_notices_print(s, place, plan, wishes, count, &rivals, stderr);
		unread_files_print(rivals.unread, rivals.unread_count, stderr);
	}
	rivals_done(&rivals);
	return r < 0 ? r : live_world_prepare(x->world, plan, e);
}

enum trial_sockets experiment_sockets(const struct plan *plan)
{
	size_t new_only = 0;

	for (size_t i = 0; i < plan->count; i++)
		new_only += plan->changes[i].target.tunable->undo == TUNABLE_UNDO_NEW_SOCKETS_ONLY;
	return trial_sockets_for(new_only > 0, new_only == plan->count);
}
