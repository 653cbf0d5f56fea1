#include "apply/store_record.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <zlib.h>

enum field_type {
	FIELD_TEXT,	   /* printable, or refused */
	FIELD_FREE_TEXT,   /* made printable */
	FIELD_COUNT,	   /* uint64_t, to INT64_MAX */
	FIELD_ID,	   /* uint32_t */
	FIELD_PID,	   /* int64_t, not negative */
	FIELD_SIZE,	   /* size_t, 1 to STORE_CHANGES_MAX */
	FIELD_SECONDS,	   /* double, finite, not negative */
	FIELD_STATE,	   /* enum transaction_state, by name */
	FIELD_PERSISTENCE, /* enum persistence_state, by name */
	FIELD_OUTCOME,	   /* enum change_outcome, by name */
	FIELD_KIND,	   /* const struct kind *, by name */
};

struct field {
	const char *column;
	enum field_type type;
	size_t offset;
	size_t size; /* of a text's array */
};

struct group {
	const struct field *fields;
	size_t count;
};

#define FIELD(record, member, column, type)                     \
	{                                                       \
		column, type, offsetof(struct record, member),  \
			sizeof(((struct record *)NULL)->member) \
	}
#define OF_TRANSACTION(member, type)	FIELD(transaction_record, member, #member, type)
#define OF_CHANGE(member, column, type) FIELD(change_record, member, column, type)

static const struct field transaction_origin[] = {
	OF_TRANSACTION(boot_id, FIELD_TEXT),
	OF_TRANSACTION(netns, FIELD_TEXT),
	OF_TRANSACTION(netns_cookie, FIELD_COUNT),
	OF_TRANSACTION(started_utc_s, FIELD_SECONDS),
	OF_TRANSACTION(uid, FIELD_ID),
	OF_TRANSACTION(login_uid, FIELD_ID),
	OF_TRANSACTION(command, FIELD_FREE_TEXT),
	OF_TRANSACTION(change_count, FIELD_SIZE),
};

static const struct field transaction_progress[] = {
	OF_TRANSACTION(state, FIELD_STATE),
	OF_TRANSACTION(persistence, FIELD_PERSISTENCE),
	OF_TRANSACTION(finished_utc_s, FIELD_SECONDS),
	OF_TRANSACTION(deadline_boottime_ns, FIELD_COUNT),
	OF_TRANSACTION(guardian_pid, FIELD_PID),
	OF_TRANSACTION(guardian_start, FIELD_COUNT),
	OF_TRANSACTION(reason, FIELD_FREE_TEXT),
};

static const struct field change_origin[] = {
	{ "kind", FIELD_KIND, offsetof(struct change_record, change.target.kind), 0 },
	OF_CHANGE(change.target.name, "name", FIELD_TEXT),
	OF_CHANGE(change.target.identity, "identity", FIELD_TEXT),
	OF_CHANGE(change.from.text, "from_text", FIELD_TEXT),
	OF_CHANGE(change.from.undo, "from_undo", FIELD_TEXT),
	OF_CHANGE(change.to, "to_text", FIELD_TEXT),
	OF_CHANGE(change.why, "why", FIELD_FREE_TEXT),
};

static const struct field change_progress[] = {
	OF_CHANGE(outcome, "outcome", FIELD_OUTCOME),
	OF_CHANGE(read_back, "read_back", FIELD_FREE_TEXT),
	OF_CHANGE(note, "note", FIELD_FREE_TEXT),
};

static const struct group groups[] = {
	[TRANSACTION_ORIGIN] = { transaction_origin, ARRAY_LEN(transaction_origin) },
	[TRANSACTION_PROGRESS] = { transaction_progress, ARRAY_LEN(transaction_progress) },
	[CHANGE_ORIGIN] = { change_origin, ARRAY_LEN(change_origin) },
	[CHANGE_PROGRESS] = { change_progress, ARRAY_LEN(change_progress) },
};

static_assert(sizeof(enum transaction_state) == sizeof(unsigned int) &&
		      sizeof(enum persistence_state) == sizeof(unsigned int) &&
		      sizeof(enum change_outcome) == sizeof(unsigned int),
	      "enums are read as unsigned int");

static const char *const persistence_names[] = {
	[PERSISTENCE_NONE] = "none",
	[PERSISTENCE_WANTED] = "wanted",
	[PERSISTENCE_WRITTEN] = "written",
};

/* The name of value `v` of an enum, or NULL when it has no such value. */
static const char *name_of(enum field_type type, unsigned int v)
{
	if (type == FIELD_STATE)
		return v < TRANSACTION_STATES ? transaction_state_name((enum transaction_state)v)
					      : NULL;
	if (type == FIELD_OUTCOME)
		return v < CHANGE_OUTCOMES ? change_outcome_name((enum change_outcome)v) : NULL;
	return v < ARRAY_LEN(persistence_names) ? persistence_names[v] : NULL;
}

/* What a field is in the database: a text or a number. */
struct cell {
	enum { CELL_TEXT, CELL_INTEGER, CELL_REAL } type;
	const char *text;
	int64_t integer;
	double real;
	char printable[HELD_TEXT_MAX];
};

static_assert(HELD_TEXT_MAX >= sizeof(((struct transaction_record *)NULL)->command),
	      "a cell holds the longest text");

static void cell_of_number(const struct field *f, const char *at, struct cell *ret)
{
	ret->type = CELL_INTEGER;
	if (f->type == FIELD_SECONDS) {
		ret->type = CELL_REAL;
		memcpy(&ret->real, at, sizeof(ret->real));
	} else if (f->type == FIELD_ID) {
		uint32_t id;

		memcpy(&id, at, sizeof(id));
		ret->integer = id;
	} else if (f->type == FIELD_SIZE) {
		size_t size;

		memcpy(&size, at, sizeof(size));
		ret->integer = size <= STORE_CHANGES_MAX ? (int64_t)size : -1;
	} else {
		/* A count beyond INT64_MAX becomes negative, and is refused. */
		memcpy(&ret->integer, at, sizeof(ret->integer));
	}
}

static void cell_of(const struct field *f, const void *record, struct cell *ret)
{
	const char *at = (const char *)record + f->offset;
	const struct kind *kind;
	unsigned int value;

	ret->type = CELL_TEXT;
	ret->text = NULL;
	switch (f->type) {
	case FIELD_TEXT:
		ret->text = memchr(at, '\0', f->size) != NULL ? at : NULL;
		break;
	case FIELD_FREE_TEXT:
		text_copy_printable(ret->printable, f->size, at, f->size - 1);
		ret->text = ret->printable;
		break;
	case FIELD_KIND:
		memcpy(&kind, at, sizeof(kind)); /* NOLINT(bugprone-sizeof-expression) */
		ret->text = kind != NULL ? kind->name : NULL;
		break;
	case FIELD_STATE:
	case FIELD_PERSISTENCE:
	case FIELD_OUTCOME:
		memcpy(&value, at, sizeof(value));
		ret->text = name_of(f->type, value);
		break;
	case FIELD_COUNT:
	case FIELD_ID:
	case FIELD_PID:
	case FIELD_SIZE:
	case FIELD_SECONDS:
		cell_of_number(f, at, ret);
		break;
	}
}

static const char *wrong_number(const struct field *f, const struct cell *c)
{
	if (f->type == FIELD_SECONDS)
		return isfinite(c->real) && c->real >= 0 ? NULL : "is no time";
	if (f->type == FIELD_SIZE && (c->integer < 1 || c->integer > STORE_CHANGES_MAX))
		return "is out of range";
	if (f->type == FIELD_ID && c->integer > UINT32_MAX)
		return "is out of range";
	return c->integer < 0 ? "is out of range" : NULL;
}

static const char *wrong_cell(const struct field *f, const struct cell *c)
{
	if (c->type != CELL_TEXT)
		return wrong_number(f, c);
	if (c->text == NULL)
		return "is unknown or not terminated";
	return text_is_printable(c->text, strlen(c->text)) ? NULL : "holds unprintable characters";
}

int record_check(enum record_group group, const void *record, struct error *e)
{
	const struct group *g = &groups[group];
	struct cell c;

	for (size_t i = 0; i < g->count; i++) {
		const char *wrong;

		cell_of(&g->fields[i], record, &c);
		wrong = wrong_cell(&g->fields[i], &c);
		if (wrong != NULL)
			return error_set(e, -EINVAL, ERROR_FAILED, NULL, "%s %s",
					 g->fields[i].column, wrong);
	}
	return 0;
}

static uLong digest(uLong sum, const struct cell *c)
{
	const Bytef *at = (const Bytef *)&c->integer;
	size_t len = sizeof(c->integer);

	if (c->type == CELL_TEXT) {
		at = (const Bytef *)c->text;
		len = strlen(c->text) + 1;
	} else if (c->type == CELL_REAL) {
		at = (const Bytef *)&c->real;
		len = sizeof(c->real);
	}
	return crc32(sum, at, (uInt)len);
}

int record_bind(sqlite3_stmt *s, int first, enum record_group group, const void *record)
{
	const struct group *g = &groups[group];
	uLong sum = crc32(0, NULL, 0);
	struct cell c;

	for (size_t i = 0; i < g->count; i++) {
		cell_of(&g->fields[i], record, &c);
		if (c.type == CELL_TEXT && c.text == NULL)
			return first; /* not checked before: the column is NULL, and refused */
		sum = digest(sum, &c);
		if (c.type == CELL_TEXT)
			(void)sqlite3_bind_text(s, first, c.text, -1, SQLITE_TRANSIENT);
		else if (c.type == CELL_REAL)
			(void)sqlite3_bind_double(s, first, c.real);
		else
			(void)sqlite3_bind_int64(s, first, c.integer);
		first++;
	}
	(void)sqlite3_bind_int64(s, first, (sqlite3_int64)sum);
	return first + 1;
}

/* Finds the value of an enum by its name. */
static int parse_name(enum field_type type, const char *name, unsigned int *ret)
{
	const char *known;

	for (unsigned int v = 0; (known = name_of(type, v)) != NULL; v++) {
		if (strcmp(known, name) == 0) {
			*ret = v;
			return 0;
		}
	}
	return -EBADMSG;
}

static const char *read_text(const struct field *f, const struct cell *c, char *at)
{
	const struct kind *kind;
	unsigned int value;

	if (f->type == FIELD_TEXT || f->type == FIELD_FREE_TEXT) {
		size_t len = strlen(c->text);

		if (len >= f->size)
			return "is too long";
		memcpy(at, c->text, len + 1);
		return NULL;
	}
	if (f->type == FIELD_KIND) {
		kind = kind_find(c->text);
		memcpy(at, &kind, sizeof(kind)); /* NOLINT(bugprone-sizeof-expression) */
		return kind != NULL ? NULL : "is unknown";
	}
	if (parse_name(f->type, c->text, &value) < 0)
		return "is unknown";
	memcpy(at, &value, sizeof(value));
	return NULL;
}

static void read_number(const struct field *f, const struct cell *c, char *at)
{
	if (f->type == FIELD_SECONDS) {
		memcpy(at, &c->real, sizeof(c->real));
	} else if (f->type == FIELD_ID) {
		uint32_t id = (uint32_t)c->integer;

		memcpy(at, &id, sizeof(id));
	} else if (f->type == FIELD_SIZE) {
		size_t size = (size_t)c->integer;

		memcpy(at, &size, sizeof(size));
	} else {
		memcpy(at, &c->integer, sizeof(c->integer));
	}
}

static const char *read_cell(sqlite3_stmt *s, int column, const struct field *f, char *at,
			     struct cell *ret)
{
	bool number = f->type == FIELD_COUNT || f->type == FIELD_ID || f->type == FIELD_PID ||
		      f->type == FIELD_SIZE;
	int type = sqlite3_column_type(s, column);
	const char *wrong;

	ret->type = number ? CELL_INTEGER : f->type == FIELD_SECONDS ? CELL_REAL : CELL_TEXT;
	if (type != (number ? SQLITE_INTEGER : ret->type == CELL_REAL ? SQLITE_FLOAT : SQLITE_TEXT))
		return "has the wrong type";
	if (number)
		ret->integer = sqlite3_column_int64(s, column);
	else if (ret->type == CELL_REAL)
		ret->real = sqlite3_column_double(s, column);
	else
		ret->text = (const char *)sqlite3_column_text(s, column);
	wrong = wrong_cell(f, ret);
	if (wrong != NULL)
		return wrong;
	if (ret->type != CELL_TEXT) {
		read_number(f, ret, at);
		return NULL;
	}
	if ((size_t)sqlite3_column_bytes(s, column) != strlen(ret->text))
		return "holds unprintable characters";
	return read_text(f, ret, at);
}

int record_read(sqlite3_stmt *s, int first, enum record_group group, void *record, struct error *e)
{
	const struct group *g = &groups[group];
	uLong sum = crc32(0, NULL, 0);
	struct cell c;

	for (size_t i = 0; i < g->count; i++) {
		const struct field *f = &g->fields[i];
		const char *wrong = read_cell(s, first, f, (char *)record + f->offset, &c);

		if (wrong != NULL)
			return error_set(e, -EBADMSG, ERROR_FAILED, NULL, "%s %s", f->column,
					 wrong);
		sum = digest(sum, &c);
		first++;
	}
	if (sqlite3_column_int64(s, first) != (sqlite3_int64)sum)
		return error_set(e, -EBADMSG, ERROR_FAILED, NULL,
				 "its checksum from %s to %s is wrong", g->fields[0].column,
				 g->fields[g->count - 1].column);
	return first + 1;
}
