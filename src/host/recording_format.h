/* The records of a recording (host/recording.h), as text and as struct. */
#ifndef NETWRIGHT_HOST_RECORDING_FORMAT_H
#define NETWRIGHT_HOST_RECORDING_FORMAT_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORDING_MAGIC	     "netwright-recording "
#define RECORDING_FIRST_LINE RECORDING_MAGIC "1\n"
#define RECORDING_HEADER_MAX 1024u /* a kind, four numbers, and a path of at most 511 */

enum record_kind {
	RECORD_SAMPLE,
	RECORD_FILE,
	RECORD_HOSTFILE,
	RECORD_REQUEST,
	RECORD_DATAGRAM,
	RECORD_SCAN,
	RECORD_END,
	RECORD_KINDS,
};

struct record {
	enum record_kind kind;
	uint64_t time_ns;
	int status;
	unsigned int occurrence; /* from 1 */
	struct text_span name;
	struct text_span payload;
};

/* Appends the header line; the payload and a newline are to follow. 0 or -ENOMEM. */
int record_format_header(const struct record *record, struct bytes *ret);

/* Takes the next record off *rest; its spans point into the text. Returns 0, or -EBADMSG with the
 * cause in *ret_cause; its checksum was verified. */
int record_parse(struct text_span *rest, struct record *ret, const char **ret_cause);

/* Whether `kind` answers a question that may be asked again: it has occurrences. */
bool record_is_answer(enum record_kind kind);

/* A whole recording, unpacked when it is gzip, appended to *ret. -EBADMSG with a byte offset of the
 * compressed data; -EFBIG beyond RECORDING_MAX_BYTES; -ENOMEM. `object` is for messages. */
int recording_unpack(const void *data, size_t len, const char *object, struct bytes *ret,
		     struct error *e);

#endif
