#include "host/recording_index.h"

#include "base/array.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An hour of samples with a thousand answers each; 100 bytes of memory per record. */
#define RECORDS_MAX (4u << 20)

struct build {
	struct recording_index *index;
	struct text_span text;
	const char *object;
	size_t capacity;
	uint32_t sample;
	size_t open_position; /* the request whose datagrams may follow */
	bool has_open_request, ended;
	struct error *error;
};

static int damaged(const struct build *b, const char *at, const char *cause)
{
	return error_set(b->error, -EBADMSG, ERROR_INPUT, b->object,
			 "the recording is damaged at byte %zu: %s", (size_t)(at - b->text.at),
			 cause);
}

static int no_memory(const struct build *b)
{
	return error_errno(b->error, -ENOMEM, b->object, "cannot be held in memory");
}

static int append(struct build *b, const struct indexed_record *record)
{
	struct recording_index *x = b->index;
	struct indexed_record *grown = array_grow(x->records, x->count, &b->capacity,
						  sizeof(*grown));

	if (grown == NULL)
		return no_memory(b);
	x->records = grown;
	x->records[x->count++] = *record;
	return 0;
}

static bool spans_equal(struct text_span a, struct text_span b)
{
	return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

/* What only the order of records can show to be wrong; NULL when nothing is. */
static const char *check_order(const struct build *b, const struct record *record)
{
	char number[16];

	switch (record->kind) {
	case RECORD_SAMPLE:
		(void)snprintf(number, sizeof(number), "%u", b->sample + 1);
		if (!text_span_equal(record->name, number))
			return "a sample out of order";
		break;
	case RECORD_DATAGRAM:
		if (!b->has_open_request)
			return "a datagram without its request";
		if (!spans_equal(record->name, b->index->records[b->open_position].record.name))
			return "a datagram of another request";
		break;
	case RECORD_END:
		if (!text_span_equal(record->name, "-"))
			return "an end with a name";
		break;
	case RECORD_FILE:
	case RECORD_HOSTFILE:
	case RECORD_REQUEST:
	case RECORD_SCAN:
	case RECORD_KINDS:
		break;
	}
	if ((record->kind == RECORD_SAMPLE || record->kind == RECORD_END) &&
	    record->payload.len > 0)
		return "a record with content that has none";
	return NULL;
}

static int take_record(struct build *b, const char *header, const struct record *record)
{
	struct indexed_record indexed = { .record = *record, .header = header };
	const char *cause = check_order(b, record);

	if (cause != NULL)
		return damaged(b, header, cause);
	if (record->kind == RECORD_END) {
		b->ended = true;
		return 0;
	}
	if (b->index->count >= RECORDS_MAX)
		return error_set(b->error, -EFBIG, ERROR_INPUT, b->object, "more than %u records",
				 RECORDS_MAX);
	if (record->kind == RECORD_SAMPLE) {
		b->sample++;
		b->has_open_request = false;
	}
	if (record->kind == RECORD_REQUEST) {
		b->has_open_request = true;
		b->open_position = b->index->count;
	}
	indexed.sample = b->sample;
	return append(b, &indexed);
}

static int take_all(struct build *b)
{
	struct text_span rest = b->text;
	int r = 0;

	rest.at += sizeof(RECORDING_FIRST_LINE) - 1;
	rest.len -= sizeof(RECORDING_FIRST_LINE) - 1;
	while (r == 0 && rest.len > 0) {
		const char *header = rest.at;
		struct record record;
		const char *cause;

		if (b->ended)
			return damaged(b, header, "something follows the end");
		if (record_parse(&rest, &record, &cause) < 0)
			return damaged(b, header, cause);
		r = take_record(b, header, &record);
	}
	if (r == 0 && !b->ended)
		return damaged(b, rest.at, "the end is missing: the recording was cut short");
	return r;
}

static int compare_spans(struct text_span a, struct text_span b)
{
	int r = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);

	return r != 0 ? r : (a.len > b.len) - (a.len < b.len);
}

/* By what was asked; occurrences of one question compare equal. */
static int compare_questions(const struct indexed_record *a, const struct indexed_record *b)
{
	if (a->sample != b->sample)
		return a->sample < b->sample ? -1 : 1;
	if (a->record.kind != b->record.kind)
		return a->record.kind < b->record.kind ? -1 : 1;
	return compare_spans(a->record.name, b->record.name);
}

static int compare_answers(const void *a, const void *b)
{
	const struct indexed_record *x = *(struct indexed_record *const *)a;
	const struct indexed_record *y = *(struct indexed_record *const *)b;
	int r = compare_questions(x, y);

	if (r != 0)
		return r;
	return (x->record.occurrence > y->record.occurrence) -
	       (x->record.occurrence < y->record.occurrence);
}

static int sort_answers(struct build *b)
{
	struct recording_index *x = b->index;
	size_t i;

	x->answers = calloc(x->count > 0 ? x->count : 1, sizeof(struct indexed_record *));
	if (x->answers == NULL)
		return no_memory(b);
	for (i = 0; i < x->count; i++) {
		if (record_is_answer(x->records[i].record.kind))
			x->answers[x->answer_count++] = &x->records[i];
	}
	qsort(x->answers, x->answer_count, sizeof(struct indexed_record *), compare_answers);
	for (i = 0; i < x->answer_count; i++) {
		bool first = i == 0 || compare_questions(x->answers[i - 1], x->answers[i]) != 0;
		unsigned int due = first ? 1 : x->answers[i - 1]->record.occurrence + 1;

		if (x->answers[i]->record.occurrence != due)
			return damaged(b, x->answers[i]->header,
				       "a record twice, or one of its occurrences missing");
	}
	return 0;
}

static int check_first_line(const struct build *b)
{
	static const char first[] = RECORDING_FIRST_LINE, magic[] = RECORDING_MAGIC;

	if (b->text.len >= sizeof(first) - 1 && memcmp(b->text.at, first, sizeof(first) - 1) == 0)
		return 0;
	if (b->text.len >= sizeof(magic) - 1 && memcmp(b->text.at, magic, sizeof(magic) - 1) == 0)
		return damaged(b, b->text.at + sizeof(magic) - 1,
			       "this program reads version 1 of recordings only");
	return damaged(b, b->text.at, "this is not a recording of netwright");
}

int recording_index_build(struct recording_index *x, struct text_span text, const char *object,
			  struct error *e)
{
	struct build b = { .index = x, .text = text, .object = object, .error = e };
	int r;

	*x = (struct recording_index){ 0 };
	r = check_first_line(&b);
	if (r == 0)
		r = take_all(&b);
	if (r == 0)
		r = sort_answers(&b);
	if (r < 0)
		recording_index_done(x);
	return r;
}

void recording_index_done(struct recording_index *x)
{
	free(x->records);
	free(x->answers);
	*x = (struct recording_index){ 0 };
}

const struct indexed_record *recording_index_ask(struct recording_index *x, uint32_t sample,
						 enum record_kind kind, const char *name)
{
	const struct indexed_record question = {
		.record = { .kind = kind, .occurrence = 1, .name = { name, strlen(name) } },
		.sample = sample,
	};
	size_t low = 0, high = x->answer_count, last;

	/* The first answer that is not before the question. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_questions(x->answers[middle], &question) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == x->answer_count || compare_questions(x->answers[low], &question) != 0)
		return NULL;
	last = low + x->answers[low]->asked;
	if (last < x->answer_count && compare_questions(x->answers[last], &question) == 0) {
		x->answers[low]->asked++;
		return x->answers[last];
	}
	return x->answers[last - 1];
}
