#include "cli/change_session.h"

#include "base/bytes.h"
#include "base/text.h"
#include "cli/by_hand.h"
#include "cli/change_journal.h"
#include "cli/change_report.h"

#include <stdio.h>

void change_note_command(const struct settings *s, char *buf, size_t len)
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

const struct recovery_listener change_session_listener = { .recovered = tell_recovered,
							   .unreadable = tell_unreadable };

int change_session_open(const struct settings *s, struct change_session *ret, struct error *e)
{
	double wait_s = s->lock_timeout_s > 0 ? s->lock_timeout_s : SESSION_LOCK_TIMEOUT_S;
	const char *directory;
	int r = change_directory(s, &directory, e);

	if (r < 0)
		return r;
	change_note_command(s, ret->command, sizeof(ret->command));
	r = session_lock(directory, wait_s, ret->command, &ret->session, e);
	if (r < 0)
		return r;
	interrupt_shield(&ret->saved);
	return session_begin(&ret->session, &change_session_listener, e);
}

void change_session_close(struct change_session *s)
{
	if (!s->session.locked)
		return;
	session_close(&s->session);
	interrupt_end(&s->saved);
}
