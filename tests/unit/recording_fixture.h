/* What the tests of recordings share: a directory, a source, and questions to it. */
#ifndef NETWRIGHT_TESTS_UNIT_RECORDING_FIXTURE_H
#define NETWRIGHT_TESTS_UNIT_RECORDING_FIXTURE_H

#include "base/bytes.h"
#include "host/source.h"

#include <check.h>
#include <stddef.h>

#define RECORDED_REQUEST "sock_diag/tcp4"

/* Adds a test case whose tests each have a directory of their own. It must be left empty but for
 * recording_path(), which is removed. */
TCase *recording_case(Suite *suite, const char *name);
const char *recording_directory(void);
const char *recording_path(void); /* in it; does not exist yet */

void file_read_whole(const char *name, struct bytes *ret);
void file_write_whole(const char *name, const void *data, size_t len);

/* Preamble and two samples: files of both scopes, a file that changes, one that fails, one with NUL
 * bytes, a dump of two datagrams, a request that fails, a scan that is incomplete. */
struct source *recordable_source(void);

/* Asks one question, or all that recordable_source() answers, and appends the answers to *seen. */
void ask_request(struct source *s, const char *name, struct bytes *seen);
void ask_everything(struct source *s, struct bytes *seen);

/* Records everything to recording_path(). */
void record_everything(struct bytes *seen);

#endif
