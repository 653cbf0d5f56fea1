#include "daemon/status.h"

#include "apply/state_directory.h"
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define SCHEMA	  "netwright.daemon/1"
#define FILE_NAME "daemon.json"
#define FILE_MODE 0600
/* Eight trials and 64 parked tunables are some 45 KB at most. */
#define FILE_MAX 131072

/* Where each text and number of the file goes. */
enum field_type { FIELD_TEXT, FIELD_REAL, FIELD_INTEGER, FIELD_FLAG };

struct field {
	const char *name;
	enum field_type type;
	size_t offset, size;
};

#define TEXT_FIELD(type, member)                                    \
	{                                                           \
#member, FIELD_TEXT, offsetof(struct type, member), \
			sizeof(((struct type *)0)->member)          \
	}
#define FIELD(type, member, kind)                               \
	{                                                       \
#member, kind, offsetof(struct type, member), 0 \
	}

static const struct field status_fields[] = {
	FIELD(daemon_status, pid, FIELD_INTEGER),
	FIELD(daemon_status, started_utc_s, FIELD_REAL),
	FIELD(daemon_status, ended, FIELD_FLAG),
	TEXT_FIELD(daemon_status, doing),
	FIELD(daemon_status, since_utc_s, FIELD_REAL),
	FIELD(daemon_status, next_utc_s, FIELD_REAL),
	FIELD(daemon_status, audits, FIELD_INTEGER),
	TEXT_FIELD(daemon_status, trouble),
};
static const struct field trial_fields[] = {
	FIELD(status_trial, utc_s, FIELD_REAL), TEXT_FIELD(status_trial, netns),
	TEXT_FIELD(status_trial, rule),		TEXT_FIELD(status_trial, entity),
	TEXT_FIELD(status_trial, change),	TEXT_FIELD(status_trial, verdict),
	TEXT_FIELD(status_trial, reason),
};
static const struct field parked_fields[] = {
	TEXT_FIELD(status_parked, netns),
	TEXT_FIELD(status_parked, tunable),
	TEXT_FIELD(status_parked, reason),
};

/* --- writing ------------------------------------------------------------------------------- */

void status_add_trial(struct daemon_status *s, const struct status_trial *t)
{
	const size_t kept = s->trial_count < STATUS_TRIALS_MAX ? s->trial_count
							       : STATUS_TRIALS_MAX - 1;

	memmove(&s->trials[1], &s->trials[0], kept * sizeof(s->trials[0]));
	s->trials[0] = *t;
	s->trial_count = kept + 1;
}

static json_t *field_value(const struct field *f, const void *record)
{
	const char *at = (const char *)record + f->offset;
	char printable[512];

	switch (f->type) {
	case FIELD_REAL:
		return json_real(*(const double *)(const void *)at);
	case FIELD_INTEGER:
		return json_integer(*(const int64_t *)(const void *)at);
	case FIELD_FLAG:
		return json_boolean(*(const bool *)(const void *)at);
	case FIELD_TEXT:
	default:
		text_copy_printable(printable, sizeof(printable), at, strnlen(at, f->size));
		return json_string(printable);
	}
}

static json_t *record_object(const struct field *fields, size_t n, const void *record)
{
	json_t *object = json_object();

	for (size_t i = 0; i < n && object != NULL; i++) {
		if (json_object_set_new(object, fields[i].name, field_value(&fields[i], record)) ==
		    0)
			continue;
		json_decref(object);
		object = NULL;
	}
	return object;
}

static json_t *record_array(const struct field *fields, size_t n, const void *records, size_t count,
			    size_t size)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count && array != NULL; i++) {
		const char *record = (const char *)records + i * size;

		if (json_array_append_new(array, record_object(fields, n, record)) == 0)
			continue;
		json_decref(array);
		array = NULL;
	}
	return array;
}

static char *format(const struct daemon_status *s)
{
	json_t *root = record_object(status_fields, ARRAY_LEN(status_fields), s);
	char *text = NULL;

	if (root != NULL && json_object_set_new(root, "schema", json_string(SCHEMA)) == 0 &&
	    json_object_set_new(root, "trials",
				record_array(trial_fields, ARRAY_LEN(trial_fields), s->trials,
					     s->trial_count, sizeof(s->trials[0]))) == 0 &&
	    json_object_set_new(root, "parked",
				record_array(parked_fields, ARRAY_LEN(parked_fields), s->parked,
					     s->parked_count, sizeof(s->parked[0]))) == 0)
		text = json_dumps(root, JSON_INDENT(1));
	json_decref(root);
	return text;
}

int status_write(struct os *os, const char *directory, const struct daemon_status *s,
		 struct error *e)
{
	char path[PATH_MAX];
	char *text CLEANUP(free_charp) = format(s);
	int r;

	if (text == NULL)
		return error_errno(e, -ENOMEM, directory, "the daemon's status");
	if (snprintf(path, sizeof(path), "%s/" FILE_NAME, directory) >= (int)sizeof(path))
		return error_errno(e, -ENAMETOOLONG, directory, "the daemon's status");
	r = os_replace_file(os, path, FILE_MODE, text, strlen(text));
	return r < 0 ? error_errno(e, r, path, "cannot be written") : 0;
}

/* --- reading ------------------------------------------------------------------------------- */

static bool take_field(const struct field *f, const json_t *object, void *record)
{
	const json_t *value = json_object_get(object, f->name);
	char *at = (char *)record + f->offset;

	switch (f->type) {
	case FIELD_REAL:
		if (!json_is_number(value))
			return false;
		*(double *)(void *)at = json_number_value(value);
		return true;
	case FIELD_INTEGER:
		if (!json_is_integer(value) || json_integer_value(value) < 0)
			return false;
		*(int64_t *)(void *)at = json_integer_value(value);
		return true;
	case FIELD_FLAG:
		if (!json_is_boolean(value))
			return false;
		*(bool *)(void *)at = json_is_true(value);
		return true;
	case FIELD_TEXT:
	default:
		if (!json_is_string(value))
			return false;
		text_copy_printable(at, f->size, json_string_value(value),
				    json_string_length(value));
		return true;
	}
}

static bool take_record(const struct field *fields, size_t n, const json_t *object, void *record)
{
	for (size_t i = 0; i < n; i++) {
		if (!take_field(&fields[i], object, record))
			return false;
	}
	return true;
}

static bool take_array(const struct field *fields, size_t n, const json_t *array, void *records,
		       size_t most, size_t size, size_t *ret_count)
{
	size_t count = json_array_size(array);

	if (!json_is_array(array) || count > most)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!take_record(fields, n, json_array_get(array, i), (char *)records + i * size))
			return false;
	}
	*ret_count = count;
	return true;
}

static bool take(const json_t *root, struct daemon_status *s)
{
	const char *schema = json_string_value(json_object_get(root, "schema"));

	return schema != NULL && strcmp(schema, SCHEMA) == 0 &&
	       take_record(status_fields, ARRAY_LEN(status_fields), root, s) &&
	       take_array(trial_fields, ARRAY_LEN(trial_fields), json_object_get(root, "trials"),
			  s->trials, STATUS_TRIALS_MAX, sizeof(s->trials[0]), &s->trial_count) &&
	       take_array(parked_fields, ARRAY_LEN(parked_fields), json_object_get(root, "parked"),
			  s->parked, STATUS_PARKED_MAX, sizeof(s->parked[0]), &s->parked_count);
}

static int read_content(const char *directory, struct bytes *content, struct error *e)
{
	struct state_directory d CLEANUP(state_directory_close) = { .fd = -1 };
	int r = state_directory_open(directory, false, &d, e);

	if (r == 0)
		r = state_directory_check_file(&d, FILE_NAME, e);
	if (r < 0)
		return r;

	int fd CLEANUP(close_fdp) = openat(d.fd, FILE_NAME,
					   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return error_errno(e, -errno, d.path, FILE_NAME " in it cannot be opened");
	r = bytes_read_fd(content, fd, FILE_MAX);
	return r < 0 ? error_errno(e, r, d.path, FILE_NAME " in it cannot be read") : 0;
}

int status_read(const char *directory, struct daemon_status *ret, struct error *e)
{
	CLEANUP(bytes_done) struct bytes content = { 0 };
	struct daemon_status s = { 0 };
	json_error_t why;
	json_t *root;
	bool sound;
	int r = read_content(directory, &content, e);

	if (r < 0)
		return r;
	root = json_loadb(content.data, content.len, JSON_REJECT_DUPLICATES, &why);
	sound = take(root, &s);
	json_decref(root);
	if (!sound)
		return error_set(e, -EBADMSG, ERROR_FAILED, directory,
				 FILE_NAME " in it is not as the daemon wrote it; the daemon, when "
					   "it runs, replaces it");
	*ret = s;
	return 0;
}
