#include "rules/rulebook.h"

#include "base/cleanup.h"
#include "rules/config_text.h"
#include "rules/rule_reader.h"

#include <errno.h>
#include <libconfig.h>
#include <stdlib.h>
#include <string.h>

static const char *const severity_names[] = {
	[SEVERITY_INFO] = "info", [SEVERITY_LOW] = "low",	    [SEVERITY_MEDIUM] = "medium",
	[SEVERITY_HIGH] = "high", [SEVERITY_CRITICAL] = "critical",
};

const char *severity_name(enum severity severity)
{
	return severity_names[severity];
}

int severity_parse(const char *name, enum severity *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(severity_names); i++) {
		if (strcmp(name, severity_names[i]) == 0) {
			*ret = (enum severity)i;
			return 0;
		}
	}
	return -EINVAL;
}

void rulebook_done(struct rulebook *book)
{
	for (size_t i = 0; i < book->count; i++)
		rule_done(&book->rules[i]);
	free(book->rules);
	ignore_list_done(&book->ignore);
	*book = (struct rulebook){ 0 };
}

static int compare_ids(const void *a, const void *b)
{
	const struct rule *x = a, *y = b;
	int order = strcmp(x->id, y->id);

	/* lines decide between rules of one file, so that the message names the second */
	return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static int compare_slugs(const void *a, const void *b)
{
	const struct rule *const *x = a, *const *y = b;
	int order = strcmp((*x)->slug, (*y)->slug);

	return order != 0 ? order : strcmp((*x)->id, (*y)->id);
}

static int compare_id_key(const void *key, const void *element)
{
	const struct rule *rule = element;

	return strcmp(key, rule->id);
}

static struct rule *find_id(const struct rulebook *book, const char *id)
{
	if (book->count == 0)
		return NULL;
	return bsearch(id, book->rules, book->count, sizeof(*book->rules), compare_id_key);
}

const struct rule *rulebook_find(const struct rulebook *book, const char *id_or_slug)
{
	const struct rule *rule = find_id(book, id_or_slug);

	for (size_t i = 0; rule == NULL && i < book->count; i++) {
		if (strcmp(book->rules[i].slug, id_or_slug) == 0)
			rule = &book->rules[i];
	}
	return rule;
}

/* Sorts, and refuses two rules with one id. */
static int sort_unique(struct rulebook *book, struct error *e)
{
	if (book->count > 0)
		qsort(book->rules, book->count, sizeof(*book->rules), compare_ids);
	for (size_t i = 1; i < book->count; i++) {
		const struct rule *first = &book->rules[i - 1], *second = &book->rules[i];

		if (strcmp(first->id, second->id) == 0)
			return error_set(e, -EINVAL, ERROR_INPUT, NULL,
					 "%s:%u: id: \"%s\" is the rule in line %u already",
					 second->file, second->line, second->id, first->line);
	}
	return 0;
}

/* People name rules by their slugs too. */
static int check_slugs(const struct rule *rules, size_t n, struct error *e)
{
	const struct rule **by_slug = malloc((n + 1) * sizeof(const struct rule *));
	int r = 0;

	if (by_slug == NULL)
		return error_errno(e, -ENOMEM, NULL, "rules");
	for (size_t i = 0; i < n; i++)
		by_slug[i] = &rules[i];
	qsort(by_slug, n, sizeof(const struct rule *), compare_slugs);
	for (size_t i = 1; i < n && r == 0; i++) {
		const struct rule *a = by_slug[i - 1], *b = by_slug[i];

		if (strcmp(a->slug, b->slug) == 0)
			r = error_set(e, -EINVAL, ERROR_INPUT, NULL,
				      "%s:%u: slug: \"%s\" is that of %s already (%s:%u)", b->file,
				      b->line, b->slug, a->id, a->file, a->line);
	}
	free(by_slug);
	return r;
}

int rulebook_merge(struct rulebook *book, struct rulebook *more, struct error *e)
{
	struct rule *all = calloc(book->count + more->count + 1, sizeof(*all));
	size_t n = 0;
	int r;

	if (all == NULL)
		return error_errno(e, -ENOMEM, NULL, "rules");
	for (size_t i = 0; i < book->count; i++) {
		if (find_id(more, book->rules[i].id) == NULL)
			all[n++] = book->rules[i];
	}
	for (size_t i = 0; i < more->count; i++)
		all[n++] = more->rules[i];
	r = check_slugs(all, n, e);
	if (r < 0) {
		free(all);
		return r;
	}
	for (size_t i = 0; i < book->count; i++) {
		if (find_id(more, book->rules[i].id) != NULL)
			rule_done(&book->rules[i]);
	}
	free(book->rules);
	free(more->rules);
	*more = (struct rulebook){ 0 };
	if (n > 0)
		qsort(all, n, sizeof(*all), compare_ids);
	book->rules = all;
	book->count = n;
	return 0;
}

static int read_rules(const config_setting_t *root, const char *name, struct rulebook *ret,
		      struct error *e)
{
	const config_setting_t *list = config_setting_get_member(root, "rules");
	size_t n;

	for (int i = 0; i < config_setting_length(root); i++) {
		const config_setting_t *s = config_setting_get_elem(root, (unsigned int)i);

		if (s != list)
			return error_set(e, -EINVAL, ERROR_INPUT, NULL,
					 "%s:%u: \"%.64s\" where a file of rules has only rules = "
					 "( { ... }, ... )",
					 name, (unsigned int)config_setting_source_line(s),
					 config_setting_name(s));
	}
	if (list == NULL || !config_setting_is_list(list))
		return error_set(e, -EINVAL, ERROR_INPUT, name,
				 "holds no list rules = ( { ... }, ... )");
	n = (size_t)config_setting_length(list);
	ret->rules = calloc(n + 1, sizeof(*ret->rules));
	if (ret->rules == NULL)
		return error_errno(e, -ENOMEM, name, "reading rules");
	for (size_t i = 0; i < n; i++) {
		int r;

		ret->count = i + 1;
		r = rule_read(config_setting_get_elem(list, (unsigned int)i), name, &ret->rules[i],
			      e);
		if (r < 0)
			return r;
	}
	return sort_unique(ret, e);
}

int rulebook_load_text(struct rulebook *book, const char *name, const char *text, size_t len,
		       struct error *e)
{
	CLEANUP(rulebook_done) struct rulebook more = { 0 };
	config_t config;
	int r = config_text_parse(name, text, len, &config, e);

	if (r < 0)
		return r;
	r = read_rules(config_root_setting(&config), name, &more, e);
	config_destroy(&config);
	return r < 0 ? r : rulebook_merge(book, &more, e);
}
