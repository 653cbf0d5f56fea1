/* Answers of the host that are the same in every network namespace, read once per sample for all
 * the sources of a group (live.h): files outside /proc/net and /proc/sys/net, files of the initial
 * namespace, which process holds which socket, and which is close to its limit of descriptors. With
 * fifty namespaces on a host of five thousand processes, asking for each anew would take longer
 * than the observation itself.
 */
#ifndef NETWRIGHT_HOST_SHARED_ANSWERS_H
#define NETWRIGHT_HOST_SHARED_ANSWERS_H

#include "base/bytes.h"
#include "base/error.h"
#include "host/process_scan.h"
#include "host/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shared_answer {
	char *name; /* owned; the file's path */
	int result; /* of reading it: 0 or a negative errno */
	uint64_t time_ns;
	struct bytes content; /* owned */
};

struct held_socket {
	uint32_t inode;
	size_t line; /* offset into the scan's text */
};

struct shared_answers {
	uint64_t round;
	void *tree; /* owned; of struct shared_answer, see tsearch(3) */
	/* The scan of all processes. */
	bool scanned;
	int scan_result; /* 0, or -EACCES when some could not be looked into */
	struct bytes scan;
	struct held_socket *held; /* owned, sorted by inode */
	size_t held_count;
	bool processes_read;
	int processes_result;
	struct process_scan processes;
};

/* Whether a file's answer serves every namespace. */
bool shared_answers_has(enum source_scope scope, const char *path);

/* Answers of an earlier round are forgotten. */
void shared_answers_begin(struct shared_answers *a, uint64_t round);
/* The answer kept under this name, or NULL. */
const struct shared_answer *shared_answers_find(const struct shared_answers *a, const char *name);
/* Keeps a copy. 0 or -ENOMEM. */
int shared_answers_keep(struct shared_answers *a, const char *name, int result, uint64_t time_ns,
			const struct bytes *content);

/* As source_scan_sockets(); all processes are looked through once, and so is each single one. */
int shared_answers_scan(struct shared_answers *a, int pid, const uint32_t *inodes, size_t n,
			struct bytes *ret, struct error *e);

/* The scan of all processes, made once. 0, or what process_scan_read() returned. */
int shared_answers_processes(struct shared_answers *a, const struct process_scan **ret);

void shared_answers_done(struct shared_answers *a); /* accepts {0} */

#endif
