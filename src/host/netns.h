/* Network namespaces by name or process. */
#ifndef NETWRIGHT_HOST_NETNS_H
#define NETWRIGHT_HOST_NETNS_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Where ip-netns(8) binds the namespaces it names. */
#define NETNS_DIRECTORY "/run/netns"

/* Opens the namespace called `name` in /run/netns, or of process `name` when it is all digits and
 * no such name exists. NULL opens the caller's own. Returns a close-on-exec descriptor or a
 * negative errno: -ENOENT, -EPERM, -EINVAL for a name with a slash or longer than 255. */
int netns_open(const char *name, struct error *e);
/* Whether both descriptors mean the same namespace; namespaces that are both held open have
 * different inode numbers exactly if they differ. */
bool netns_same(int fd_a, int fd_b);
/* The calling thread enters the namespace. */
int netns_enter(int fd, struct error *e);

#endif
