/* Whatever stands in a sysctl file: parsing and looking up must end, within bounds. */
#include "base/cleanup.h"
#include "tunables/sysctl_file.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sysctl_settings s = { 0 };
	char path[SYSCTL_KEY_MAX + 16];

	if (sysctl_settings_parse(&s, "fuzz.conf", (const char *)data, size, NULL) == 0) {
		for (size_t i = 0; i < s.line_count && i < 64; i++) {
			const struct sysctl_line *line = &s.lines[i];

			(void)sysctl_settings_find(&s, line->key);
			if (line->problem == NULL &&
			    sysctl_key_path(line->key, path, sizeof(path)) == NULL)
				abort();
		}
	}
	sysctl_settings_done(&s);
	return 0;
}
