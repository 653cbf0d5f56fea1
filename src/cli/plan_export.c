#include "cli/plan_export.h"

#include "apply/persistence.h"
#include "base/bytes.h"
#include "cli/by_hand.h"

#include <errno.h>

static int append_commands(struct bytes *b, const struct plan *plan)
{
	int r = 0;

	for (size_t i = 0; i < plan->count && r >= 0; i++) {
		const struct plan_change *c = &plan->changes[i];

		if (c->target.kind->prefix[0] == '\0')
			r = by_hand_append_command(b, c->target.tunable, c->target.name, c->to,
						   plan->netns);
		else
			r = bytes_printf(b, "# not by sysctl(8): %s = %s\n", c->target.name, c->to);
	}
	return r < 0 ? -ENOMEM : 0;
}

int plan_export(const struct plan *plan, enum export_form form, FILE *out, struct error *e)
{
	struct bytes b = { 0 };
	int r;

	if (form == EXPORT_COMMANDS)
		r = append_commands(&b, plan);
	else
		r = persistence_sysctl_text(plan->changes, plan->count, &b);
	if (r < 0)
		r = error_errno(e, r, NULL, "export");
	else if (b.len > 0 && fwrite(b.data, 1, b.len, out) != b.len)
		r = error_set(e, -EIO, ERROR_FAILED, "standard output",
			      "not everything could be written");
	bytes_done(&b);
	return r;
}
