#include "tunables/capability.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "host/procfile.h"

#include <errno.h>

#define STATUS_MAX 8192

int capability_held(struct os *os, unsigned int capability, struct error *e)
{
	static const char path[] = "/proc/thread-self/status";
	CLEANUP(bytes_done) struct bytes status = { 0 };
	struct text_span word;
	uint64_t capabilities;
	int r = os_read_file(os, path, STATUS_MAX, &status);

	if (r < 0)
		return error_errno(e, r, path, "reading our capabilities");
	word = procfile_find_key(procfile_text(&status), "CapEff");
	if (text_parse_u64(word.at, word.len, 16, &capabilities) < 0)
		return error_set(e, -EBADMSG, ERROR_FAILED, path, "has no CapEff");
	return (capabilities >> capability & 1) != 0;
}
