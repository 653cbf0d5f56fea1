#include "base/cleanup.h"
#include "base/os.h"
#include "cli/change_options.h"
#include "cli/exit_status.h"
#include "cli/print.h"
#include "cli/restore.h"
#include "cli/verbs.h"

#include <string.h>

/* In this order: what is set last holds. */
static int (*const steps[])(struct restoring *g, FILE *out, struct error *e) = {
	restore_profile,
	restore_settings,
};

void restoring_tell(struct restoring *g, const char *what)
{
	g->failures++;
	(void)fputs("netwright: restore: ", stderr);
	print_tamed(stderr, what, strlen(what));
	(void)fputc('\n', stderr);
}

static int run(const struct settings *s, FILE *out, struct error *e)
{
	struct restoring g = { .settings = s };
	struct place place;
	int r = place_open(os_live(), s->netns, &place, e);

	if (r < 0)
		return r;
	g.place = &place;
	for (size_t i = 0; i < ARRAY_LEN(steps) && r == 0; i++)
		r = steps[i](&g, out, e);
	place_close(&place);
	if (r < 0)
		return r;
	return g.failures > 0 ? EXIT_STATUS_CONFLICT : EXIT_STATUS_OK;
}

static const struct example examples[] = {
	{ "netwright restore --dry-run", "what the next boot would set, and could set now" },
	{ "sudo netwright restore", "set it now; at boot, netwright-restore.service does" },
	{ NULL, NULL },
};

static const struct option_spec options[] = {
	OPTION_ROW_DRY_RUN,
	OPTION_ROW_LOCK_TIMEOUT,
	OPTION_ROW_CHANGE_NETNS,
	OPTION_ROW_CHANGE_QUIET,
	{ .name = "root",
	  .type = OPTION_TEXT,
	  .argument = "DIRECTORY",
	  .help = "read the files below DIRECTORY",
	  .offset = offsetof(struct settings, root) },
	OPTION_ROW_STATE_DIR,
	OPTION_ROW_CHANGE_VERBOSE,
};

const struct verb verb_restore = {
	.name = "restore",
	.usage = "[OPTION...]",
	.summary = "set what --persist kept and no other file sets at boot",
	.description =
		"Sets what the files of /etc/netwright/restore.d hold: the profile that was applied "
		"with --persist, worked out anew for this host and its interfaces, and then, as "
		"another transaction, metrics of routes, links and their queues, for which the system "
		"has no files. What cannot be set, because its interface or route is missing or the "
		"kernel refuses it, is told and left out, and the exit status is 4; the rest is set. "
		"What holds already is not written. netwright-restore.service runs this once the "
		"network is up, and again for each interface that appears later.",
	.examples = examples,
	.options = options,
	.option_count = ARRAY_LEN(options),
	.run = run,
};
