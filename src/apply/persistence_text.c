/* What files say that set values at boot: those that we write and those that others deploy. */
#include "apply/persistence.h"

#include "base/text.h"
#include "tunables/rlimit.h"
#include "tunables/rlimit_value.h"

#include <ctype.h>
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

int persistence_sysctl_text(const struct plan_change *c, struct bytes *ret)
{
	const char *key = c->target.name + strlen(c->target.kind->prefix);
	char to[HELD_TEXT_MAX];

	text_copy_printable(to, sizeof(to), c->to, strlen(c->to));
	if (append_comment(ret, c) < 0 || bytes_printf(ret, "%s = %s\n", key, to) < 0)
		return -ENOMEM;
	return 0;
}

int persistence_boot_text(const struct plan_change *c, struct bytes *ret)
{
	if (append_comment(ret, c) < 0 || bytes_printf(ret, "%s = %s\n", c->target.name, c->to) < 0)
		return -ENOMEM;
	return 0;
}

/* systemd.exec(5): the resource's name in capitals, in the kernel's own unit. */
static int append_setting(struct bytes *b, const char *resource)
{
	int r = bytes_append(b, "Limit", strlen("Limit"));

	for (const char *c = resource; r == 0 && *c != '\0'; c++) {
		char upper = (char)toupper((unsigned char)*c); /* in the C locale */

		r = bytes_append(b, &upper, 1);
	}
	return r == 0 ? bytes_append(b, "=", 1) : r;
}

static int append_limit(struct bytes *b, rlim_t limit)
{
	if (limit == RLIM_INFINITY)
		return bytes_append(b, "infinity", strlen("infinity"));
	return bytes_printf(b, "%llu", (unsigned long long)limit) < 0 ? -ENOMEM : 0;
}

int persistence_limit_text(const struct plan_change *c, struct bytes *ret)
{
	struct rlimit limit;
	int r;

	if (c->target.kind != &rlimit_kind)
		return 0;
	r = rlimit_parse(c->to, &limit);
	if (r < 0)
		return r;
	if (append_comment(ret, c) < 0)
		return -ENOMEM;
	r = append_setting(ret, c->target.tunable->name + strlen(RLIMIT_PREFIX));
	if (r == 0)
		r = append_limit(ret, limit.rlim_cur);
	if (r == 0)
		r = bytes_append(ret, ":", 1);
	if (r == 0)
		r = append_limit(ret, limit.rlim_max);
	return r == 0 ? bytes_append(ret, "\n", 1) : r;
}
