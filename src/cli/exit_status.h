/* What netwright's exit status means: an interface for scripts, documented in netwright(8). */
#ifndef NETWRIGHT_CLI_EXIT_STATUS_H
#define NETWRIGHT_CLI_EXIT_STATUS_H

#include "base/error.h"

#include <stddef.h>

enum exit_status {
	EXIT_STATUS_OK = 0,
	EXIT_STATUS_FINDINGS = 1,
	EXIT_STATUS_USAGE = 2,
	EXIT_STATUS_FAILED = 3,
	EXIT_STATUS_CONFLICT = 4,
	EXIT_STATUS_BUSY = 5,
	EXIT_STATUS_PRIVILEGE = 6,
	EXIT_STATUS_UNSUPPORTED = 7,
};

struct exit_status_info {
	enum exit_status status;
	const char *meaning;
};

/* Sorted by status. */
extern const struct exit_status_info exit_statuses[];
extern const size_t exit_status_count;

enum exit_status exit_status_of_error(const struct error *e);

#endif
