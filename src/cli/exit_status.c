#include "cli/exit_status.h"

#include "base/cleanup.h"

const struct exit_status_info exit_statuses[] = {
	{ EXIT_STATUS_OK, "success" },
	{ EXIT_STATUS_FINDINGS,
	  "findings at or above the severity given with --fail-on, differences, or a trial "
	  "that did not show a gain" },
	{ EXIT_STATUS_USAGE, "usage or configuration error, damaged input file" },
	{ EXIT_STATUS_FAILED, "the operation failed; nothing was changed" },
	{ EXIT_STATUS_CONFLICT,
	  "some values could not be restored or are somebody else's, or a change could not be "
	  "reported; a person is needed" },
	{ EXIT_STATUS_BUSY,
	  "another netwright is changing settings, or a confirmation is pending" },
	{ EXIT_STATUS_PRIVILEGE, "a permission or capability is missing" },
	{ EXIT_STATUS_UNSUPPORTED, "this kernel cannot do it" },
};
const size_t exit_status_count = ARRAY_LEN(exit_statuses);

enum exit_status exit_status_of_error(const struct error *e)
{
	static const enum exit_status status_of_kind[] = {
		[ERROR_FAILED] = EXIT_STATUS_FAILED,
		[ERROR_INPUT] = EXIT_STATUS_USAGE,
		[ERROR_PRIVILEGE] = EXIT_STATUS_PRIVILEGE,
		[ERROR_UNSUPPORTED] = EXIT_STATUS_UNSUPPORTED,
		[ERROR_CONFLICT] = EXIT_STATUS_CONFLICT,
		[ERROR_BUSY] = EXIT_STATUS_BUSY,
	};

	return status_of_kind[e->kind];
}
