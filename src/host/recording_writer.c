/* The source that writes down what passes through it. Declared in host/recording.h. */
#include "base/array.h"
#include "base/cleanup.h"
#include "host/recording.h"
#include "host/recording_format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

/* zlib's fastest level: a dump of 100,000 sockets is 45 MB, and the kernel is waiting. */
#define GZIP_MODE "wb1"
enum { GZIP_BUFFER_BYTES = 131072 };

/* A question asked in the sample at hand. */
struct question {
	enum record_kind kind;
	unsigned int times;
	char *name;
};

struct recording_writer {
	struct source source; /* first */
	struct source *inner;
	char *path, *temporary; /* temporary NULL once moved into place */
	gzFile gzip;		/* NULL once closed */
	int fd;			/* the same file, for fsync */
	int failed;		/* the first error of writing: what follows is not written */
	size_t written;
	uint32_t samples;
	struct bytes header;
	char request_name[64];
	struct question *questions;
	size_t question_count, question_capacity;
};

static struct recording_writer *writer(struct source *s)
{
	return (struct recording_writer *)(void *)s;
}

static void forget_questions(struct recording_writer *w)
{
	size_t i;

	for (i = 0; i < w->question_count; i++)
		free(w->questions[i].name);
	w->question_count = 0;
}

static struct question *add_question(struct recording_writer *w, enum record_kind kind,
				     const char *name)
{
	struct question *grown = array_grow(w->questions, w->question_count, &w->question_capacity,
					    sizeof(*grown));
	struct question *q;

	if (grown == NULL)
		return NULL;
	w->questions = grown;
	q = &w->questions[w->question_count];
	*q = (struct question){ .kind = kind, .name = strdup(name) };
	if (q->name == NULL)
		return NULL;
	w->question_count++;
	return q;
}

/* How often this was asked in this sample, now included; 0 without memory. */
static unsigned int count_question(struct recording_writer *w, enum record_kind kind,
				   const char *name)
{
	struct question *q = NULL;
	size_t i;

	for (i = 0; i < w->question_count && q == NULL; i++) {
		if (w->questions[i].kind == kind && strcmp(w->questions[i].name, name) == 0)
			q = &w->questions[i];
	}
	if (q == NULL)
		q = add_question(w, kind, name);
	return q != NULL ? ++q->times : 0;
}

static void put_bytes(struct recording_writer *w, const void *data, size_t len)
{
	if (w->failed < 0 || len == 0)
		return;
	if (len > RECORDING_MAX_BYTES - w->written) {
		w->failed = -EFBIG;
		return;
	}
	errno = 0;
	if (gzwrite(w->gzip, data, (unsigned int)len) != (int)len)
		w->failed = errno > 0 ? -errno : -EIO;
	w->written += len;
}

static void put_record(struct recording_writer *w, enum record_kind kind, int status,
		       const char *name, const void *data, size_t len)
{
	struct record record = {
		.kind = kind,
		.time_ns = w->source.time_ns,
		.status = status,
		.occurrence = 1,
		.name = { name, strlen(name) },
		.payload = { data, len },
	};

	if (w->gzip == NULL || w->failed < 0)
		return;
	if (record_is_answer(kind))
		record.occurrence = count_question(w, kind, name);
	bytes_clear(&w->header);
	if (record.occurrence == 0 || record_format_header(&record, &w->header) < 0) {
		w->failed = -ENOMEM;
		return;
	}
	put_bytes(w, w->header.data, w->header.len);
	put_bytes(w, data, len);
	put_bytes(w, "\n", 1);
}

static int writer_next_sample(struct source *s, struct error *e)
{
	struct recording_writer *w = writer(s);
	int r = source_next_sample(w->inner, e);
	char name[16];

	s->time_ns = source_time_ns(w->inner);
	if (r == 0)
		return 0;
	forget_questions(w);
	(void)snprintf(name, sizeof(name), "%u", ++w->samples);
	put_record(w, RECORD_SAMPLE, r < 0 ? r : 0, name, NULL, 0);
	return r;
}

static int writer_read_file(struct source *s, enum source_scope scope, const char *path,
			    struct bytes *ret, struct error *e)
{
	struct recording_writer *w = writer(s);
	int r = source_read_file(w->inner, scope, path, ret, e);

	s->time_ns = source_time_ns(w->inner);
	put_record(w, scope == SOURCE_HOST ? RECORD_HOSTFILE : RECORD_FILE, r, path, ret->data,
		   ret->len);
	return r;
}

static int writer_request(struct source *s, const struct source_request *request, struct error *e)
{
	struct recording_writer *w = writer(s);
	int r = source_request(w->inner, request, e);

	s->time_ns = source_time_ns(w->inner);
	(void)snprintf(w->request_name, sizeof(w->request_name), "%s", request->name);
	put_record(w, RECORD_REQUEST, r, request->name, request->payload, request->payload_len);
	return r;
}

static int writer_receive(struct source *s, const void **ret_data, size_t *ret_len, struct error *e)
{
	struct recording_writer *w = writer(s);
	int r = source_receive(w->inner, ret_data, ret_len, e);

	if (r == 0)
		return 0;
	put_record(w, RECORD_DATAGRAM, r < 0 ? r : 0, w->request_name, r > 0 ? *ret_data : NULL,
		   r > 0 ? *ret_len : 0);
	return r;
}

static int writer_scan_sockets(struct source *s, int pid, const uint32_t *inodes, size_t n,
			       struct bytes *ret, struct error *e)
{
	struct recording_writer *w = writer(s);
	int r = source_scan_sockets(w->inner, pid, inodes, n, ret, e);
	char name[16];

	s->time_ns = source_time_ns(w->inner);
	(void)snprintf(name, sizeof(name), "%d", pid);
	put_record(w, RECORD_SCAN, r, name, ret->data, ret->len);
	return r;
}

/* Closes the file; what was written so far is on its way to the disk. */
static void close_gzip(struct recording_writer *w)
{
	int r;

	if (w->gzip == NULL)
		return;
	errno = 0;
	r = gzclose_w(w->gzip);
	if (r != Z_OK && w->failed == 0)
		w->failed = r == Z_ERRNO && errno > 0 ? -errno : -EIO;
	w->gzip = NULL;
}

static void discard(struct recording_writer *w)
{
	if (w->temporary == NULL)
		return;
	(void)unlink(w->temporary);
	free(w->temporary);
	w->temporary = NULL;
}

static void writer_free(struct source *s)
{
	struct recording_writer *w = writer(s);

	close_gzip(w);
	discard(w);
	close_fdp(&w->fd);
	forget_questions(w);
	free(w->questions);
	bytes_done(&w->header);
	free(w->path);
	source_free(w->inner);
	free(w);
}

static const struct source_ops writer_ops = {
	.next_sample = writer_next_sample,
	.read_file = writer_read_file,
	.request = writer_request,
	.receive = writer_receive,
	.scan_sockets = writer_scan_sockets,
	.free = writer_free,
};

/* mkostemp(3) creates with O_EXCL and mode 0600: nobody's link is followed, nobody else reads whom
 * this host talks to. */
static int create_file(struct recording_writer *w)
{
	int gzip_fd;

	w->fd = mkostemp(w->temporary, O_CLOEXEC);
	if (w->fd < 0) {
		w->temporary[0] = '\0';
		return -errno;
	}
	gzip_fd = fcntl(w->fd, F_DUPFD_CLOEXEC, 3);
	if (gzip_fd < 0)
		return -errno;
	w->gzip = gzdopen(gzip_fd, GZIP_MODE);
	if (w->gzip == NULL) {
		(void)close(gzip_fd);
		return -ENOMEM;
	}
	(void)gzbuffer(w->gzip, GZIP_BUFFER_BYTES);
	put_bytes(w, RECORDING_FIRST_LINE, sizeof(RECORDING_FIRST_LINE) - 1);
	return 0;
}

/* Moving a file into place would replace /dev/null or a pipe by a plain file. */
static bool is_replaceable(const char *path)
{
	struct stat existing;

	return stat(path, &existing) < 0 || S_ISREG(existing.st_mode);
}

static struct recording_writer *allocate(const char *path)
{
	struct recording_writer *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->source.ops = &writer_ops;
	w->fd = -1;
	w->path = strdup(path);
	if (asprintf(&w->temporary, "%s.XXXXXX", path) < 0)
		w->temporary = NULL;
	if (w->path != NULL && w->temporary != NULL)
		return w;
	free(w->path);
	free(w->temporary);
	free(w);
	return NULL;
}

int recording_writer_new(const char *path, struct source *inner, struct source **ret,
			 struct error *e)
{
	struct recording_writer *w;
	int r;

	if (!is_replaceable(path))
		return error_set(e, -EINVAL, ERROR_INPUT, path,
				 "a recording is written to a plain file");
	w = allocate(path);
	if (w == NULL)
		return error_errno(e, -ENOMEM, path, "cannot record");
	r = create_file(w);
	if (r < 0) {
		(void)error_errno(e, r, path, "cannot create the recording");
		writer_free(&w->source);
		return r;
	}
	w->inner = inner;
	w->source.time_ns = source_time_ns(inner);
	*ret = &w->source;
	return 0;
}

/* Makes the new name durable; a file system that cannot is none of our business. */
static void sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	/* The root's own name is its slash. */
	size_t len = slash == path ? 1 : (size_t)(slash != NULL ? slash - path : 0);
	char *directory = slash != NULL ? strndup(path, len) : strdup(".");
	int fd;

	if (directory == NULL)
		return;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(directory);
	if (fd < 0)
		return;
	(void)fsync(fd);
	(void)close(fd);
}

int recording_finish(struct source *s, struct error *e)
{
	struct recording_writer *w = writer(s);

	if (s->ops != &writer_ops || w->temporary == NULL)
		return error_set(e, -EINVAL, ERROR_FAILED, NULL, "nothing is being recorded");
	put_record(w, RECORD_END, 0, "-", NULL, 0);
	close_gzip(w);
	if (w->failed == 0 && fsync(w->fd) < 0)
		w->failed = -errno;
	if (w->failed == 0 && rename(w->temporary, w->path) < 0)
		w->failed = -errno;
	if (w->failed < 0) {
		discard(w);
		return error_errno(e, w->failed, w->path, "cannot write the recording");
	}
	free(w->temporary);
	w->temporary = NULL;
	sync_directory(w->path);
	return 0;
}
