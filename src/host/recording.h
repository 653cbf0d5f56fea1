/* Recordings: the raw answers of a source in one file, for bug reports and test fixtures.
 *
 * The file is gzip of: the line "netwright-recording 1", then records. A record is one header line
 * "KIND TIME_NS STATUS LENGTH CRC32 NAME [OCCURRENCE]", LENGTH bytes, and a newline. KIND is
 * sample, file, hostfile, request, datagram, scan or end; STATUS is 0 or the negative errno that
 * the kernel answered. CRC32 (8 lower-case hexadecimal digits) is over the header line without the
 * CRC's own field and its blank, followed by the LENGTH bytes; "-" says that nobody computed it.
 *
 * What is read before the first sample belongs to the preamble. The NAME of a sample is its number
 * from 1; of a request its name, of its datagrams the same; of a scan the process or 0; of the end
 * "-". What is read again within a sample has OCCURRENCE 2, 3, ...; replayed, the last occurrence
 * answers whatever else is asked. The last record is `end`: a file without it was cut short.
 * Uncompressed recordings are read as well, so that a person can write or mend one with an editor.
 */
#ifndef NETWRIGHT_HOST_RECORDING_H
#define NETWRIGHT_HOST_RECORDING_H

#include "base/error.h"
#include "host/source.h"

/* Largest recording accepted, uncompressed: an hour's audit of a busy host; a bomb's guard. */
#define RECORDING_MAX_BYTES (512u << 20)

/* Wraps `inner` (taken over on success): everything read through the result is also written to
 * `path`. The file is written beside it and moved into place by recording_finish(), so a crash
 * leaves no half recording. Errors: -errno of creating the file. */
int recording_writer_new(const char *path, struct source *inner, struct source **ret,
			 struct error *e);
/* Completes the file. Without it source_free() discards what was written. `s` must come from
 * recording_writer_new(). */
int recording_finish(struct source *s, struct error *e);

/* Reads and checks the whole file. Errors: -errno of opening; -EBADMSG with the byte offset and
 * what is wrong there (not a recording, version, checksum, cut short); -EFBIG. */
int recording_reader_new(const char *path, struct source **ret, struct error *e);
/* The same from memory (tests, fuzzing); `data` is not kept. */
int recording_reader_from_memory(const void *data, size_t len, struct source **ret,
				 struct error *e);

#endif
