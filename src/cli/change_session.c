#include "cli/change_session.h"

#include "apply/boot.h"
#include "apply/lock.h"
#include "apply/persistence.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/os.h"
#include "base/text.h"
#include "cli/by_hand.h"
#include "cli/change_list.h"
#include "cli/change_report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A change takes milliseconds, and the observation before it holds no lock: who still has the lock
 * after so long is stuck, or waits on a disk. */
#define LOCK_TIMEOUT_S 5.0

int change_directory(const struct settings *s, const char **ret, struct error *e)
{
	if (s->state_dir != NULL && s->state_dir[0] != '/') {
		(void)error_set(e, -EINVAL, ERROR_INPUT, s->verb,
				"--state-dir: \"%s\" does not begin with a slash; give the whole "
				"path",
				s->state_dir);
		return -EINVAL;
	}
	*ret = s->state_dir != NULL ? s->state_dir : STORE_DIRECTORY;
	return 0;
}

int change_parse_id(const struct settings *s, const char *word, int64_t *ret, struct error *e)
{
	char shown[64];

	if (text_parse_i64(word, strlen(word), ret) == 0 && *ret > 0)
		return 0;
	text_copy_printable(shown, sizeof(shown), word, strlen(word));
	return error_set(e, -EINVAL, ERROR_INPUT, s->verb,
			 "\"%s\" is no transaction's number; netwright history lists them", shown);
}

double change_seconds_until(uint64_t deadline_boottime_ns)
{
	struct os *os = os_live();

	return ((double)deadline_boottime_ns - (double)os->ops->boottime_ns(os)) / 1e9;
}

const char *change_command_suffix(const struct settings *s, char *buf, size_t len)
{
	struct bytes b = { 0 };

	buf[0] = '\0';
	if (s->state_dir != NULL && bytes_printf(&b, " --state-dir ") >= 0 &&
	    by_hand_append_word(&b, s->state_dir) >= 0)
		text_copy_printable(buf, len, b.data, b.len);
	bytes_done(&b);
	return buf;
}

/* For the audit trail; cut when it is too long. */
static void note_command(const struct settings *s, char *buf, size_t len)
{
	struct bytes b = { 0 };
	int r = bytes_printf(&b, "netwright %s", s->verb);

	for (int i = 0; i < s->word_count && r >= 0; i++) {
		r = bytes_printf(&b, " ");
		if (r >= 0)
			r = by_hand_append_word(&b, s->words[i]);
	}
	if (b.data != NULL)
		text_copy_printable(buf, len, b.data, b.len);
	bytes_done(&b);
}

static void tell_recovered(void *arg, const struct transaction_record *t)
{
	(void)arg;
	change_print_recovered(t);
}

static void tell_unreadable(void *arg, int64_t id, const struct error *why)
{
	(void)arg, (void)id;
	change_print_unreadable(why);
}

static int recover(struct change_session *s, struct error *e)
{
	struct error failure = { 0 };
	const struct recovery_listener listener = { .recovered = tell_recovered,
						    .unreadable = tell_unreadable };
	int n = transaction_recover(&s->applier, &listener, &failure);

	if (n < 0 && failure.kind != ERROR_CONFLICT) {
		if (e != NULL)
			*e = failure;
		return n;
	}
	/* What it could not restore is told and closed as partial; that is no reason to refuse the
	 * next command, which may be the one that repairs it. */
	s->recovered = n < 0 ? 1 : n;
	return 0;
}

int change_session_open(const struct settings *s, struct change_session *ret, struct error *e)
{
	double wait_s = s->lock_timeout_s > 0 ? s->lock_timeout_s : LOCK_TIMEOUT_S;
	const char *directory;
	int r = change_directory(s, &directory, e);

	if (r < 0)
		return r;
	note_command(s, ret->command, sizeof(ret->command));
	ret->applier.os = os_live();
	ret->applier.persister = &persistence_files;
	r = boot_id_read(ret->applier.boot_id, e);
	if (r < 0)
		return r;
	ret->lock = lock_take(directory, wait_s, ret->command, e);
	if (ret->lock < 0)
		return ret->lock;
	ret->open = true;
	interrupt_shield(&ret->saved);
	r = store_open(directory, STORE_WRITE, NULL, &ret->applier.store, e);
	return r < 0 ? r : recover(ret, e);
}

void change_session_close(struct change_session *s)
{
	if (!s->open)
		return;
	store_close(s->applier.store);
	(void)close(s->lock);
	interrupt_end(&s->saved);
	*s = (struct change_session){ 0 };
}

static int pending(const struct transaction_record *t, struct error *e)
{
	return error_set(e, -EBUSY, ERROR_BUSY, NULL,
			 "transaction %lld waits for its confirmation for another %.0f s: "
			 "netwright confirm %lld keeps it, netwright rollback %lld undoes it",
			 (long long)t->id, change_seconds_until(t->deadline_boottime_ns),
			 (long long)t->id, (long long)t->id);
}

int change_session_refuse_pending(const struct change_session *s, struct error *e)
{
	struct change_list list = { 0 };
	int r = change_list_load(s->applier.store, 1u << TRANSACTION_PENDING, SIZE_MAX, &list, e);

	/* One that cannot be read is in the way of its own settings alone: transaction_apply(). */
	if (r == 0 && list.count > 0)
		r = pending(&list.all[0], e);
	change_list_done(&list);
	return r;
}

int change_journal_open(const struct settings *s, struct store **ret, struct error *e)
{
	struct store *store = NULL;
	const char *directory;
	int r = change_directory(s, &directory, e);

	if (r < 0)
		return r;
	r = store_open(directory, STORE_READ, NULL, &store, e);
	if (r < 0 && r != -ENOENT)
		return r;
	*ret = r == 0 ? store : NULL;
	return 0;
}

int change_journal_exists(const struct settings *s, bool *ret, struct error *e)
{
	struct store *store = NULL;
	int r = change_journal_open(s, &store, e);

	if (r < 0 && r != -EBUSY)
		return r;
	*ret = r == -EBUSY || store != NULL;
	store_close(store);
	return 0;
}
