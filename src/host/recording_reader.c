/* The source that answers from a recording. Declared in host/recording.h. */
#include "base/cleanup.h"
#include "host/recording.h"
#include "host/recording_index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

struct recording_reader {
	struct source source; /* first */
	struct bytes text;
	struct recording_index index;
	uint32_t sample;
	size_t next;	      /* record where looking for the next sample begins */
	size_t next_datagram; /* record where looking for the next datagram begins */
	bool receiving;
	struct bytes datagram; /* a copy, for its alignment */
};

static struct recording_reader *reader(struct source *s)
{
	return (struct recording_reader *)(void *)s;
}

static int reader_next_sample(struct source *s, struct error *e)
{
	struct recording_reader *r = reader(s);

	while (r->next < r->index.count) {
		const struct indexed_record *x = &r->index.records[r->next++];

		if (x->record.kind != RECORD_SAMPLE)
			continue;
		r->sample = x->sample;
		r->receiving = false;
		s->time_ns = x->record.time_ns;
		if (x->record.status < 0)
			return error_errno(e, x->record.status, NULL, "cannot take a sample");
		return 1;
	}
	return 0;
}

static int ask(struct recording_reader *r, enum record_kind kind, const char *name,
	       const struct indexed_record **ret, struct error *e)
{
	*ret = recording_index_ask(&r->index, r->sample, kind, name);
	if (*ret == NULL)
		return error_set(e, -ENODATA, ERROR_FAILED, name,
				 "the recording does not hold this");
	r->source.time_ns = (*ret)->record.time_ns;
	return 0;
}

static int reader_read_file(struct source *s, enum source_scope scope, const char *path,
			    struct bytes *ret, struct error *e)
{
	const struct indexed_record *x;
	int r = ask(reader(s), scope == SOURCE_HOST ? RECORD_HOSTFILE : RECORD_FILE, path, &x, e);

	if (r < 0)
		return r;
	if (x->record.status < 0)
		return error_errno(e, x->record.status, path, "cannot read");
	if (x->record.payload.len > SOURCE_FILE_MAX)
		return error_errno(e, -EFBIG, path, "cannot read");
	return bytes_append(ret, x->record.payload.at, x->record.payload.len);
}

static int reader_request(struct source *s, const struct source_request *request, struct error *e)
{
	struct recording_reader *r = reader(s);
	const struct indexed_record *x;
	int result;

	r->receiving = false;
	result = ask(r, RECORD_REQUEST, request->name, &x, e);
	if (result < 0)
		return result;
	if (x->record.status < 0)
		return error_errno(e, x->record.status, request->name, "cannot send the request");
	r->receiving = true;
	r->next_datagram = (size_t)(x - r->index.records) + 1;
	return 0;
}

/* The next datagram of the request being answered, or NULL. Files may have been read meanwhile. */
static const struct record *next_datagram(struct recording_reader *r)
{
	while (r->receiving && r->next_datagram < r->index.count) {
		const struct record *record = &r->index.records[r->next_datagram++].record;

		if (record->kind == RECORD_DATAGRAM)
			return record;
		if (record->kind == RECORD_REQUEST || record->kind == RECORD_SAMPLE)
			break;
	}
	r->receiving = false;
	return NULL;
}

static int reader_receive(struct source *s, const void **ret_data, size_t *ret_len, struct error *e)
{
	struct recording_reader *r = reader(s);
	const struct record *record = next_datagram(r);

	if (record == NULL)
		return 0;
	if (record->status < 0)
		return error_errno(e, record->status, NULL, "cannot receive the answer");
	bytes_clear(&r->datagram);
	if (bytes_append(&r->datagram, record->payload.at, record->payload.len) < 0)
		return error_errno(e, -ENOMEM, NULL, "cannot receive the answer");
	*ret_data = r->datagram.data;
	*ret_len = r->datagram.len;
	return 1;
}

static int reader_scan_sockets(struct source *s, int pid, const uint32_t *inodes, size_t n,
			       struct bytes *ret, struct error *e)
{
	const struct indexed_record *x;
	char name[16];
	int r;

	/* The recorded answer was limited to the inodes of interest then, which are those of now.
	 */
	(void)inodes;
	(void)n;
	(void)snprintf(name, sizeof(name), "%d", pid);
	r = ask(reader(s), RECORD_SCAN, name, &x, e);
	if (r < 0)
		return r;
	r = bytes_append(ret, x->record.payload.at, x->record.payload.len);
	if (r < 0)
		return r;
	if (x->record.status < 0)
		return error_errno(e, x->record.status, "/proc", "cannot see all sockets");
	return 0;
}

static void reader_free(struct source *s)
{
	struct recording_reader *r = reader(s);

	recording_index_done(&r->index);
	bytes_done(&r->text);
	bytes_done(&r->datagram);
	free(r);
}

static const struct source_ops reader_ops = {
	.next_sample = reader_next_sample,
	.read_file = reader_read_file,
	.request = reader_request,
	.receive = reader_receive,
	.scan_sockets = reader_scan_sockets,
	.free = reader_free,
};

static int open_recording(const void *data, size_t len, const char *object, struct source **ret,
			  struct error *e)
{
	struct recording_reader *r = calloc(1, sizeof(*r));
	int result;

	if (r == NULL)
		return error_errno(e, -ENOMEM, object, "cannot be held in memory");
	r->source.ops = &reader_ops;
	result = recording_unpack(data, len, object, &r->text, e);
	if (result == 0)
		result = recording_index_build(
			&r->index, (struct text_span){ r->text.data, r->text.len }, object, e);
	if (result < 0) {
		reader_free(&r->source);
		return result;
	}
	*ret = &r->source;
	return 0;
}

int recording_reader_from_memory(const void *data, size_t len, struct source **ret, struct error *e)
{
	return open_recording(data, len, "recording", ret, e);
}

int recording_reader_new(const char *path, struct source **ret, struct error *e)
{
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct bytes raw = { 0 };
	int r;

	if (fd < 0)
		return error_errno(e, -errno, path, "cannot open the recording");
	r = bytes_read_fd(&raw, fd, RECORDING_MAX_BYTES);
	if (r < 0)
		(void)error_errno(e, r, path, "cannot read the recording");
	else
		r = open_recording(raw.data, raw.len, path, ret, e);
	bytes_done(&raw);
	return r;
}
