#include "apply/guardian_process.h"

#include "apply/boot.h"
#include "apply/guardian_channel.h"
#include "apply/lock.h"
#include "apply/persistence.h"
#include "apply/store.h"
#include "apply/transaction.h"
#include "base/cleanup.h"
#include "tunables/process_identity.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <syslog.h>
#include <time.h>

#define GUARDIAN_NAME "netwright-guard" /* 15 characters: all that the kernel keeps */
#define CHANNEL	      3			/* after standard error; all above are closed */
#define NS_PER_S      UINT64_C(1000000000)
/* A run holds the lock for less than a second; a trial's measuring, for some ten. */
#define LOCK_WAIT_S 15
/* Between attempts: twice as long each time, to a minute; after an hour a person has to look. */
#define RETRY_FIRST_S 1
#define RETRY_MOST_S  60
#define GIVE_UP_S     3600

#define UNSETTLED                                                                                  \
	(1u << TRANSACTION_APPLYING | 1u << TRANSACTION_PENDING | 1u << TRANSACTION_ROLLING_BACK | \
	 STORE_STATE_UNKNOWN)

DEFINE_CLEANUP(struct store, store_close)

struct watch {
	const char *directory;
	struct os *os;
	int64_t pid;
	uint64_t start;
	int channel, timer, signals; /* channel -1: not needed any more */
	bool entrusted;
	int64_t transaction; /* 0 until entrusted */
	uint64_t retry_s;
	uint64_t give_up_ns; /* 0: nothing failed so far */
};

static void close_watch(struct watch *w)
{
	if (w->timer >= 0)
		(void)close(w->timer);
	if (w->signals >= 0)
		(void)close(w->signals);
	if (w->channel >= 0)
		(void)close(w->channel);
}

/* --- becoming a process that depends on nothing of the run's ------------------------------------
 */

static int keep_only(int channel)
{
	int null;

	if (channel != CHANNEL && dup2(channel, CHANNEL) < 0)
		return -errno;
	closefrom(CHANNEL + 1);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return -errno;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (null != fd && dup2(null, fd) < 0)
			return -errno;
	}
	if (null > STDERR_FILENO)
		(void)close(null);
	return 0;
}

static int take_signals(void)
{
	static const int ignored[] = { SIGHUP,	SIGINT,	 SIGQUIT, SIGTSTP, SIGTTIN,
				       SIGTTOU, SIGPIPE, SIGALRM, SIGUSR2 };
	sigset_t watched;
	int fd;

	/* The run's handlers are about the run. */
	for (int i = 1; i < NSIG; i++)
		(void)signal(i, SIG_DFL);
	for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
		(void)signal(ignored[i], SIG_IGN);
	(void)sigemptyset(&watched);
	(void)sigaddset(&watched, SIGUSR1);
	(void)sigaddset(&watched, SIGTERM);
	if (sigprocmask(SIG_SETMASK, &watched, NULL) < 0)
		return -errno;
	fd = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

static int begin(struct watch *w, int channel)
{
	struct guardian_message ready = { .word = GUARDIAN_READY };
	int r;

	r = keep_only(channel);
	if (r < 0)
		return r;
	w->channel = CHANNEL;
	(void)umask(077);
	(void)prctl(PR_SET_NAME, GUARDIAN_NAME);
	if (chdir("/") < 0)
		return -errno;
	w->signals = take_signals();
	if (w->signals < 0)
		return w->signals;
	w->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (w->timer < 0)
		return -errno;
	w->pid = getpid();
	r = process_start_find(w->os, (pid_t)w->pid, &w->start);
	if (r < 0)
		return r;
	openlog(GUARDIAN_NAME, LOG_PID, LOG_DAEMON);
	ready.number = w->pid;
	ready.time = w->start;
	return guardian_channel_send(w->channel, &ready);
}

/* --- what there is to do ------------------------------------------------------------------------
 */

static int arm(const struct watch *w, uint64_t boottime_ns)
{
	/* 0 would switch it off. */
	uint64_t at = boottime_ns > 0 ? boottime_ns : 1;
	struct itimerspec when = { .it_value = { .tv_sec = (time_t)(at / NS_PER_S),
						 .tv_nsec = (long)(at % NS_PER_S) } };

	return timerfd_settime(w->timer, TFD_TIMER_ABSTIME, &when, NULL) < 0 ? -errno : 0;
}

static int find_in(struct store *s, const struct watch *w, struct transaction_record *ret,
		   struct error *e)
{
	int64_t *ids = NULL;
	size_t count = 0;
	bool found = false;
	int r;

	r = store_list(s, UNSETTLED, STORE_FINISHED_MAX, &ids, &count, e);
	for (size_t i = 0; r == 0 && !found && i < count; i++) {
		transaction_record_done(ret);
		r = store_load(s, ids[i], ret, e);
		found = r == 0 && ret->guardian_pid == w->pid && ret->guardian_start == w->start;
		/* A damaged record of others is none of ours. */
		if (r == -EBADMSG && ids[i] != w->transaction)
			r = 0;
	}
	free(ids);
	return r < 0 ? r : found;
}

/* Looks for the transaction that names us: 1 and its state and deadline, 0 when it is settled or
 * was never begun, or a negative errno. */
static int find_mine(const struct watch *w, enum transaction_state *ret_state,
		     uint64_t *ret_deadline, struct error *e)
{
	struct store *s CLEANUP(store_closep) = NULL;
	struct transaction_record t = { 0 };
	int r;

	r = store_open(w->directory, STORE_READ, NULL, &s, e);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = find_in(s, w, &t, e);
	if (r > 0) {
		*ret_state = t.state;
		*ret_deadline = t.deadline_boottime_ns;
	}
	transaction_record_done(&t);
	return r;
}

static void log_recovered(void *arg, const struct transaction_record *t)
{
	(void)arg;
	syslog(LOG_NOTICE, "transaction %lld is %s: %s", (long long)t->id,
	       transaction_state_name(t->state), t->reason);
}

/* Calls `work` with the lock and the journal. */
static int in_journal(const struct watch *w,
		      int (*work)(const struct watch *w, struct applier *a, struct error *e),
		      struct error *e)
{
	struct store *s CLEANUP(store_closep) = NULL;
	/* A pending transaction has no files yet, but one that was killed in the middle of being
	 * rolled back may have. */
	struct applier a = { .os = w->os, .persister = &persistence_files };
	int lock CLEANUP(close_fdp) = lock_take(w->directory, LOCK_WAIT_S, GUARDIAN_NAME, e);
	int r;

	if (lock < 0)
		return lock;
	r = boot_id_read(a.boot_id, e);
	if (r == 0)
		r = store_open(w->directory, STORE_WRITE, NULL, &s, e);
	if (r < 0)
		return r;
	a.store = s;
	return work(w, &a, e);
}

static int recover(const struct watch *w, struct applier *a, struct error *e)
{
	(void)w;
	return transaction_recover(
		a, &(const struct recovery_listener){ .recovered = log_recovered }, e);
}

/* Whatever is left of ours goes back, its deadline passed or not. */
static int roll_back(const struct watch *w, struct applier *a, struct error *e)
{
	struct transaction_record mine = { 0 }, undone = { 0 };
	int r = find_in(a->store, w, &mine, e);

	if (r > 0) {
		r = transaction_roll_back(a, mine.id, false,
					  "it was not confirmed before its guardian had to end",
					  &undone, e);
		if (r == 0)
			log_recovered(NULL, &undone);
	}
	transaction_record_done(&undone);
	transaction_record_done(&mine);
	return r;
}

/* Waiting does not mend these. */
static bool is_final(int failure)
{
	return failure == -EBADMSG || failure == -EPERM || failure == -EOPNOTSUPP;
}

static bool wait_and_retry(struct watch *w, int failure, const struct error *e)
{
	uint64_t now = w->os->ops->boottime_ns(w->os);

	if (w->give_up_ns == 0)
		w->give_up_ns = now + GIVE_UP_S * NS_PER_S;
	if (is_final(failure) || now >= w->give_up_ns || arm(w, now + w->retry_s * NS_PER_S) < 0) {
		syslog(LOG_ERR,
		       "the change could not be rolled back: %s; the next netwright that "
		       "changes settings tries again",
		       e->text);
		return false;
	}
	syslog(LOG_WARNING, "the change could not be rolled back yet: %s", e->text);
	w->retry_s = w->retry_s * 2 < RETRY_MOST_S ? w->retry_s * 2 : RETRY_MOST_S;
	return true;
}

/* Lets recovery decide, then looks what is left to wait for. False: nothing. */
static bool act(struct watch *w)
{
	enum transaction_state state = TRANSACTION_VOID;
	struct error e = { 0 }, ignored = { 0 };
	uint64_t deadline = 0;
	int failure, r;

	failure = in_journal(w, recover, &e);
	r = find_mine(w, &state, &deadline, failure < 0 ? &ignored : &e);
	if (r == 0)
		return false;
	if (r > 0 && state == TRANSACTION_PENDING && w->os->ops->boottime_ns(w->os) < deadline)
		return arm(w, deadline) == 0;
	if (failure >= 0 && r > 0)
		(void)error_set(&e, -EAGAIN, ERROR_FAILED, NULL, "its transaction is still %s",
				transaction_state_name(state));
	return wait_and_retry(w, failure < 0 ? failure : r, &e);
}

/* --- waiting ------------------------------------------------------------------------------------
 */

static bool hear(struct watch *w)
{
	struct guardian_message m = { .word = GUARDIAN_ACCEPTED };
	int r = guardian_channel_receive(w->channel, 0, &m);

	if (r == 0 && m.word == GUARDIAN_DISMISS)
		return false;
	if (r == 0 && m.word == GUARDIAN_ENTRUST && arm(w, m.time) == 0) {
		w->entrusted = true;
		w->transaction = m.number;
		m.word = GUARDIAN_ACCEPTED;
		(void)guardian_channel_send(w->channel, &m);
		return true;
	}
	if (r == -ETIMEDOUT)
		return true;
	/* The run is gone. If it had not come to entrust us, it died in the middle. */
	(void)close(w->channel);
	w->channel = -1;
	return w->entrusted || act(w);
}

/* Who ends all processes of a session, a container or the machine does not wait for a deadline, and
 * nobody may come who recovers. */
static void end(const struct watch *w, uint32_t sender)
{
	struct error e = { 0 };

	syslog(LOG_NOTICE, "ended by SIGTERM of PID %u", sender);
	/* The run is still there, finds us gone, and rolls back itself. */
	if (!w->entrusted && w->channel >= 0)
		return;
	if (in_journal(w, roll_back, &e) < 0)
		syslog(LOG_ERR,
		       "the change could not be rolled back: %s; once its deadline has passed, "
		       "the next netwright that changes settings tries again",
		       e.text);
}

static bool obey(const struct watch *w)
{
	enum transaction_state state;
	struct signalfd_siginfo info;
	struct error e = { 0 };
	uint64_t deadline;

	if (read(w->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return true;
	if (info.ssi_signo == SIGTERM) {
		end(w, info.ssi_pid);
		return false;
	}
	/* Before the run has entrusted us nothing is decided yet, whoever sends signals. */
	return !w->entrusted || find_mine(w, &state, &deadline, &e) != 0;
}

static bool expired(struct watch *w)
{
	uint64_t times;

	if (read(w->timer, &times, sizeof(times)) != (ssize_t)sizeof(times))
		return true;
	return act(w);
}

int guardian_process_run(int channel, const char *directory)
{
	struct watch w CLEANUP(close_watch) = { .directory = directory,
						.os = os_live(),
						.channel = -1,
						.timer = -1,
						.signals = -1,
						.retry_s = RETRY_FIRST_S };
	bool more = true;
	int r;

	r = begin(&w, channel);
	if (r < 0)
		return r;
	while (more) {
		struct pollfd p[] = { { .fd = w.signals, .events = POLLIN },
				      { .fd = w.channel, .events = POLLIN },
				      { .fd = w.timer, .events = POLLIN } };

		if (poll(p, ARRAY_LEN(p), -1) < 0 && errno != EINTR)
			return -errno;
		if (p[0].revents != 0)
			more = obey(&w);
		else if (p[1].revents != 0)
			more = hear(&w);
		else if (p[2].revents != 0)
			more = expired(&w);
	}
	return 0;
}
