#include "base/cleanup.h"
#include "base/os.h"
#include "cli/assignments.h"
#include "cli/change.h"
#include "cli/change_options.h"
#include "cli/change_report.h"
#include "cli/verbs.h"

#include <errno.h>
#include <stdlib.h>

static int run(const struct settings *s, FILE *out, struct error *e)
{
	struct assignments *a = calloc(1, sizeof(*a));
	struct change_request request = { .settings = s };
	struct place place;
	int r;

	if (a == NULL)
		return error_errno(e, -ENOMEM, NULL, s->verb);
	r = s->operand_count > 0 ? assignments_parse(s, CHANGE_WHY_BY_HAND, a, e)
				 : error_set(e, -EINVAL, ERROR_INPUT, s->verb,
					     "sets nothing; give what and to which value, such as "
					     "net.core.somaxconn=4096");
	if (r == 0)
		r = place_open(os_live(), s->netns, &place, e);
	if (r == 0) {
		request.place = &place;
		request.wishes = a->wishes;
		request.wish_count = a->count;
		r = change_carry_out(&request, out, e);
		place_close(&place);
	}
	free(a);
	return r;
}

static const struct example examples[] = {
	{ "netwright set net.core.somaxconn=4096 --dry-run",
	  "what would be written, and from what" },
	{ "sudo netwright set 'net.ipv4.tcp_rmem[2]=64MiB' --confirm 2min",
	  "one element of a vector; put back after two minutes unless confirmed" },
	{ "sudo netwright set 'socket:dst 198.51.100.0/24/congestion=bbr'",
	  "of the connections that are open there now" },
	{ NULL, NULL },
};

static const struct option_spec options[] = {
	OPTION_ROW_CONFIRM,
	OPTION_ROW_DRY_RUN,
	OPTION_ROW_JSON,
	OPTION_ROW_LOCK_TIMEOUT,
	OPTION_ROW_CHANGE_NETNS,
	OPTION_ROW_PERSIST,
	OPTION_ROW_CHANGE_QUIET,
	OPTION_ROW_STATE_DIR,
	{ .name = "uncatalogued",
	  .type = OPTION_FLAG,
	  .help = "set sysctls that netwright knows nothing about: only what the kernel refuses "
		  "is refused",
	  .offset = offsetof(struct settings, uncatalogued) },
	OPTION_ROW_CHANGE_VERBOSE,
};

const struct verb verb_set = {
	.name = "set",
	.usage = "[OPTION...] TUNABLE=VALUE...",
	.summary = "set tunables, all or none, so that they can be put back",
	.description =
		"Writes what is given as one transaction: every value is checked before anything is "
		"written, what held before is on disk before the first write, every write is read "
		"back, and if one fails all are put back. A value has the kernel's unit, or one of "
		"its own (64MiB, 10s). TUNABLE[N] is one element of a vector.",
	.examples = examples,
	.options = options,
	.option_count = ARRAY_LEN(options),
	.operands_max = SETTINGS_OPERANDS_MAX,
	.run = run,
};
