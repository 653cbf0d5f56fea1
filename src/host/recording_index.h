/* All records of a recording, checked and found by what was asked. */
#ifndef NETWRIGHT_HOST_RECORDING_INDEX_H
#define NETWRIGHT_HOST_RECORDING_INDEX_H

#include "base/error.h"
#include "base/text.h"
#include "host/recording_format.h"

#include <stddef.h>
#include <stdint.h>

struct indexed_record {
	struct record record;
	uint32_t sample;    /* 0: the preamble */
	uint32_t asked;	    /* of the first occurrence: how often it was looked up */
	const char *header; /* where its header line begins, for messages */
};

struct recording_index {
	struct indexed_record *records; /* owned, in the file's order, `end` left out */
	size_t count;
	struct indexed_record **answers; /* owned, by sample, kind, name, occurrence */
	size_t answer_count;
};

/* Parses and checks the whole text, which must outlive the index. -EBADMSG with a byte offset,
 * -EFBIG too many records, -ENOMEM; `object` is for messages. */
int recording_index_build(struct recording_index *x, struct text_span text, const char *object,
			  struct error *e);
void recording_index_done(struct recording_index *x);

/* The answer to the next question of this kind and name within the sample: one occurrence after
 * the other, the last one again and again. NULL when it was never asked. */
const struct indexed_record *recording_index_ask(struct recording_index *x, uint32_t sample,
						 enum record_kind kind, const char *name);

#endif
