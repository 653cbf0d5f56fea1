/* Feeds every file of a corpus directory to a fuzz target once, so that what fuzzing found stays
 * fixed without needing clang: corpus_fuzz_X DIRECTORY. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX (1u << 20)

static int run_file(const char *directory, const char *name, uint8_t *buffer)
{
	char path[4096];
	FILE *file;
	size_t size;

	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	file = fopen(path, "rbe");
	if (file == NULL)
		return -errno;
	size = fread(buffer, 1, INPUT_MAX, file);
	(void)fclose(file);
	/* An exactly sized copy lets AddressSanitizer see a read past the end. */
	uint8_t *exact = malloc(size == 0 ? 1 : size);
	if (exact == NULL)
		return -ENOMEM;
	memcpy(exact, buffer, size);
	(void)LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	return 0;
}

int main(int argc, char **argv)
{
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	uint8_t *buffer = malloc(INPUT_MAX);
	const struct dirent *entry;
	int passed = 0, failed = 0;

	if (dir == NULL || buffer == NULL) {
		(void)fprintf(stderr, "usage: %s DIRECTORY (which must exist)\n", argv[0]);
		return 2;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		int r = run_file(argv[1], entry->d_name, buffer);
		if (r < 0) {
			printf("FAIL %s: %s\n", entry->d_name, strerror(-r));
			failed++;
		} else {
			passed++;
		}
	}
	(void)closedir(dir);
	free(buffer);
	printf("%d passed, %d failed\n", passed, failed);
	return failed == 0 && passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
