/* Rows of options that the verbs share which change settings or tell of changes. */
#ifndef NETWRIGHT_CLI_CHANGE_OPTIONS_H
#define NETWRIGHT_CLI_CHANGE_OPTIONS_H

#include "cli/options.h"

#define OPTION_ROW_CONFIRM                                                                \
	{                                                                                 \
		.name = "confirm", .type = OPTION_DURATION, .argument = "DURATION",       \
		.help = "put everything back after DURATION, 1s to 1h, unless netwright " \
			"confirm comes first; this does not depend on the terminal",      \
		.offset = offsetof(struct settings, confirm_s)                            \
	}
#define OPTION_ROW_DRY_RUN                                                               \
	{                                                                                \
		.name = "dry-run", .letter = 'n', .type = OPTION_FLAG,                   \
		.help = "print exactly what would be written, in that order, and write " \
			"nothing",                                                       \
		.offset = offsetof(struct settings, dry_run)                             \
	}
#define OPTION_ROW_LOCK_TIMEOUT                                                              \
	{                                                                                    \
		.name = "lock-timeout", .type = OPTION_DURATION, .argument = "DURATION",     \
		.help = "how long to wait for another netwright that changes something, 1s " \
			"to 1h (default 5s)",                                                \
		.offset = offsetof(struct settings, lock_timeout_s)                          \
	}
#define OPTION_ROW_CHANGE_NETNS                                                      \
	{                                                                            \
		.name = "netns", .type = OPTION_TEXT, .argument = "NAME|PID",        \
		.help = "change this network namespace, or the one of this process", \
		.offset = offsetof(struct settings, netns)                           \
	}
#define OPTION_ROW_PAIRS                                                                 \
	{                                                                                \
		.name = "pairs", .type = OPTION_NUMBER, .argument = "N",                 \
		.help = "compare N pairs of windows, without and with the change: 6 to " \
			"64 (default 6)",                                                \
		.offset = offsetof(struct settings, pairs)                               \
	}
#define OPTION_ROW_PERSIST                                                                   \
	{                                                                                    \
		.name = "persist", .type = OPTION_FLAG,                                      \
		.help = "also write files that set the same at the next boot, for sysctl.d " \
			"and systemd, once the change is kept; rollback removes them",       \
		.offset = offsetof(struct settings, persist)                                 \
	}
#define OPTION_ROW_CHANGE_QUIET                                      \
	{                                                            \
		.name = "quiet", .letter = 'q', .type = OPTION_FLAG, \
		.help = "print nothing when all went well",          \
		.offset = offsetof(struct settings, quiet)           \
	}
#define OPTION_ROW_STATE_DIR                                                       \
	{                                                                          \
		.name = "state-dir", .type = OPTION_TEXT, .argument = "DIRECTORY", \
		.help = "keep the journal here instead of in /var/lib/netwright",  \
		.offset = offsetof(struct settings, state_dir)                     \
	}
#define OPTION_ROW_CHANGE_VERBOSE                                                     \
	{                                                                             \
		.name = "verbose", .letter = 'v', .type = OPTION_FLAG,                \
		.help = "also print what each tunable does, and where exactly it is", \
		.offset = offsetof(struct settings, verbose)                          \
	}

#endif
