/* What the lab's programs share: strict option tables, error sentences, and a bounded lifetime.
 *
 * A lab program never outlives its test: it ends on SIGTERM or SIGINT, when its parent dies, and
 * after its --max-time, whichever comes first.
 */
#ifndef NETWRIGHT_LAB_TOOL_H
#define NETWRIGHT_LAB_TOOL_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#define TOOL_NS_PER_US 1000ULL
#define TOOL_NS_PER_MS 1000000ULL
#define TOOL_NS_PER_S  1000000000ULL

/* 300 s: the default --max-time of every lab program. */
#define TOOL_MAX_TIME_NS (300 * TOOL_NS_PER_S)

/* The kind says what text is accepted and in which unit the number is stored. */
enum tool_kind {
	TOOL_FLAG,    /* no value; bool */
	TOOL_TEXT,    /* const char *, pointing into argv */
	TOOL_COUNT,   /* uint64_t, a whole number without a unit */
	TOOL_BYTES,   /* uint64_t bytes; kB MB GB KiB MiB GiB */
	TOOL_RATE,    /* uint64_t bit/s; kbit mbit gbit */
	TOOL_SECONDS, /* uint64_t ns; a bare number is seconds; us ms s min */
	TOOL_MILLIS,  /* uint64_t ns; a bare number is milliseconds; us ms s min */
	TOOL_SHARE,   /* uint64_t parts per billion; a bare number is percent; % */
};

struct tool_option {
	const char *name; /* without dashes; one character is a short option */
	enum tool_kind kind;
	void *value; /* left as it is when the option is not given */
	uint64_t min;
	uint64_t max; /* inclusive, in the stored unit */
	bool required;
	const char *help;
};

/* One verb of a program (or the program itself). `options` ends with a NULL name. */
struct tool_usage {
	const char *command; /* "traffic sink" */
	const char *summary;
	const struct tool_option *options;
};

/* Reads argv[1..argc-1]. Ends the program: with status 0 after --help, with status 2 and a sentence
 * on stderr after a mistake.
 */
void tool_read_options(const struct tool_usage *usage, int argc, char **argv);
void tool_print_usage(const struct tool_usage *usage, bool to_stderr);

/* Prints "COMMAND: " and the sentence, then ends the program with status 1. */
__attribute__((noreturn, format(printf, 1, 2))) void tool_fail(const char *format, ...);
/* The name that starts every error sentence. */
void tool_set_name(const char *name);

/* Starts the lifetime: from here SIGTERM, SIGINT, SIGHUP, the parent's death and max_time_ns all
 * make tool_stopped() true. The signals are blocked except inside tool_poll(), so threads created
 * afterwards never see them and no signal is lost between a check and a wait.
 */
void tool_start(uint64_t max_time_ns);
bool tool_stopped(void);
/* True once after each SIGUSR1. */
bool tool_report_wanted(void);
/* True once after each SIGUSR2. */
bool tool_change_wanted(void);
/* ppoll(2) that ends early on a signal or at the end of the lifetime. Returns the number of ready
 * descriptors, 0 on timeout or signal; ends the program when ppoll fails otherwise.
 */
int tool_poll(struct pollfd *fds, nfds_t count, uint64_t timeout_ns);

/* CLOCK_MONOTONIC; the lab has no use for suspended time. */
uint64_t tool_now_ns(void);
/* Waits until that instant or the end of the lifetime. */
void tool_sleep_until(uint64_t when_ns);

#endif
