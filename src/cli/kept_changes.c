#include "cli/kept_changes.h"

#include "base/bytes.h"
#include "cli/change_journal.h"
#include "cli/print.h"

#include <inttypes.h>
#include <string.h>

void kept_changes_add(struct kept_changes *k, int64_t transaction)
{
	if (k->count < KEPT_CHANGES_MAX)
		k->transactions[k->count++] = transaction;
}

/* "transactions 3, 5"; the newest is undone first. */
static void describe(const struct kept_changes *k, const struct settings *s, struct bytes *b)
{
	char suffix[256];

	(void)bytes_printf(b, "%s", k->count == 1 ? "transaction" : "transactions");
	for (size_t i = 0; i < k->count; i++)
		(void)bytes_printf(b, "%s %" PRId64, i > 0 ? "," : "", k->transactions[i]);
	(void)bytes_printf(b, "; netwright rollback %" PRId64 "%s undoes %s",
			   k->transactions[k->count - 1],
			   change_command_suffix(s, suffix, sizeof(suffix)),
			   k->count == 1 ? "it" : "the last one");
}

int kept_changes_explain(const struct kept_changes *k, const struct settings *s, int failed,
			 struct error *e)
{
	struct bytes b = { 0 };
	struct error why;

	if (k->count == 0 || e == NULL)
		return failed;
	why = *e;
	describe(k, s, &b);
	(void)error_set(e, failed, ERROR_CONFLICT, NULL, "%.300s; what was kept is in force: %s",
			why.text, b.data != NULL ? b.data : "netwright status names it");
	bytes_done(&b);
	return failed;
}

int kept_changes_finish_printing(const struct kept_changes *k, const struct settings *s,
				 int printed, FILE *out, struct error *e)
{
	int r = print_flush(printed, out);

	if (r == 0)
		return 0;
	(void)error_set(e, r, ERROR_FAILED, "standard output",
			"not everything could be written (%s)", strerror(-r));
	return kept_changes_explain(k, s, r, e);
}

json_t *kept_changes_array(struct document *d, const struct kept_changes *k)
{
	json_t *list = json_array();

	for (size_t i = 0; i < k->count; i++)
		document_append(d, list, json_integer((json_int_t)k->transactions[i]));
	return list;
}
