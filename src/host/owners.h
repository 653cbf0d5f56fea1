/* Which process holds a socket. */
#ifndef NETWRIGHT_HOST_OWNERS_H
#define NETWRIGHT_HOST_OWNERS_H

#include "base/error.h"
#include "host/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct owner {
	uint32_t inode;
	int pid;	      /* the lowest of several that share the socket */
	unsigned int sharers; /* how many processes hold it */
	char comm[16];	      /* printable */
};

struct owner_table {
	struct owner *owners; /* owned, sorted by inode */
	size_t count;
	bool incomplete; /* a holder is missing, and some processes could not be looked into: needs
			  * root with CAP_SYS_PTRACE */
};

/* Looks up the sockets with these inodes (sorted); n 0 is an empty table. */
int owners_find(struct source *s, const uint32_t *inodes, size_t n, struct owner_table *ret,
		struct error *e);
/* The sockets of one process. -ESRCH or -ENOENT when there is none, -EACCES. */
int owners_of_process(struct source *s, int pid, struct owner_table *ret, struct error *e);
const struct owner *owner_lookup(const struct owner_table *t, uint32_t inode); /* or NULL */
void owner_table_done(struct owner_table *t);

#endif
