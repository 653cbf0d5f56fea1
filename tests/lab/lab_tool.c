#define _GNU_SOURCE 1 /* as the -D of the Makefile: no redefinition */
#include "lab_tool.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static const char *tool_name = "lab";
static uint64_t tool_deadline_ns = UINT64_MAX;
static sigset_t tool_wait_mask;
static volatile sig_atomic_t tool_stop_signal;
static volatile sig_atomic_t tool_report_signal;
static volatile sig_atomic_t tool_change_signal;

struct unit {
	const char *suffix;
	double factor;
};

static const struct unit units_count[] = { { "", 1 }, { NULL, 0 } };
static const struct unit units_bytes[] = { { "", 1 },	      { "kB", 1e3 },   { "MB", 1e6 },
					   { "GB", 1e9 },     { "KiB", 1024 }, { "MiB", 1048576 },
					   { "GiB", 0x1p30 }, { NULL, 0 } };
static const struct unit units_rate[] = {
	{ "", 1 }, { "kbit", 1e3 }, { "mbit", 1e6 }, { "gbit", 1e9 }, { NULL, 0 }
};
static const struct unit units_seconds[] = { { "", 1e9 },  { "us", 1e3 },   { "ms", 1e6 },
					     { "s", 1e9 }, { "min", 6e10 }, { NULL, 0 } };
static const struct unit units_millis[] = { { "", 1e6 },  { "us", 1e3 },   { "ms", 1e6 },
					    { "s", 1e9 }, { "min", 6e10 }, { NULL, 0 } };
static const struct unit units_share[] = { { "", 1e7 }, { "%", 1e7 }, { NULL, 0 } };

/* By enum tool_kind. */
static const struct {
	const struct unit *units;
	const char *placeholder;
	const char *expected;
} kinds[] = {
	[TOOL_FLAG] = { NULL, "", "nothing" },
	[TOOL_TEXT] = { NULL, "NAME", "a name" },
	[TOOL_COUNT] = { units_count, "N", "a whole number such as 20" },
	[TOOL_BYTES] = { units_bytes, "BYTES", "a size such as 65536, 64KiB or 12.5MB" },
	[TOOL_RATE] = { units_rate, "RATE", "a rate such as 1000000, 100mbit or 1gbit" },
	[TOOL_SECONDS] = { units_seconds, "SECONDS", "a time such as 10, 10s, 500ms or 2min" },
	[TOOL_MILLIS] = { units_millis, "MS", "a time such as 50, 50ms, 200us or 2s" },
	[TOOL_SHARE] = { units_share, "PERCENT", "a share such as 3% or 0.01%" },
};

void tool_set_name(const char *name)
{
	tool_name = name;
}

void tool_fail(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", tool_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

__attribute__((noreturn, format(printf, 2, 3))) static void usage_error(
	const struct tool_usage *usage, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", usage->command);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "; \"%s --help\" lists the options\n", usage->command);
	exit(2);
}

void tool_print_usage(const struct tool_usage *usage, bool to_stderr)
{
	FILE *out = to_stderr ? stderr : stdout;
	const struct tool_option *option;

	fprintf(out, "usage: %s OPTION...\n%s\n", usage->command, usage->summary);
	for (option = usage->options; option->name != NULL; option++) {
		char left[40];

		snprintf(left, sizeof(left), "%s%s %s", option->name[1] == '\0' ? "-" : "--",
			 option->name, kinds[option->kind].placeholder);
		fprintf(out, "  %-24s %s%s\n", left, option->help,
			option->required ? " (required)" : "");
	}
}

/* Digits with at most one point, then one of the kind's units: strtod alone would also take blanks,
 * signs, hexadecimal, "inf" and "nan".
 */
static bool parse_number(enum tool_kind kind, const char *text, double *ret)
{
	size_t digits = strspn(text, "0123456789.");
	const struct unit *unit;
	char *end;
	double number;

	if (digits == 0 || text[0] == '.' || (kind == TOOL_COUNT && strchr(text, '.') != NULL))
		return false;
	errno = 0;
	number = strtod(text, &end);
	if (errno != 0 || end != text + digits)
		return false;
	for (unit = kinds[kind].units; unit->suffix != NULL; unit++) {
		if (strcasecmp(end, unit->suffix) != 0)
			continue;
		*ret = number * unit->factor;
		return true;
	}
	return false;
}

static void set_number(const struct tool_usage *usage, const struct tool_option *option,
		       const char *text)
{
	double number;

	if (!parse_number(option->kind, text, &number))
		usage_error(usage, "--%s: \"%s\" is not understood: give %s", option->name, text,
			    kinds[option->kind].expected);
	/* 2^53: beyond it a double no longer holds every whole number. */
	if (number < (double)option->min || number > (double)option->max || number > 0x1p53)
		usage_error(usage,
			    "--%s: \"%s\" is out of range (%" PRIu64 " to %" PRIu64
			    " in the base unit)",
			    option->name, text, option->min, option->max);
	*(uint64_t *)option->value = (uint64_t)(number + 0.5);
}

static const struct tool_option *find_option(const struct tool_usage *usage, const char *word)
{
	const struct tool_option *option;

	for (option = usage->options; option->name != NULL; option++) {
		const char *dashes = option->name[1] == '\0' ? "-" : "--";
		size_t skip = strlen(dashes);

		if (strncmp(word, dashes, skip) == 0 && strcmp(word + skip, option->name) == 0)
			return option;
	}
	usage_error(usage, "unknown option \"%s\"", word);
}

static void check_required(const struct tool_usage *usage, uint64_t seen)
{
	unsigned int i;

	for (i = 0; usage->options[i].name != NULL; i++)
		if (usage->options[i].required && (seen & 1ULL << i) == 0)
			usage_error(usage, "--%s is required", usage->options[i].name);
}

void tool_read_options(const struct tool_usage *usage, int argc, char **argv)
{
	uint64_t seen = 0;
	int i;

	for (i = 1; i < argc; i++) {
		const struct tool_option *option;

		if (strcmp(argv[i], "--help") == 0) {
			tool_print_usage(usage, false);
			exit(0);
		}
		option = find_option(usage, argv[i]);
		seen |= 1ULL << (option - usage->options);
		if (option->kind == TOOL_FLAG) {
			*(bool *)option->value = true;
			continue;
		}
		if (++i == argc)
			usage_error(usage, "--%s needs a value: give %s", option->name,
				    kinds[option->kind].expected);
		if (option->kind == TOOL_TEXT)
			*(const char **)option->value = argv[i];
		else
			set_number(usage, option, argv[i]);
	}
	check_required(usage, seen);
}

static void on_signal(int number)
{
	if (number == SIGUSR1)
		tool_report_signal = 1;
	else if (number == SIGUSR2)
		tool_change_signal = 1;
	else
		tool_stop_signal = 1;
}

void tool_start(uint64_t max_time_ns)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2 };
	struct sigaction action = { .sa_handler = on_signal };
	pid_t parent = getppid();
	sigset_t blocked;
	size_t i;

	sigemptyset(&blocked);
	sigemptyset(&action.sa_mask);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaddset(&blocked, signals[i]);
		(void)sigaction(signals[i], &action, NULL);
	}
	sigprocmask(SIG_BLOCK, &blocked, &tool_wait_mask);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigdelset(&tool_wait_mask, signals[i]);
	(void)signal(SIGPIPE, SIG_IGN);
	/* The parent may have died before the request: then nobody would ever tell us. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)
		tool_stop_signal = 1;
	tool_deadline_ns = tool_now_ns() + max_time_ns;
}

bool tool_stopped(void)
{
	return tool_stop_signal != 0 || tool_now_ns() >= tool_deadline_ns;
}

bool tool_report_wanted(void)
{
	bool wanted = tool_report_signal != 0;

	tool_report_signal = 0;
	return wanted;
}

bool tool_change_wanted(void)
{
	bool wanted = tool_change_signal != 0;

	tool_change_signal = 0;
	return wanted;
}

int tool_poll(struct pollfd *fds, nfds_t count, uint64_t timeout_ns)
{
	uint64_t now = tool_now_ns();
	uint64_t left = tool_deadline_ns > now ? tool_deadline_ns - now : 0;
	struct timespec timeout;
	int ready;

	if (timeout_ns > left)
		timeout_ns = left;
	timeout.tv_sec = (time_t)(timeout_ns / TOOL_NS_PER_S);
	timeout.tv_nsec = (long)(timeout_ns % TOOL_NS_PER_S);
	ready = ppoll(fds, count, &timeout, &tool_wait_mask);
	if (ready < 0 && errno == EINTR)
		return 0;
	if (ready < 0)
		tool_fail("cannot wait on %lu descriptors: %s", (unsigned long)count,
			  strerror(errno));
	return ready;
}

uint64_t tool_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * TOOL_NS_PER_S + (uint64_t)now.tv_nsec;
}

void tool_sleep_until(uint64_t when_ns)
{
	uint64_t now;

	while (!tool_stopped() && (now = tool_now_ns()) < when_ns)
		(void)tool_poll(NULL, 0, when_ns - now);
}
