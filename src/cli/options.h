/* Command line options: tables that verbs are made of, and the parser that follows them.
 *
 * A verb lists the options it accepts; the same rows give the help text and the check against the
 * manual. Long options only (`--for 10s`, `--for=10s`), one letter for the frequent flags; an
 * option must be written out, abbreviations are refused because they break when an option is added.
 */
#ifndef NETWRIGHT_CLI_OPTIONS_H
#define NETWRIGHT_CLI_OPTIONS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTION_LIST_MAX	      16
#define SETTINGS_OPERANDS_MAX 64

enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum export_form { EXPORT_COMMANDS, EXPORT_SYSCTL_D };
enum flow_order { FLOW_ORDER_GOODPUT, FLOW_ORDER_RETRANSMITS, FLOW_ORDER_RTT };

/* What an option that may be repeated was given. */
struct option_list {
	const char *texts[OPTION_LIST_MAX];
	size_t count;
};

/* Everything options can set; texts point into argv. */
struct settings {
	const char *verb;   /* its name */
	char *const *words; /* all that came after it, as typed */
	int word_count;
	double confirm_s, for_s, lock_timeout_s, window_s; /* 0: not given */
	int fail_on;					   /* enum severity; -1: not given */
	int color;					   /* enum color_choice */
	int sort;					   /* enum flow_order */
	int export;					   /* enum export_form; -1: not given */
	uint64_t days, limit, pairs;			   /* UINT64_MAX: not given */
	bool all, dry_run, force, help, json, keep_better, metrics, new_sockets, no_trial, persist,
		quiet, recover, restore, uncatalogued, verbose;
	const char *compare, *config, *entity, *filter, *metric, *netns, *plan, *record, *replay,
		*root, *state_dir;
	struct option_list inputs, only, profiles, rules;
	const char *operands[SETTINGS_OPERANDS_MAX];
	size_t operand_count;
};

enum option_type {
	OPTION_FLAG,	 /* bool */
	OPTION_TEXT,	 /* const char *, not empty */
	OPTION_LIST,	 /* struct option_list: adds a text that is not empty */
	OPTION_DURATION, /* double, seconds: 1 s to 1 h */
	OPTION_NUMBER,	 /* uint64_t */
	OPTION_CHOICE,	 /* int: index into choices */
};

struct option_spec {
	const char *name; /* without the dashes */
	char letter;	  /* 0: none; flags only */
	enum option_type type;
	const char *argument;	    /* "DURATION"; NULL for flags */
	const char *help;	    /* one sentence without a full stop */
	const char *const *choices; /* NULL-terminated */
	size_t offset;		    /* into struct settings */
};

extern const char *const color_choices[];
extern const char *const export_choices[];
extern const char *const flow_order_choices[];
extern const char *const severity_choices[];

/* Rows shared by several verbs. */
#define OPTION_ROW_COLOR                                                                \
	{                                                                               \
		.name = "color", .type = OPTION_CHOICE, .argument = "WHEN",             \
		.help = "colour the severities: auto (on a terminal), always or never", \
		.choices = color_choices, .offset = offsetof(struct settings, color)    \
	}
#define OPTION_ROW_CONFIG                                                                 \
	{                                                                                 \
		.name = "config", .type = OPTION_TEXT, .argument = "FILE",                \
		.help = "read this instead of /etc/netwright/netwright.conf, which says " \
			"what to ignore",                                                 \
		.offset = offsetof(struct settings, config)                               \
	}
#define OPTION_ROW_FAIL_ON                                                                       \
	{                                                                                        \
		.name = "fail-on", .type = OPTION_CHOICE, .argument = "SEVERITY",                \
		.help = "exit with status 1 when a finding is at least this severe: info, low, " \
			"medium, high or critical",                                              \
		.choices = severity_choices, .offset = offsetof(struct settings, fail_on)        \
	}
#define OPTION_ROW_FILTER                                                                           \
	{                                                                                           \
		.name = "filter", .type = OPTION_TEXT, .argument = "EXPRESSION",                    \
		.help = "look only at sockets that match, e.g. 'dst 198.51.100.0/24 and port 443'", \
		.offset = offsetof(struct settings, filter)                                         \
	}
#define OPTION_ROW_JSON                                          \
	{                                                        \
		.name = "json", .type = OPTION_FLAG,             \
		.help = "print one JSON object instead of text", \
		.offset = offsetof(struct settings, json)        \
	}
#define OPTION_ROW_NETNS                                                                 \
	{                                                                                \
		.name = "netns", .type = OPTION_TEXT, .argument = "NAME|PID",            \
		.help = "look at this network namespace, or at the one of this process", \
		.offset = offsetof(struct settings, netns)                               \
	}
#define OPTION_ROW_RECORD                                                    \
	{                                                                    \
		.name = "record", .type = OPTION_TEXT, .argument = "FILE",   \
		.help = "also write everything the kernel answered to FILE", \
		.offset = offsetof(struct settings, record)                  \
	}
#define OPTION_ROW_REPLAY                                                  \
	{                                                                  \
		.name = "replay", .type = OPTION_TEXT, .argument = "FILE", \
		.help = "look at a recording instead of this host",        \
		.offset = offsetof(struct settings, replay)                \
	}
#define OPTION_ROW_RULES                                                                   \
	{                                                                                  \
		.name = "rules", .type = OPTION_LIST, .argument = "DIRECTORY",             \
		.help = "also load the rule books (*.conf) of DIRECTORY; may be repeated", \
		.offset = offsetof(struct settings, rules)                                 \
	}

#define OPTION_ROW_INPUT                                                                         \
	{                                                                                        \
		.name = "input", .type = OPTION_LIST, .argument = "NAME=VALUE",                  \
		.help = "a value in place of the default of the profile's input, e.g. rtt=80ms", \
		.offset = offsetof(struct settings, inputs)                                      \
	}
#define OPTION_ROW_PROFILES                                                              \
	{                                                                                \
		.name = "profiles", .type = OPTION_LIST, .argument = "DIRECTORY",        \
		.help = "also load the profiles (*.conf) of DIRECTORY; may be repeated", \
		.offset = offsetof(struct settings, profiles)                            \
	}

/* The one option every verb has. */
extern const struct option_spec option_help;

/* Parses the arguments after the verb. `options` is the verb's table, `verb` its name for messages.
 * Everything after `--` and every word without a dash is an operand. Returns 0, or -EINVAL with a
 * sentence that names the nearest option. *ret is set only on success. */
int options_parse(const char *verb, const struct option_spec *options, size_t count, int argc,
		  char *const *argv, struct settings *ret, struct error *e);

#endif
