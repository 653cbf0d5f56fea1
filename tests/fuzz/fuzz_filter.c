/* Whatever a person types after --filter: parsing and matching must end, within bounds. */
#include "measure/filter.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t inodes[] = { 1, 5, 812 };
	static const struct socket_info socket = {
		.local = { .family = 4, .bytes = { 192, 0, 2, 1 } },
		.remote = { .family = 6, .bytes = { 0x20, 0x01, 0x0d, 0xb8 } },
		.local_port = 443,
		.inode = 812,
	};
	struct filter *f = NULL;
	const int *pids = NULL;
	char *text = malloc(size + 1);

	if (text == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (filter_parse(text, &f, NULL) == 0) {
		size_t n = filter_pids(f, &pids);

		for (size_t i = 0; i < n; i++)
			(void)filter_set_inodes(f, pids[i], inodes, 3);
		(void)filter_match(f, &socket);
	}
	filter_free(f);
	free(text);
	return 0;
}
