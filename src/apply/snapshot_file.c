/* The files of snapshots. */
#include "apply/snapshot.h"

#include "apply/state_directory.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define SCHEMA	  "netwright.snapshot/1"
#define DIRECTORY "snapshots"
#define ENDING	  ".json"
#define CHECKSUM  "crc32"
#define FILE_MODE 0600
/* Checksums are of this form. */
#define CANONICAL (JSON_COMPACT | JSON_SORT_KEYS)

/* --- text -------------------------------------------------------------------------------------*/

static int checksum(const json_t *root, json_int_t *ret)
{
	char *text = json_dumps(root, CANONICAL);

	if (text == NULL)
		return -ENOMEM;
	*ret = (json_int_t)crc32_z(0, (const unsigned char *)text, strlen(text));
	free(text);
	return 0;
}

static json_t *values_array(const struct snapshot *s)
{
	json_t *list = json_array();
	int r = list != NULL ? 0 : -1;

	for (size_t i = 0; r == 0 && i < s->count; i++)
		r = json_array_append_new(list,
					  json_pack("[ss]", s->values[i].name, s->values[i].text));
	if (r == 0)
		return list;
	json_decref(list);
	return NULL;
}

int snapshot_format(const struct snapshot *s, struct bytes *ret)
{
	json_t *root = json_pack("{ss ss ss ss ss sf so}", "schema", SCHEMA, "name", s->name,
				 "host", s->hostname, "kernel", s->kernel, "netns", s->netns,
				 "taken_utc_s", s->taken_utc_s, "values", values_array(s));
	json_int_t sum = 0;
	char *text = NULL;
	int r = root != NULL ? checksum(root, &sum) : -ENOMEM;

	if (r == 0 && json_object_set_new(root, CHECKSUM, json_integer(sum)) < 0)
		r = -ENOMEM;
	if (r == 0)
		text = json_dumps(root, JSON_INDENT(1));
	if (r == 0)
		r = text != NULL ? bytes_append(ret, text, strlen(text)) : -ENOMEM;
	if (r == 0)
		r = bytes_append(ret, "\n", 1);
	free(text);
	json_decref(root);
	return r;
}

static int damaged(const char *object, const char *what, struct error *e)
{
	return error_set(
		e, -EBADMSG, ERROR_FAILED, object,
		"is no snapshot as netwright wrote it (%s): it was damaged or edited; take "
		"another one",
		what);
}

static bool copy_member(const json_t *root, const char *key, char *ret, size_t size)
{
	const char *text = json_string_value(json_object_get(root, key));

	if (text == NULL || strlen(text) >= size || !text_is_printable(text, strlen(text)))
		return false;
	(void)snprintf(ret, size, "%s", text);
	return true;
}

static int parse_values(const char *object, const json_t *root, struct snapshot *s, struct error *e)
{
	const json_t *list = json_object_get(root, "values");

	if (!json_is_array(list) || json_array_size(list) > SNAPSHOT_VALUES_MAX)
		return damaged(object, "it has no list of values", e);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *pair = json_array_get(list, i);
		const char *name = json_string_value(json_array_get(pair, 0));
		const char *text = json_string_value(json_array_get(pair, 1));

		if (json_array_size(pair) != 2 || name == NULL || text == NULL ||
		    strlen(name) >= TARGET_NAME_MAX || strlen(text) >= HELD_TEXT_MAX ||
		    !text_is_printable(name, strlen(name)) ||
		    !text_is_printable(text, strlen(text)))
			return damaged(object, "a value is malformed", e);
		/* Sysctls alone: nothing else is ever in one. */
		if (kind_of_target(name)->prefix[0] != '\0')
			return damaged(object, "a value is of another kind", e);
		if (snapshot_add(s, name, text) < 0)
			return error_errno(e, -ENOMEM, object, "reading");
	}
	return 0;
}

static int parse_root(const char *object, json_t *root, struct snapshot *s, struct error *e)
{
	const char *schema = json_string_value(json_object_get(root, "schema"));
	const json_t *stored = json_object_get(root, CHECKSUM);
	json_int_t wanted = json_integer_value(stored), sum = 0;

	if (schema != NULL && strcmp(schema, SCHEMA) != 0 &&
	    strncmp(schema, SCHEMA, strlen(SCHEMA) - 1) == 0)
		return error_set(e, -EBADMSG, ERROR_FAILED, object,
				 "is of a newer netwright; read it with that one");
	if (schema == NULL || strcmp(schema, SCHEMA) != 0)
		return damaged(object, "its schema is not " SCHEMA, e);
	if (!json_is_integer(stored) || json_object_del(root, CHECKSUM) < 0)
		return damaged(object, "it has no checksum", e);
	if (checksum(root, &sum) < 0)
		return error_errno(e, -ENOMEM, object, "reading");
	if (sum != wanted)
		return damaged(object, "its checksum is another one", e);
	s->taken_utc_s = json_number_value(json_object_get(root, "taken_utc_s"));
	if (!copy_member(root, "name", s->name, sizeof(s->name)) ||
	    !copy_member(root, "host", s->hostname, sizeof(s->hostname)) ||
	    !copy_member(root, "kernel", s->kernel, sizeof(s->kernel)) ||
	    !copy_member(root, "netns", s->netns, sizeof(s->netns)) ||
	    !json_is_number(json_object_get(root, "taken_utc_s")) || !isfinite(s->taken_utc_s) ||
	    snapshot_check_name(s->name, NULL) < 0)
		return damaged(object, "it does not say when and where it was taken", e);
	return parse_values(object, root, s, e);
}

int snapshot_parse(const char *object, const char *text, size_t len, struct snapshot *ret,
		   struct error *e)
{
	struct snapshot s = { 0 };
	json_error_t why;
	char what[JSON_ERROR_TEXT_LENGTH + 32];
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &why);
	int r;

	if (root == NULL) {
		(void)snprintf(what, sizeof(what), "line %d: %s", why.line, why.text);
		return damaged(object, what, e);
	}
	r = parse_root(object, root, &s, e);
	json_decref(root);
	if (r == 0)
		*ret = s;
	else
		snapshot_done(&s);
	return r;
}

/* --- files ------------------------------------------------------------------------------------*/

static int open_directory(const char *state_directory, bool create, struct state_directory *ret,
			  struct error *e)
{
	struct state_directory state CLEANUP(state_directory_close) = { .fd = -1 };
	char path[PATH_MAX + sizeof(DIRECTORY) + 1];
	int r = state_directory_open(state_directory, create, &state, e);

	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "%s/" DIRECTORY, state.path);
	return state_directory_open(path, create, ret, e);
}

static int no_such(const char *name, struct error *e)
{
	return error_set(e, -ENOENT, ERROR_INPUT, name,
			 "there is no snapshot of this name; netwright snapshot list shows all");
}

int snapshot_save(struct os *os, const char *state_directory, const struct snapshot *s,
		  bool replace, struct error *e)
{
	struct state_directory d CLEANUP(state_directory_close) = { .fd = -1 };
	CLEANUP(bytes_done) struct bytes text = { 0 };
	char path[PATH_MAX + SNAPSHOT_NAME_MAX + sizeof(ENDING) + 1];
	char file[SNAPSHOT_NAME_MAX + sizeof(ENDING)];
	int r = snapshot_check_name(s->name, e);

	if (r == 0)
		r = open_directory(state_directory, true, &d, e);
	if (r < 0)
		return r;
	(void)snprintf(file, sizeof(file), "%s" ENDING, s->name);
	(void)snprintf(path, sizeof(path), "%s/%s", d.path, file);
	r = state_directory_check_file(&d, file, e);
	if (r == 0 && !replace)
		return error_set(e, -EEXIST, ERROR_INPUT, s->name,
				 "there is a snapshot of this name; choose another one, or "
				 "replace it with --force");
	if (r < 0 && r != -ENOENT)
		return r;
	r = snapshot_format(s, &text);
	if (r == 0)
		r = os_replace_file(os, path, FILE_MODE, text.data, text.len);
	return r < 0 ? error_errno(e, r, path, "cannot be written") : 0;
}

int snapshot_load(struct os *os, const char *state_directory, const char *name,
		  struct snapshot *ret, struct error *e)
{
	struct state_directory d CLEANUP(state_directory_close) = { .fd = -1 };
	CLEANUP(bytes_done) struct bytes text = { 0 };
	char path[PATH_MAX + SNAPSHOT_NAME_MAX + sizeof(ENDING) + 1];
	char file[SNAPSHOT_NAME_MAX + sizeof(ENDING)];
	int r = snapshot_check_name(name, e);

	if (r < 0)
		return r;
	r = open_directory(state_directory, false, &d, e);
	if (r < 0)
		return r == -ENOENT ? no_such(name, e) : r;
	(void)snprintf(file, sizeof(file), "%s" ENDING, name);
	(void)snprintf(path, sizeof(path), "%s/%s", d.path, file);
	r = state_directory_check_file(&d, file, e);
	if (r < 0)
		return r == -ENOENT ? no_such(name, e) : r;
	r = os_read_file(os, path, SNAPSHOT_FILE_MAX, &text);
	if (r < 0)
		return error_errno(e, r, path, "cannot be read");
	r = snapshot_parse(path, text.data != NULL ? text.data : "", text.len, ret, e);
	if (r == 0 && strcmp(ret->name, name) != 0) {
		snapshot_done(ret);
		r = damaged(path, "it has another name", e);
	}
	return r;
}

static int order_of_names(const void *a, const void *b)
{
	const char *const *x = a;
	const char *const *y = b;

	return strcmp(*x, *y);
}

static int sort(const struct bytes *names, struct bytes *ret)
{
	const char **all;
	size_t n = 0;
	int r = 0;

	for (size_t at = 0; at < names->len; at += strlen(names->data + at) + 1)
		n++;
	all = calloc(n > 0 ? n : 1, sizeof(*all));
	if (all == NULL)
		return -ENOMEM;
	n = 0;
	for (size_t at = 0; at < names->len; at += strlen(names->data + at) + 1)
		all[n++] = names->data + at;
	qsort((void *)all, n, sizeof(*all), order_of_names);
	for (size_t i = 0; r == 0 && i < n; i++) {
		size_t len = strlen(all[i]), end = strlen(ENDING);
		char name[SNAPSHOT_NAME_MAX];

		if (len <= end || len - end >= sizeof(name) ||
		    strcmp(all[i] + len - end, ENDING) != 0)
			continue;
		(void)snprintf(name, sizeof(name), "%.*s", (int)(len - end), all[i]);
		if (snapshot_check_name(name, NULL) == 0)
			r = bytes_append(ret, name, strlen(name) + 1);
	}
	free((void *)all);
	return r;
}

int snapshot_list(struct os *os, const char *state_directory, struct bytes *ret, struct error *e)
{
	struct state_directory d CLEANUP(state_directory_close) = { .fd = -1 };
	CLEANUP(bytes_done) struct bytes names = { 0 };
	int r = open_directory(state_directory, false, &d, e);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = os->ops->list(os, d.path, &names);
	if (r == 0)
		r = sort(&names, ret);
	return r < 0 ? error_errno(e, r, d.path, "cannot be read") : 0;
}
