#include "rules/ignore.h"

#include "base/cleanup.h"
#include "base/suggest.h"
#include "base/text.h"
#include "rules/config_text.h"
#include "rules/configuration.h"
#include "rules/lint.h"
#include "rules/rulebook.h"
#include "rules/setting.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

static const struct setting_field fields[] = {
	{ "id", true, setting_read_text, offsetof(struct ignore, id) },
	{ "entity", false, setting_read_text, offsetof(struct ignore, entity) },
	{ "why", true, setting_read_text, offsetof(struct ignore, why) },
};

void ignore_list_done(struct ignore_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->entries[i].id);
		free(list->entries[i].entity);
		free(list->entries[i].why);
	}
	free(list->entries);
	*list = (struct ignore_list){ 0 };
}

static int read_list(struct setting_reader *reader, const config_setting_t *setting,
		     struct ignore_list *list)
{
	size_t n = (size_t)config_setting_length(setting);

	if (!config_setting_is_list(setting))
		return setting_fail(reader, setting,
				    "must be a list ( { id = ...; why = ...; }, ... )");
	list->entries = calloc(n + 1, sizeof(*list->entries));
	if (list->entries == NULL)
		return setting_fail_memory(reader);
	for (size_t i = 0; i < n; i++) {
		const config_setting_t *group = config_setting_get_elem(setting, (unsigned int)i);
		int r;

		if (!config_setting_is_group(group))
			return setting_fail(reader, group,
					    "must be a group { id = ...; why = ...; }");
		list->count = i + 1;
		r = setting_read_group(reader, group, "entry of ignore", fields, ARRAY_LEN(fields),
				       &list->entries[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

int ignore_list_load_text(struct ignore_list *list, const char *name, const char *text, size_t len,
			  struct error *e)
{
	struct setting_reader reader = { .file = name, .e = e };
	const config_setting_t *setting;
	config_t config;
	int r = configuration_parse(name, text, len, &config, e);

	if (r < 0)
		return r;
	setting = config_lookup(&config, "ignore");
	if (setting != NULL)
		r = read_list(&reader, setting, list);
	config_destroy(&config);
	return r;
}

int ignore_list_load(struct ignore_list *list, const char *path, struct error *e)
{
	CLEANUP(bytes_done) struct bytes content = { 0 };
	int r = config_text_read_file(path, &content, e);

	return r < 0 ? r : ignore_list_load_text(list, path, content.data, content.len, e);
}

/* Whether the entry means it; it is offered as what might have been meant. */
static bool means(const struct ignore *entry, const char *id, struct suggestion *nearest)
{
	suggest_offer(nearest, id);
	return fnmatch(entry->id, id, 0) == 0;
}

static bool means_some(const struct ignore *entry, const struct rulebook *book,
		       struct suggestion *nearest)
{
	for (size_t i = 0; i < book->count; i++) {
		if (means(entry, book->rules[i].id, nearest))
			return true;
	}
	for (size_t i = 0; i < lint_count; i++) {
		if (means(entry, lints[i].id, nearest))
			return true;
	}
	for (size_t i = 0; i < line_lint_count; i++) {
		if (means(entry, line_lints[i].id, nearest))
			return true;
	}
	return false;
}

int ignore_list_check(const struct ignore_list *list, const char *path, const struct rulebook *book,
		      struct error *e)
{
	char shown[SUGGEST_NAME_MAX];

	for (size_t i = 0; i < list->count; i++) {
		const char *id = list->entries[i].id;
		struct suggestion nearest = suggest_start(id, strlen(id));

		if (means_some(&list->entries[i], book, &nearest))
			continue;
		text_copy_printable(shown, sizeof(shown), id, strlen(id));
		if (nearest.best != NULL)
			return error_set(e, -EINVAL, ERROR_INPUT, path,
					 "ignore: no rule or lint has the id \"%s\"; did you mean "
					 "%s?",
					 shown, nearest.best);
		return error_set(e, -EINVAL, ERROR_INPUT, path,
				 "ignore: no rule or lint has the id \"%s\"; netwright rules lists "
				 "those of the rules, netwright-rules(5) those of the lints",
				 shown);
	}
	return 0;
}

const struct ignore *ignore_find(const struct ignore_list *list, const char *id, const char *entity)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct ignore *entry = &list->entries[i];

		if (fnmatch(entry->id, id, 0) == 0 &&
		    (entry->entity == NULL || fnmatch(entry->entity, entity, 0) == 0))
			return entry;
	}
	return NULL;
}
