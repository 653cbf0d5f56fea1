#include "daemon/daemon.h"

#include "apply/boot.h"
#include "apply/session.h"
#include "base/os.h"
#include "daemon/ledger.h"
#include "daemon/live_realm.h"
#include "daemon/loop.h"
#include "daemon/notify.h"
#include "daemon/single.h"
#include "daemon/undo.h"
#include "daemon/wait.h"
#include "host/live_window.h"

#include <errno.h>
#include <malloc.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The least between two attempts when nothing can be observed. */
#define RETRY_S 10.0
/* And between two for the journal, besides the wait for its lock. */
#define RETRY_JOURNAL_NS UINT64_C(1000000000)

/* Blocks from this size on are pages of their own, which go back as soon as they are freed: what an
 * observation takes is large, and else leaves a heap full of holes behind. glibc would raise its
 * own threshold to whatever was freed last. */
#define OWN_PAGES_BYTES 65536

struct keeper {
	const struct daemon_options *options;
	int lock;
	char boot_id[BOOT_ID_MAX];
	struct logbook log;
	struct recovery_listener listener;
	struct notify notify;
	struct waiter waiter;
	struct live_realm realm;
	struct ledger ledger;
	struct loop loop;
	struct logbook_complaint unwritten; /* the status */
};

/* --- what it tells -------------------------------------------------------------------------- */

static void feed_watchdog(void *arg)
{
	const struct keeper *k = arg;

	notify_send(&k->notify, "WATCHDOG=1");
}

static void publish(void *arg, const struct daemon_status *s)
{
	struct keeper *k = arg;
	struct error why = { 0 };
	char text[sizeof(k->unwritten.text)] = "";

	if (status_write(os_live(), k->options->directory, s, &why) < 0)
		(void)snprintf(text, sizeof(text), "the status is not written: %.250s", why.text);
	logbook_complain(&k->log, LOGBOOK_WARNING, &k->unwritten, text);
	notify_send(&k->notify, "STATUS=%s", s->doing);
}

static void print_status(void *arg)
{
	const struct keeper *k = arg;
	const struct daemon_status *s = &k->loop.status;

	logbook_write(&k->log, LOGBOOK_INFO, "%s; %llu audits so far%s%s", s->doing,
		      (unsigned long long)s->audits, s->trouble[0] != '\0' ? "; " : "", s->trouble);
	for (size_t i = s->trial_count; i-- > 0;)
		logbook_write(&k->log, LOGBOOK_INFO, "tried: %s %s: %s %s: %s", s->trials[i].rule,
			      s->trials[i].entity, s->trials[i].change, s->trials[i].verdict,
			      s->trials[i].reason);
	for (size_t i = 0; i < s->parked_count; i++)
		logbook_write(&k->log, LOGBOOK_INFO, "parked: %s: %s: %s", s->parked[i].netns,
			      s->parked[i].tunable, s->parked[i].reason);
}

static void save_outcome(void *arg, const struct outcome *o)
{
	struct keeper *k = arg;

	ledger_save(&k->ledger, o);
}

static void take_down(void *arg, const struct realm_place *place, const struct window *w)
{
	struct keeper *k = arg;

	ledger_add(&k->ledger, k->realm.realm.ops->utc_s(&k->realm.realm), place, w);
}

/* --- start ---------------------------------------------------------------------------------- */

static void init(struct keeper *k, const struct daemon_options *o)
{
	*k = (struct keeper){ .options = o, .lock = -1 };
	logbook_init(&k->log, o->log, o->journal_stream);
	notify_init(&k->notify, o->notify_socket);
	k->listener = undo_listener(&k->log);
	live_realm_init(&k->realm, o->directory, &k->waiter, &k->listener, &k->log);
	k->ledger =
		(struct ledger){ .directory = o->directory, .log = &k->log, .boot_id = k->boot_id };
	k->loop = (struct loop){ .realm = &k->realm.realm,
				 .log = &k->log,
				 .publish = publish,
				 .noted = save_outcome,
				 .observed = take_down,
				 .arg = k };
}

static void done(struct keeper *k)
{
	loop_done(&k->loop);
	ledger_done(&k->ledger);
	notify_done(&k->notify);
	if (k->lock >= 0)
		(void)close(k->lock);
}

static int load(struct keeper *k, struct policy *ret, struct error *e)
{
	int r = k->options->load(k->options->arg, ret, e);

	if (r < 0)
		policy_done(ret);
	return r;
}

static void note_undone(void *arg, const struct transaction_record *t)
{
	struct keeper *k = arg;

	loop_note_undone(&k->loop, t);
}

/* What was left on trial goes back first. Whoever has the journal is waited for: who starts a
 * daemon would give up on the status of a lock. */
static int undo_left(struct keeper *k, struct error *e)
{
	const struct undo undo = { .directory = k->options->directory,
				   .lock_wait_s = SESSION_LOCK_TIMEOUT_S,
				   .log = &k->log,
				   .undone = note_undone,
				   .arg = k };
	struct logbook_complaint busy = { "" };
	int r;

	do {
		struct error why = { 0 };

		r = undo_trials(&undo, &why);
		*e = why;
		if (r != -EBUSY)
			return r;
		logbook_complain(&k->log, LOGBOOK_WARNING, &busy, why.text);
	} while (waiter_wait(&k->waiter, live_window_now_ns() + RETRY_JOURNAL_NS));
	return r;
}

/* The configuration comes first: nothing is created for one that is wrong. */
static int start(struct keeper *k, struct error *e)
{
	struct policy policy = { 0 };
	int r = load(k, &policy, e);

	if (r < 0)
		return r;
	loop_adopt(&k->loop, &policy);
	r = boot_id_read(k->boot_id, e);
	if (r < 0)
		return r;
	k->lock = single_take(k->options->directory, e);
	if (k->lock < 0)
		return k->lock;
	ledger_load(&k->ledger, &k->loop.memory);
	r = undo_left(k, e);
	if (r < 0)
		return r;
	k->loop.status.pid = getpid();
	k->loop.status.started_utc_s = k->realm.realm.ops->utc_s(&k->realm.realm);
	return 0;
}

/* --- turns ---------------------------------------------------------------------------------- */

static void reload(struct keeper *k)
{
	struct policy policy = { 0 };
	struct error why = { 0 };

	notify_send(&k->notify, "RELOADING=1\nMONOTONIC_USEC=%llu",
		    (unsigned long long)(live_window_now_ns() / 1000));
	if (load(k, &policy, &why) < 0) {
		logbook_write(&k->log, LOGBOOK_ERROR,
			      "the new configuration is not taken over, the one before stays in "
			      "force: %s",
			      why.text);
	} else {
		loop_adopt(&k->loop, &policy);
		logbook_write(&k->log, LOGBOOK_INFO, "the configuration was read anew");
	}
	notify_send(&k->notify, "READY=1");
}

/* What kept a turn from seeing anything is there in the next moment, too. */
static void wait_after(struct keeper *k, const struct error *why)
{
	const double pause_s = fmax(k->loop.policy.config.interval_s, RETRY_S);
	char text[sizeof(k->loop.trouble.text)];

	(void)snprintf(text, sizeof(text), "nothing can be observed: %.250s", why->text);
	logbook_complain(&k->log, LOGBOOK_WARNING, &k->loop.trouble, text);
	loop_tell(&k->loop, pause_s, "waiting: nothing can be observed");
	k->waiter.reload_ends = true;
	(void)waiter_wait(&k->waiter, live_window_now_ns() + (uint64_t)llround(pause_s * 1e9));
	k->waiter.reload_ends = false;
}

static void run(struct keeper *k)
{
	unsigned int since_written = 0;

	while (k->waiter.ending == 0) {
		struct error why = { 0 };
		int r = loop_turn(&k->loop, &why);

		if (r < 0 && r != -EINTR)
			wait_after(k, &why);
		/* Whatever the turn did, it has not waited if it ended early. */
		(void)waiter_wait(&k->waiter, 0);
		if (++since_written == LEDGER_BATCH) {
			ledger_write(&k->ledger);
			since_written = 0;
		}
		if (waiter_take_reload(&k->waiter))
			reload(k);
		/* What an observation took is not needed until the next. */
		(void)malloc_trim(0);
	}
	ledger_write(&k->ledger);
}

/* --- end ------------------------------------------------------------------------------------ */

/* Logs what cannot be put back, and how to. */
static int undo_or_say(struct keeper *k, int (*undo)(const struct undo *u, struct error *e),
		       const char *what, const char *how)
{
	const struct undo request = { .directory = k->options->directory,
				      .lock_wait_s = UNDO_LOCK_WAIT_S,
				      .log = &k->log };
	struct error why = { 0 };
	int r = undo(&request, &why);

	if (r == 0)
		return 0;
	logbook_write(&k->log, LOGBOOK_ERROR, "%s: %s; %s", what, why.text, how);
	return r;
}

/* 0, or why not all that was to be put back is. */
static int finish(struct keeper *k, struct error *e)
{
	const bool rolls_back = k->loop.policy.config.on_exit == DAEMON_EXIT_ROLLBACK;
	const char *left = "its changes stay in force";
	int r, kept_r = 0;

	notify_send(&k->notify, "STOPPING=1");
	r = undo_or_say(k, undo_trials, "what is on trial could not be put back",
			"its deadline does it, netwright rollback at once");
	if (rolls_back)
		kept_r = undo_or_say(k, undo_kept, "not all of its changes could be rolled back",
				     "netwright rollback --all tries again");
	if (rolls_back)
		left = kept_r == 0 ? "its changes were rolled back"
				   : "not all of its changes were rolled back";
	k->loop.status.ended = r == 0;
	loop_tell(&k->loop, 0, "%s", r == 0 ? "ended" : "ended, with a change still on trial");
	logbook_write(&k->log, LOGBOOK_INFO, "ended; %s%s", left,
		      r == 0 ? "" : ", and one is still on trial");
	if (r == 0 && kept_r == 0)
		return 0;
	/* Whatever the reason: something is left as nobody asked for. */
	return error_set(e, -EUCLEAN, ERROR_CONFLICT, NULL,
			 "ended, and %s; the log says why, netwright status what",
			 r < 0 ? "a change is still on trial" : left);
}

static int open_waiter(struct keeper *k, struct error *e)
{
	const struct waiter_options options = {
		.watchdog_ns = notify_watchdog_ns(k->options->watchdog_usec,
						  k->options->watchdog_pid),
		.on_watchdog = feed_watchdog,
		.on_status = print_status,
		.arg = k,
	};

	/* Whoever reads the log may go; that ends nothing. */
	(void)signal(SIGPIPE, SIG_IGN);
	return waiter_open(&k->waiter, &options, e);
}

int daemon_run(const struct daemon_options *options, struct error *e)
{
	struct keeper *k = calloc(1, sizeof(*k));
	int r;

	if (k == NULL)
		return error_errno(e, -ENOMEM, NULL, "the daemon");
	(void)mallopt(M_MMAP_THRESHOLD, OWN_PAGES_BYTES);
	init(k, options);
	r = open_waiter(k, e);
	if (r == 0) {
		r = start(k, e);
		if (r == 0) {
			notify_send(&k->notify, "READY=1");
			logbook_write(&k->log, LOGBOOK_INFO, "started: audits of %g s%s",
				      k->loop.policy.config.interval_s,
				      k->loop.policy.config.tune ? "" : ", without trials");
			run(k);
			r = finish(k, e);
		}
		waiter_close(&k->waiter);
	}
	done(k);
	free(k);
	return r;
}

int daemon_recover(const struct daemon_options *options, struct error *e)
{
	struct logbook log;
	int lock, r;

	logbook_init(&log, options->log, options->journal_stream);
	lock = single_take(options->directory, e);
	if (lock < 0)
		return lock;
	r = undo_trials(&(const struct undo){ .directory = options->directory,
					      .lock_wait_s = SESSION_LOCK_TIMEOUT_S,
					      .log = &log },
			e);
	(void)close(lock);
	return r;
}
