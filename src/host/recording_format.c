#include "host/recording_format.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

/* MAX_ERRNO of include/linux/err.h */
#define ERRNO_MAX 4095

static const char *const kind_names[RECORD_KINDS] = {
	[RECORD_SAMPLE] = "sample",	[RECORD_FILE] = "file",
	[RECORD_HOSTFILE] = "hostfile", [RECORD_REQUEST] = "request",
	[RECORD_DATAGRAM] = "datagram", [RECORD_SCAN] = "scan",
	[RECORD_END] = "end",
};

bool record_is_answer(enum record_kind kind)
{
	return kind == RECORD_FILE || kind == RECORD_HOSTFILE || kind == RECORD_REQUEST ||
	       kind == RECORD_SCAN;
}

/* The header covers itself: a flipped digit of its time is as wrong as a flipped payload. */
static uint32_t checksum(struct text_span before, struct text_span after, struct text_span payload)
{
	uLong crc = crc32_z(0, NULL, 0);

	crc = crc32_z(crc, (const Bytef *)before.at, before.len);
	crc = crc32_z(crc, (const Bytef *)after.at, after.len);
	/* A NULL buffer would start the checksum over. */
	if (payload.len > 0)
		crc = crc32_z(crc, (const Bytef *)payload.at, payload.len);
	return (uint32_t)crc;
}

int record_format_header(const struct record *record, struct bytes *ret)
{
	char before[80], after[RECORDING_HEADER_MAX], occurrence[16] = "";
	struct text_span before_span = { .at = before }, after_span = { .at = after };

	if (record->occurrence > 1)
		(void)snprintf(occurrence, sizeof(occurrence), " %u", record->occurrence);
	(void)snprintf(before, sizeof(before), "%s %llu %d %zu ", kind_names[record->kind],
		       (unsigned long long)record->time_ns, record->status, record->payload.len);
	(void)snprintf(after, sizeof(after), "%.*s%s", (int)record->name.len, record->name.at,
		       occurrence);
	before_span.len = strlen(before);
	after_span.len = strlen(after);
	return bytes_printf(ret, "%s%08x %s\n", before,
			    checksum(before_span, after_span, record->payload), after);
}

static bool parse_kind(struct text_span word, enum record_kind *ret)
{
	unsigned int kind;

	for (kind = 0; kind < RECORD_KINDS; kind++) {
		if (text_span_equal(word, kind_names[kind])) {
			*ret = (enum record_kind)kind;
			return true;
		}
	}
	return false;
}

static bool parse_status(struct text_span word, int *ret)
{
	int64_t status;

	if (text_parse_i64(word.at, word.len, &status) < 0 || status > 0 || status < -ERRNO_MAX)
		return false;
	*ret = (int)status;
	return true;
}

static bool parse_occurrence(struct text_span *rest, unsigned int *ret)
{
	struct text_span word;
	uint64_t occurrence;

	*ret = 1;
	if (!text_next_word(rest, &word))
		return true;
	if (text_parse_u64(word.at, word.len, 10, &occurrence) < 0 || occurrence < 2 ||
	    occurrence > UINT32_MAX)
		return false;
	*ret = (unsigned int)occurrence;
	return true;
}

/* What the header says beside the record. */
struct header {
	uint64_t length;
	struct text_span crc, before, after;
};

static const char *parse_header(struct text_span line, struct record *record, struct header *header)
{
	struct text_span rest = line, word;

	if (!text_is_printable(line.at, line.len))
		return "a header line with unprintable characters";
	if (!text_next_word(&rest, &word) || !parse_kind(word, &record->kind))
		return "an unknown kind of record";
	if (!text_next_word(&rest, &word) ||
	    text_parse_u64(word.at, word.len, 10, &record->time_ns) < 0)
		return "a record without its time";
	if (!text_next_word(&rest, &word) || !parse_status(word, &record->status))
		return "a record without a status of 0 or a negative errno";
	if (!text_next_word(&rest, &word) ||
	    text_parse_u64(word.at, word.len, 10, &header->length) < 0)
		return "a record without its length";
	if (!text_next_word(&rest, &header->crc))
		return "a record without its checksum";
	header->before = (struct text_span){ line.at, (size_t)(header->crc.at - line.at) };
	if (rest.len == 0)
		return "a record without its name";
	header->after = (struct text_span){ rest.at + 1, rest.len - 1 };
	if (!text_next_word(&rest, &record->name))
		return "a record without its name";
	if (!parse_occurrence(&rest, &record->occurrence) || rest.len > 0)
		return "a record with something behind its name";
	if (record->occurrence > 1 && !record_is_answer(record->kind))
		return "a record that can occur but once";
	return NULL;
}

static bool checksum_fits(const struct header *header, struct text_span payload)
{
	char hex[9];

	if (text_span_equal(header->crc, "-"))
		return true;
	(void)snprintf(hex, sizeof(hex), "%08x", checksum(header->before, header->after, payload));
	return text_span_equal(header->crc, hex);
}

int record_parse(struct text_span *rest, struct record *ret, const char **ret_cause)
{
	struct text_span text = *rest, line;
	struct header header = { 0 };
	struct record record = { 0 };
	size_t max = text.len < RECORDING_HEADER_MAX ? text.len : RECORDING_HEADER_MAX;

	*ret_cause = "the file was cut short here, or this is no header line";
	if (max == 0 || memchr(text.at, '\n', max) == NULL)
		return -EBADMSG;
	(void)text_next_line(&text, &line);
	*ret_cause = parse_header(line, &record, &header);
	if (*ret_cause != NULL)
		return -EBADMSG;
	*ret_cause = "a record longer than what is left of the file";
	/* The newline that follows counts. */
	if (text.len == 0 || header.length > text.len - 1)
		return -EBADMSG;
	record.payload = (struct text_span){ text.at, (size_t)header.length };
	*ret_cause = "a record that does not end where it says";
	if (text.at[header.length] != '\n')
		return -EBADMSG;
	*ret_cause = "a record whose checksum does not fit";
	if (!checksum_fits(&header, record.payload))
		return -EBADMSG;
	rest->at = text.at + header.length + 1;
	rest->len = text.len - (size_t)header.length - 1;
	*ret = record;
	return 0;
}
