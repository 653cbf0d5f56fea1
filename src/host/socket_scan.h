/* The live half of source_scan_sockets(): looks through /proc/PID/fd. */
#ifndef NETWRIGHT_HOST_SOCKET_SCAN_H
#define NETWRIGHT_HOST_SOCKET_SCAN_H

#include "base/bytes.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Appends "INODE PID COMM\n" for each socket of process `pid` (0: of every process) whose inode is
 * among the `n` sorted `inodes` (NULL: all). A socket open several times in one process is listed
 * as often. About 7 us per descriptor looked at. Returns 0; -EACCES when some processes could not
 * be looked into, with what was found in *ret; -ESRCH no such process; -ENOMEM; -errno.
 */
int socket_scan(int pid, const uint32_t *inodes, size_t n, struct bytes *ret, struct error *e);

#endif
