/* Any file in the journal's place is refused, or holds records of catalogued tunables and printable
 * texts; reading it changes no byte, and a journal that can be written to can be read afterwards.
 */
#include "apply/store.h"
#include "base/bytes.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[64], path[96], journal[128];

static void remove_all(void)
{
	(void)unlink(journal);
	(void)unlink(path);
	(void)rmdir(directory);
}

static void prepare(void)
{
	/* Memory where there is some: each input is a file. */
	(void)snprintf(directory, sizeof(directory), "/dev/shm/netwright-fuzz-XXXXXX");
	if (mkdtemp(directory) == NULL) {
		(void)snprintf(directory, sizeof(directory), "/tmp/netwright-fuzz-XXXXXX");
		if (mkdtemp(directory) == NULL)
			abort();
	}
	(void)snprintf(path, sizeof(path), "%s/state.db", directory);
	(void)snprintf(journal, sizeof(journal), "%s-journal", path);
	if (atexit(remove_all) != 0)
		abort();
}

static void write_file(const uint8_t *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd) < 0)
		abort();
}

static void assert_unchanged(const uint8_t *data, size_t size)
{
	struct bytes now = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || bytes_read_fd(&now, fd, size + 1) < 0 || now.len != size ||
	    (size > 0 && memcmp(now.data, data, size) != 0))
		abort();
	(void)close(fd);
	bytes_done(&now);
}

static void assert_text(const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	if (len == size)
		abort();
	for (size_t i = 0; i < len; i++) {
		if (text[i] < 0x20 || text[i] > 0x7e)
			abort();
	}
}

static void assert_record(const struct transaction_record *t)
{
	if (t->state >= TRANSACTION_STATES || t->change_count == 0 ||
	    t->change_count > STORE_CHANGES_MAX)
		abort();
	assert_text(t->boot_id, sizeof(t->boot_id));
	assert_text(t->netns, sizeof(t->netns));
	assert_text(t->command, sizeof(t->command));
	for (size_t i = 0; i < t->change_count; i++) {
		const struct plan_change *c = &t->changes[i].change;

		if (c->target.tunable == NULL || c->target.kind == NULL ||
		    t->changes[i].outcome >= CHANGE_OUTCOMES)
			abort();
		assert_text(c->target.name, sizeof(c->target.name));
		assert_text(c->from.text, sizeof(c->from.text));
		assert_text(c->from.undo, sizeof(c->from.undo));
		assert_text(c->to, sizeof(c->to));
	}
}

/* Whether it could be opened. */
static int read_all(enum store_access access)
{
	struct store *s = NULL;
	struct error e = { 0 };
	int64_t *ids = NULL;
	size_t n = 0;

	if (store_open(directory, access, NULL, &s, &e) < 0) {
		if (e.text[0] == '\0')
			abort();
		return 0;
	}
	if (store_list(s, ~0u, 100, &ids, &n, &e) < 0 && e.text[0] == '\0')
		abort();
	for (size_t i = 0; i < n; i++) {
		struct transaction_record t = { 0 };

		if (store_load(s, ids[i], &t, &e) == 0)
			assert_record(&t);
		else if (e.text[0] == '\0')
			abort();
		transaction_record_done(&t);
	}
	free(ids);
	store_close(s);
	return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (directory[0] == '\0')
		prepare();
	write_file(data, size);
	(void)read_all(STORE_READ);
	assert_unchanged(data, size);
	if (read_all(STORE_WRITE) && !read_all(STORE_READ))
		abort();
	(void)unlink(journal);
	return 0;
}
