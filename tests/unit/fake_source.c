#include "fake_source.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FAKE_SECOND_NS 1000000000u

struct fake_file {
	char *path;
	bool in_scope[2]; /* by enum source_scope */
	int status;
	unsigned int sample, reads;
	struct bytes content;
};

struct fake_answer {
	char *name;
	unsigned int sample;
	int request_status, receive_status;
	struct bytes *datagrams;
	size_t count;
};

struct fake_source {
	struct source source;
	unsigned int samples, sample, pen;
	struct fake_file *files;
	size_t file_count;
	struct fake_answer *answers;
	size_t answer_count;
	const struct fake_answer *receiving;
	size_t received;
	size_t *asked; /* per answer: how often the name was requested in this sample */
	struct bytes scan, last_payload;
	int scan_status;
	unsigned int requests;
	bool has_payload;
};

static struct fake_source *fake(struct source *s)
{
	return (struct fake_source *)(void *)s;
}

static void *grow(void *array, size_t count, size_t size)
{
	void *grown = realloc(array, (count + 1) * size);

	if (grown == NULL)
		abort();
	memset((char *)grown + count * size, 0, size);
	return grown;
}

static char *copy(const char *text)
{
	char *made = strdup(text);

	if (made == NULL)
		abort();
	return made;
}

static void store(struct bytes *b, const void *data, size_t len)
{
	if (bytes_append(b, data, len) < 0)
		abort();
}

static struct fake_file *add_file(struct fake_source *f, const char *path)
{
	struct fake_file *file;

	f->files = grow(f->files, f->file_count, sizeof(*f->files));
	file = &f->files[f->file_count++];
	file->path = copy(path);
	file->sample = f->pen;
	file->in_scope[SOURCE_NETNS] = file->in_scope[SOURCE_HOST] = true;
	return file;
}

void fake_source_add_file_bytes(struct source *s, const char *path, const void *data, size_t len)
{
	store(&add_file(fake(s), path)->content, data, len);
}

void fake_source_add_file(struct source *s, const char *path, const char *content)
{
	fake_source_add_file_bytes(s, path, content, strlen(content));
}

void fake_source_add_scoped_file(struct source *s, enum source_scope scope, const char *path,
				 const char *content)
{
	struct fake_file *file = add_file(fake(s), path);

	file->in_scope[scope == SOURCE_NETNS ? SOURCE_HOST : SOURCE_NETNS] = false;
	store(&file->content, content, strlen(content));
}

void fake_source_fail_file(struct source *s, const char *path, int status)
{
	add_file(fake(s), path)->status = status;
}

static struct fake_answer *begin_answer(struct fake_source *f, const char *request)
{
	struct fake_answer *answer;

	f->answers = grow(f->answers, f->answer_count, sizeof(*f->answers));
	f->asked = grow(f->asked, f->answer_count, sizeof(*f->asked));
	answer = &f->answers[f->answer_count++];
	answer->name = copy(request);
	answer->sample = f->pen;
	return answer;
}

/* The answer being written: the last of that name at the pen's sample. */
static struct fake_answer *open_answer(struct fake_source *f, const char *request)
{
	for (size_t i = f->answer_count; i-- > 0;) {
		struct fake_answer *answer = &f->answers[i];

		if (answer->sample == f->pen && strcmp(answer->name, request) == 0)
			return answer;
	}
	return begin_answer(f, request);
}

void fake_source_begin_answer(struct source *s, const char *request)
{
	begin_answer(fake(s), request);
}

void fake_source_add_datagram(struct source *s, const char *request, const void *data, size_t len)
{
	struct fake_answer *answer = open_answer(fake(s), request);

	answer->datagrams = grow(answer->datagrams, answer->count, sizeof(*answer->datagrams));
	store(&answer->datagrams[answer->count++], data, len);
}

void fake_source_fail_request(struct source *s, const char *request, int status)
{
	open_answer(fake(s), request)->request_status = status;
}

void fake_source_fail_receive(struct source *s, const char *request, int status)
{
	open_answer(fake(s), request)->receive_status = status;
}

void fake_source_set_scan(struct source *s, const char *lines, int status)
{
	struct fake_source *f = fake(s);

	bytes_clear(&f->scan);
	store(&f->scan, lines, strlen(lines));
	f->scan_status = status;
}

void fake_source_set_samples(struct source *s, unsigned int samples)
{
	fake(s)->samples = samples;
}

void fake_source_at_sample(struct source *s, unsigned int sample)
{
	fake(s)->pen = sample;
}

const void *fake_source_last_payload(struct source *s, size_t *ret_len)
{
	const struct fake_source *f = fake(s);

	if (!f->has_payload)
		return NULL;
	*ret_len = f->last_payload.len;
	return f->last_payload.data;
}

unsigned int fake_source_requests(struct source *s)
{
	return fake(s)->requests;
}

unsigned int fake_source_file_reads(struct source *s, const char *path)
{
	const struct fake_source *f = fake(s);
	unsigned int reads = 0;

	for (size_t i = 0; i < f->file_count; i++)
		reads += strcmp(f->files[i].path, path) == 0 ? f->files[i].reads : 0;
	return reads;
}

static int fake_next_sample(struct source *s, struct error *e)
{
	struct fake_source *f = fake(s);

	(void)e;
	if (f->sample >= f->samples)
		return 0;
	f->sample++;
	s->time_ns = (uint64_t)(f->sample + 1) * FAKE_SECOND_NS;
	if (f->asked != NULL)
		memset(f->asked, 0, f->answer_count * sizeof(*f->asked));
	return 1;
}

static int fake_read_file(struct source *s, enum source_scope scope, const char *path,
			  struct bytes *ret, struct error *e)
{
	struct fake_source *f = fake(s);
	struct fake_file *found = NULL;

	bytes_clear(ret);
	for (size_t i = 0; i < f->file_count; i++) {
		struct fake_file *file = &f->files[i];

		if (file->in_scope[scope] && file->sample <= f->sample &&
		    strcmp(file->path, path) == 0 &&
		    (found == NULL || file->sample >= found->sample))
			found = file;
	}
	if (found != NULL)
		found->reads++;
	if (found == NULL || found->status < 0)
		return error_errno(e, found == NULL ? -ENOENT : found->status, path, "read");
	store(ret, found->content.len > 0 ? found->content.data : "", found->content.len);
	return 0;
}

/* The latest sample that has answers for the name counts; within it, the nth request gets the nth
 * answer. */
static const struct fake_answer *pick_answer(struct fake_source *f, const char *name)
{
	const struct fake_answer *picked = NULL;
	size_t first = 0, nth = 0, turn;

	for (size_t i = 0; i < f->answer_count; i++) {
		const struct fake_answer *answer = &f->answers[i];

		if (strcmp(answer->name, name) != 0 || answer->sample > f->sample)
			continue;
		if (picked == NULL || answer->sample > picked->sample) {
			picked = answer;
			first = i;
		}
	}
	if (picked == NULL)
		return NULL;
	turn = f->asked[first]++;
	for (size_t i = first; i < f->answer_count && nth <= turn; i++) {
		if (f->answers[i].sample != f->answers[first].sample ||
		    strcmp(f->answers[i].name, name) != 0)
			continue;
		picked = &f->answers[i];
		nth++;
	}
	return picked;
}

static int fake_request(struct source *s, const struct source_request *request, struct error *e)
{
	struct fake_source *f = fake(s);
	const struct fake_answer *answer = pick_answer(f, request->name);

	f->requests++;
	f->has_payload = true;
	bytes_clear(&f->last_payload);
	if (request->payload_len > 0)
		store(&f->last_payload, request->payload, request->payload_len);
	f->receiving = NULL;
	if (answer == NULL)
		return error_errno(e, -ENOENT, request->name, "request");
	if (answer->request_status < 0)
		return error_errno(e, answer->request_status, request->name, "request");
	f->receiving = answer;
	f->received = 0;
	return 0;
}

static int fake_receive(struct source *s, const void **ret_data, size_t *ret_len, struct error *e)
{
	struct fake_source *f = fake(s);
	const struct fake_answer *answer = f->receiving;

	if (answer == NULL)
		return error_errno(e, -ENODATA, NULL, "receive without a request");
	if (f->received == answer->count)
		return answer->receive_status < 0
			       ? error_errno(e, answer->receive_status, answer->name, "receive")
			       : 0;
	*ret_data = answer->datagrams[f->received].data;
	*ret_len = answer->datagrams[f->received].len;
	f->received++;
	return 1;
}

static int fake_scan(struct source *s, int pid, const uint32_t *inodes, size_t n, struct bytes *ret,
		     struct error *e)
{
	struct fake_source *f = fake(s);

	(void)pid, (void)inodes, (void)n;
	bytes_clear(ret);
	if (f->scan.len > 0)
		store(ret, f->scan.data, f->scan.len);
	if (f->scan_status < 0)
		return error_errno(e, f->scan_status, "/proc", "scan");
	return 0;
}

static void fake_free(struct source *s)
{
	struct fake_source *f = fake(s);

	for (size_t i = 0; i < f->file_count; i++) {
		free(f->files[i].path);
		bytes_done(&f->files[i].content);
	}
	for (size_t i = 0; i < f->answer_count; i++) {
		for (size_t j = 0; j < f->answers[i].count; j++)
			bytes_done(&f->answers[i].datagrams[j]);
		free(f->answers[i].datagrams);
		free(f->answers[i].name);
	}
	free(f->files);
	free(f->answers);
	free(f->asked);
	bytes_done(&f->scan);
	bytes_done(&f->last_payload);
	free(f);
}

struct source *fake_source_new(void)
{
	static const struct source_ops ops = {
		.next_sample = fake_next_sample,
		.read_file = fake_read_file,
		.request = fake_request,
		.receive = fake_receive,
		.scan_sockets = fake_scan,
		.free = fake_free,
	};
	struct fake_source *f = grow(NULL, 0, sizeof(*f));

	f->source.ops = &ops;
	f->source.time_ns = FAKE_SECOND_NS;
	f->samples = 1;
	return &f->source;
}
