/* A source that answers from memory, for unit tests.
 *
 *	struct source *s = fake_source_new();
 *
 *	fake_source_add_file(s, "/proc/meminfo", "MemTotal: 1024 kB\n");
 *	fake_source_fail_file(s, "/proc/net/netstat", -EACCES);
 *	fake_source_add_datagram(s, "sock_diag/tcp4", message, message->nlmsg_len);
 *	fake_source_fail_request(s, "rtnetlink/links", -EPERM);
 *
 * Files that were never added answer -ENOENT; so do requests. A test that runs out of memory
 * aborts, so nothing here returns an error.
 *
 * Samples: what is added belongs to the preamble (sample 0) and every later sample, until
 * fake_source_at_sample(s, n) moves the pen: what is added from there on is answered from sample n
 * on, and replaces the earlier answer to the same file or request. fake_source_set_samples() says
 * how many times source_next_sample() answers 1. Sample n happens n + 1 seconds after boot.
 */
#ifndef NETWRIGHT_TESTS_UNIT_FAKE_SOURCE_H
#define NETWRIGHT_TESTS_UNIT_FAKE_SOURCE_H

#include "host/source.h"

#include <stddef.h>

/* Released with source_free(). */
struct source *fake_source_new(void);

/* The number of samples until the window is over; 1 unless set. */
void fake_source_set_samples(struct source *s, unsigned int samples);
void fake_source_at_sample(struct source *s, unsigned int sample);

/* A file, the same in both scopes; content is text or `len` bytes, copied. The last added wins. */
void fake_source_add_file(struct source *s, const char *path, const char *content);
void fake_source_add_file_bytes(struct source *s, const char *path, const void *data, size_t len);
/* A file that exists in one scope only. */
void fake_source_add_scoped_file(struct source *s, enum source_scope scope, const char *path,
				 const char *content);
/* Reading it fails with `status`, a negative errno. */
void fake_source_fail_file(struct source *s, const char *path, int status);

/* Appends a datagram (copied) to the answer to requests of that name. */
void fake_source_add_datagram(struct source *s, const char *request, const void *data, size_t len);
/* Starts another answer: the first request of that name in a sample gets the first answer, the
 * next request the next, and the last answer is repeated. An answer may stay without datagrams.
 */
void fake_source_begin_answer(struct source *s, const char *request);
/* source_request() fails with `status`. */
void fake_source_fail_request(struct source *s, const char *request, int status);
/* The answer ends with source_receive() failing with `status`, after its datagrams. */
void fake_source_fail_receive(struct source *s, const char *request, int status);

/* The answer to source_scan_sockets(), lines "INODE PID COMM\n", returned whole whatever inodes
 * or process are asked for, together with `status` (0 or -EACCES). */
void fake_source_set_scan(struct source *s, const char *lines, int status);

/* The payload of the last request sent, for tests of what is asked; NULL before the first. */
const void *fake_source_last_payload(struct source *s, size_t *ret_len);
/* How many requests were sent, and how often a file was asked for. */
unsigned int fake_source_requests(struct source *s);
unsigned int fake_source_file_reads(struct source *s, const char *path);

#endif
