#include "cli/change_journal.h"

#include "base/bytes.h"
#include "base/text.h"
#include "cli/by_hand.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

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

int change_refuse_id(int64_t id, struct error *e)
{
	return error_set(e, -ENOENT, ERROR_INPUT, NULL,
			 "there is no transaction %" PRId64 ": nothing was changed yet", id);
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
