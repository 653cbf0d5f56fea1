#include "cli/damaged_record.h"

#include "apply/boot.h"
#include "apply/store_remains.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "cli/by_hand.h"
#include "cli/change_journal.h"
#include "cli/print.h"

#include <errno.h>
#include <string.h>

static void print_tamed_text(FILE *out, const char *text)
{
	print_tamed(out, text, strlen(text));
}

/* What else a kind journals is not always a value that `set` takes. */
static int append_command(struct bytes *b, const struct settings *s,
			  const struct transaction_record *t, const struct plan_change *c)
{
	struct bytes assignment CLEANUP(bytes_done) = { 0 };
	char suffix[256];
	int r = bytes_printf(b, "    put back: netwright set ");

	if (r >= 0 && t->netns[0] != '\0' && !c->target.kind->host_wide) {
		r = bytes_printf(b, "--netns ");
		if (r >= 0)
			r = by_hand_append_word(b, t->netns);
		if (r >= 0)
			r = bytes_printf(b, " ");
	}
	if (r >= 0)
		r = bytes_printf(&assignment, "%s=%s", c->target.name, c->from.text);
	if (r >= 0)
		r = by_hand_append_word(b, assignment.data);
	if (r >= 0)
		r = bytes_printf(b, "%s\n", change_command_suffix(s, suffix, sizeof(suffix)));
	return r;
}

static int print_change(const struct settings *s, const struct transaction_record *t,
			const struct plan_change *c, FILE *out, struct error *e)
{
	struct bytes command CLEANUP(bytes_done) = { 0 };

	(void)fprintf(out, "  %s  ", c->target.name);
	print_tamed_text(out, c->from.text);
	(void)fputs(" -> ", out);
	print_tamed_text(out, c->to);
	(void)fputc('\n', out);
	if (c->target.kind->prefix[0] != '\0')
		return 0;
	if (append_command(&command, s, t, c) < 0)
		return error_errno(e, -ENOMEM, NULL, "journal");
	(void)fputs(command.data, out);
	return 0;
}

int damaged_record_print(const struct settings *s, struct store *journal, int64_t id, FILE *out,
			 struct error *e)
{
	struct store_remains m CLEANUP(store_remains_done) = { 0 };
	const struct transaction_record *t = &m.record;
	char boot_id[BOOT_ID_MAX];
	int r = boot_id_read(boot_id, e);

	if (r == 0)
		r = store_load_remains(journal, id, boot_id, &m, e);
	if (r < 0 || t->change_count == 0)
		return r;
	(void)fprintf(out, "transaction %lld is damaged; of its %zu settings %zu can be read%s:\n",
		      (long long)id, m.begun, t->change_count,
		      strcmp(t->boot_id, boot_id) == 0
			      ? ""
			      : ", which the restart of the machine has undone");
	for (size_t i = 0; r == 0 && i < t->change_count; i++)
		r = print_change(s, t, &t->changes[i].change, out, e);
	return r;
}
