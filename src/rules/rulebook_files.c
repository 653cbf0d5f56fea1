/* Where rule books come from: the binary, and directories. */
#include "base/bytes.h"
#include "base/cleanup.h"
#include "rules/config_text.h"
#include "rules/embedded.h"
#include "rules/rule_reader.h"
#include "rules/rulebook.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int rulebook_load_builtin(struct rulebook *book, struct error *e)
{
	int r = 0;

	for (size_t i = 0; i < embedded_rulebook_count && r == 0; i++)
		r = rulebook_load_text(
			book, embedded_rulebooks[i].name, embedded_rulebooks[i].text,
			(size_t)(embedded_rulebooks[i].end - embedded_rulebooks[i].text), e);
	return r;
}

static int is_rule_file(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

/* By bytes: a locale must not change which file wins. */
static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int load_file(struct rulebook *book, const char *path, struct error *e)
{
	CLEANUP(bytes_done) struct bytes content = { 0 };
	int r = config_text_read_file(path, &content, e);

	return r < 0 ? r : rulebook_load_text(book, path, content.data, content.len, e);
}

int rulebook_load_directory(struct rulebook *book, const char *directory, struct error *e)
{
	CLEANUP(rulebook_done) struct rulebook more = { 0 };
	struct dirent **entries = NULL;
	int n = scandir(directory, &entries, is_rule_file, compare_names);
	int r = 0;

	if (n < 0)
		return error_errno(e, -errno, directory, "open");
	for (int i = 0; i < n; i++) {
		CLEANUP(free_charp) char *path = NULL;

		if (r == 0 && asprintf(&path, "%s/%s", directory, entries[i]->d_name) < 0)
			r = error_errno(e, -ENOMEM, directory, "reading rules");
		if (r == 0)
			r = load_file(&more, path, e);
		free(entries[i]);
	}
	free(entries);
	return r < 0 ? r : rulebook_merge(book, &more, e);
}
