#include "cli/plan_export.h"

#include "apply/persistence.h"
#include "base/bytes.h"
#include "cli/by_hand.h"

#include <errno.h>
#include <string.h>

static bool is_sysctl(const char *tunable)
{
	return kind_of_target(tunable)->prefix[0] == '\0';
}

static int append_sysctls(struct bytes *b, const struct plan *plan, enum export_form form)
{
	int r = 0;

	for (size_t i = 0; i < plan->count && r >= 0; i++) {
		const struct plan_change *c = &plan->changes[i];

		if (!is_sysctl(c->target.name))
			continue;
		if (form == EXPORT_COMMANDS)
			r = by_hand_append_command(b, c->target.tunable, c->target.name, c->to,
						   plan->netns);
		else
			r = persistence_sysctl_text(c, b);
	}
	return r;
}

/* Whether any of it is to be changed: what holds already is not in the plan. */
static bool is_unmet(const struct wish *wish, const struct plan *plan)
{
	const struct tunable *row = kind_row_find(wish->tunable);

	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_change *c = &plan->changes[i];

		if (c->target.tunable == row && strstr(c->why, wish->why) != NULL)
			return true;
	}
	return false;
}

/* As they were wished for: a plan has a process and a descriptor for each connection, which mean
 * something else by the time that somebody runs it. */
static int append_others(struct bytes *b, const struct plan *plan, const struct wish *wishes,
			 size_t n, enum export_form form)
{
	int r = 0;

	for (size_t i = 0; i < n && r >= 0; i++) {
		if (is_sysctl(wishes[i].tunable) || !is_unmet(&wishes[i], plan))
			continue;
		if (form != EXPORT_COMMANDS)
			r = bytes_printf(b, "# no sysctl: ");
		if (r >= 0)
			r = by_hand_append_set(b, &wishes[i], plan->netns);
	}
	return r;
}

int plan_export(const struct plan *plan, const struct wish *wishes, size_t n, enum export_form form,
		FILE *out, struct error *e)
{
	struct bytes b = { 0 };
	int r = append_sysctls(&b, plan, form);

	if (r >= 0)
		r = append_others(&b, plan, wishes, n, form);
	if (r < 0)
		r = error_errno(e, -ENOMEM, NULL, "export");
	else if (b.len > 0 && fwrite(b.data, 1, b.len, out) != b.len)
		r = error_set(e, -EIO, ERROR_FAILED, "standard output",
			      "not everything could be written");
	bytes_done(&b);
	return r < 0 ? r : 0;
}
