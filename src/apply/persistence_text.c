/* What a sysctl.d(5) file says: for files that we write and for those that others deploy. */
#include "apply/persistence.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

/* A line of its own in any case: what follows a newline in a reason must not become a setting. */
static int append_comment(struct bytes *b, const struct plan_change *c)
{
	char why[PLAN_WHY_MAX], from[HELD_TEXT_MAX];

	text_copy_printable(why, sizeof(why), c->why, strlen(c->why));
	text_copy_printable(from, sizeof(from), c->from.text, strlen(c->from.text));
	return bytes_printf(b, "# %s; was %s\n", why[0] != '\0' ? why : c->target.name, from);
}

int persistence_sysctl_text(const struct plan_change *changes, size_t n, struct bytes *ret)
{
	char to[HELD_TEXT_MAX];

	for (size_t i = 0; i < n; i++) {
		const struct plan_change *c = &changes[i];
		int r = append_comment(ret, c);

		text_copy_printable(to, sizeof(to), c->to, strlen(c->to));
		if (r >= 0 && c->target.kind->prefix[0] == '\0')
			r = bytes_printf(ret, "%s = %s\n", c->target.name, to);
		else if (r >= 0)
			r = bytes_printf(ret, "# no sysctl: %s = %s\n", c->target.name, to);
		if (r < 0)
			return -ENOMEM;
	}
	return 0;
}
