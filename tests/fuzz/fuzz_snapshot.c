/* Any text in the place of a snapshot is refused, or holds printable texts that are found again
 * when it is written and read once more.
 */
#include "apply/snapshot.h"
#include "base/bytes.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_printable(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < 0x20 || *text > 0x7e)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct snapshot s = { 0 }, again = { 0 };
	struct bytes text = { 0 };
	struct error e = { 0 };

	if (snapshot_parse("fuzz", (const char *)data, size, &s, &e) < 0) {
		if (e.text[0] == '\0' || s.values != NULL)
			abort();
		return 0;
	}
	if (snapshot_format(&s, &text) < 0 ||
	    snapshot_parse("fuzz", text.data, text.len, &again, &e) < 0 || again.count != s.count)
		abort();
	for (size_t i = 0; i < s.count; i++) {
		must_be_printable(s.values[i].name);
		must_be_printable(s.values[i].text);
		if (strcmp(s.values[i].name, again.values[i].name) != 0 ||
		    strcmp(s.values[i].text, again.values[i].text) != 0)
			abort();
	}
	bytes_done(&text);
	snapshot_done(&s);
	snapshot_done(&again);
	return 0;
}
