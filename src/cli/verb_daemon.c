#include "base/cleanup.h"
#include "cli/change_journal.h"
#include "cli/change_options.h"
#include "cli/exit_status.h"
#include "cli/inspection.h"
#include "cli/verbs.h"
#include "daemon/daemon.h"

#include <errno.h>
#include <stdlib.h>

/* The system's file may be missing, one that was asked for may not, which loading the rules has
 * seen to. */
static int load(void *arg, struct policy *ret, struct error *e)
{
	const struct settings *s = arg;
	const char *config = s->config != NULL ? s->config : INSPECTION_CONFIG_FILE;
	int r = inspection_load_rules(s, &ret->book, e);

	if (r == 0) {
		r = limits_load(&ret->limits, config, e);
		if (r == -ENOENT)
			r = 0;
	}
	if (r == 0) {
		r = daemon_config_load(&ret->config, config, e);
		if (r == -ENOENT) {
			daemon_config_default(&ret->config);
			r = 0;
		}
	}
	return r;
}

static int run(const struct settings *s, FILE *out, struct error *e)
{
	struct settings copy = *s;
	struct daemon_options options = {
		.load = load,
		.arg = &copy,
		.log = stderr,
		.journal_stream = getenv("JOURNAL_STREAM"),
		.notify_socket = getenv("NOTIFY_SOCKET"),
		.watchdog_usec = getenv("WATCHDOG_USEC"),
		.watchdog_pid = getenv("WATCHDOG_PID"),
	};
	int r = change_directory(s, &options.directory, e);

	(void)out;
	if (r == 0)
		r = s->recover ? daemon_recover(&options, e) : daemon_run(&options, e);
	return r < 0 ? r : EXIT_STATUS_OK;
}

static const struct example examples[] = {
	{ "sudo systemctl enable --now netwright", "watch and tune this host from now on" },
	{ "sudo netwright daemon --config ./netwright.conf", "try a configuration in a terminal" },
	{ NULL, NULL },
};

static const struct option_spec options[] = {
	OPTION_ROW_CONFIG,
	{ .name = "recover",
	  .type = OPTION_FLAG,
	  .help = "only put back what a killed run has left on trial or half-done, and end",
	  .offset = offsetof(struct settings, recover) },
	OPTION_ROW_RULES,
	OPTION_ROW_STATE_DIR,
};

const struct verb verb_daemon = {
	.name = "daemon",
	.usage = "[OPTION...]",
	.summary = "watch all network namespaces, and tune what measurably helps",
	.description =
		"Runs until SIGTERM: audits every network namespace, tries one change at a time as "
		"netwright tune does, keeps what helped, puts back what did not, and remembers both. "
		"What somebody else sets, it leaves alone from then on. netwright.conf(5) says how "
		"often, where, and within which limits; SIGHUP reads it anew. Each decision is a "
		"line on standard error; netwright status shows what it does now.",
	.examples = examples,
	.options = options,
	.option_count = ARRAY_LEN(options),
	.run = run,
};
