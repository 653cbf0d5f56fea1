/* Which network namespaces there are, as far as they can be seen: our own, those that ip-netns(8)
 * names in /run/netns, and those that processes are in (/proc/PID/ns/net). */
#ifndef NETWRIGHT_HOST_NETNS_LIST_H
#define NETWRIGHT_HOST_NETNS_LIST_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct netns_entry {
	char name[256];	 /* opens it: of /run/netns, else a process's number; "" our own, unnamed
			  */
	char label[288]; /* for people: its name, "pid 812 (nginx)", or "self" */
	int pid;	 /* the lowest process seen in it; 0: not looked for */
	int fd;		 /* holds it open: while it does, dev and ino mean no other; -1 none */
	dev_t dev;	 /* with ino: one namespace is one file of nsfs */
	ino_t ino;
	char reason[160]; /* why it could not be opened; "" when it was */
};

struct netns_list {
	struct netns_entry *entries; /* owned; our own, then by name, then by process */
	size_t count;
	/* Processes whose namespace nobody may ask for (that takes the rights of ptrace(2)); they
	 * may be in namespaces that are not listed. Kernel threads do not count. */
	size_t unseen_processes;
};

/* A namespace that has several names or processes is listed once, by the first. Errors: -ENOMEM,
 * -EMFILE, and that /proc or our own namespace cannot be opened; a missing /run/netns is none.
 *
 * Looking at every process costs 5 us each (Linux 6.18): where `is_enough` (NULL: never) is true of
 * our own and those with names, none is. */
int netns_list_read(struct netns_list *ret,
		    bool (*is_enough)(void *arg, const struct netns_list *named), void *arg,
		    struct error *e);
void netns_list_done(struct netns_list *l); /* closes them; accepts {0} */

#endif
