/* Where raw kernel answers come from: the live kernel, or a recording of it.
 *
 * Everything netwright knows about a host enters through this interface as raw bytes: files of
 * /proc and /sys, netlink datagrams, and the scan that joins sockets to processes. Parsing happens
 * on this side of it, so a replayed recording runs the very code that a live audit runs.
 *
 * A source moves from sample to sample (source_next_sample); what is read between two calls
 * belongs to the sample last begun, and what is read before the first call to the preamble.
 */
#ifndef NETWRIGHT_HOST_SOURCE_H
#define NETWRIGHT_HOST_SOURCE_H

#include "base/bytes.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Which network namespace answers. Files outside /proc/net and /proc/sys/net answer the same in
 * both. */
enum source_scope {
	SOURCE_NETNS, /* the namespace being audited */
	SOURCE_HOST,  /* the initial one: keys such as net.ipv4.tcp_mem exist only there */
};

/* Largest file read, in bytes: /proc/net/netstat is 5 KiB, modules.dep of a distribution 0.7 MiB.
 */
#define SOURCE_FILE_MAX (4u << 20)

/* Pseudo files: what no kernel file holds, answered for either scope.
 *
 * INFO: lines "key value": start_utc (seconds), page_size, clock_ticks, euid, netns (name or
 * "self"), netns_is_init (0 or 1), version.
 * NETNS_STATE: "present" or "gone"; gone when the name given no longer means the namespace that is
 * being read, which goes on answering as long as the source holds it.
 * WINDOW_STATE: "complete" or "interrupted", when the window ended before its time.
 * PROCESSES: which processes of the namespace are close to their limit of open descriptors. Lines
 * "scanned N", "unseen N" (may not be looked into), "hidden 0" (or 1: /proc does not show those of
 * others), and for each, the largest share first, "process PID DESCRIPTORS SOFT HARD NAME" and,
 * when known, "cgroup PATH". */
#define SOURCE_INFO_PATH	 "/netwright/info"
#define SOURCE_NETNS_STATE_PATH	 "/netwright/netns-state"
#define SOURCE_WINDOW_STATE_PATH "/netwright/window-state"
#define SOURCE_PROCESSES_PATH	 "/netwright/processes"

/* One netlink request. `name` identifies it in a recording and in messages ("sock_diag/tcp4",
 * "rtnetlink/links", "route/198.51.100.7"): printable, no blanks, at most 63 characters. */
struct source_request {
	const char *name;
	int protocol;	     /* NETLINK_SOCK_DIAG, NETLINK_ROUTE, NETLINK_GENERIC */
	const char *family;  /* generic netlink family name ("ethtool"), else NULL */
	uint16_t type;	     /* nlmsg_type; ignored for generic netlink */
	uint16_t flags;	     /* beside NLM_F_REQUEST: NLM_F_DUMP or 0 */
	const void *payload; /* after the nlmsghdr */
	size_t payload_len;
};

struct source;

struct source_ops {
	int (*next_sample)(struct source *s, struct error *e);
	int (*read_file)(struct source *s, enum source_scope scope, const char *path,
			 struct bytes *ret, struct error *e);
	int (*request)(struct source *s, const struct source_request *request, struct error *e);
	int (*receive)(struct source *s, const void **ret_data, size_t *ret_len, struct error *e);
	int (*scan_sockets)(struct source *s, int pid, const uint32_t *inodes, size_t n,
			    struct bytes *ret, struct error *e);
	void (*free)(struct source *s);
};

/* Implementations embed this as their first member. */
struct source {
	const struct source_ops *ops;
	uint64_t time_ns; /* CLOCK_BOOTTIME of the last answer; see source_time_ns() */
};

/* Waits for the next sample's instant (live) or moves to it (recording). Returns 1, or 0 when the
 * window is over, or a negative errno. */
int source_next_sample(struct source *s, struct error *e);

/* Replaces *ret with the file's content. Returns 0, or a negative errno with the file's path in
 * *e: -ENOENT and -EACCES as the kernel said, -ENODATA when a recording does not hold the file,
 * -EFBIG above SOURCE_FILE_MAX, -EINVAL when `path` is not absolute or not one printable word of at
 * most 511 characters. A failed read leaves *ret empty. */
int source_read_file(struct source *s, enum source_scope scope, const char *path, struct bytes *ret,
		     struct error *e);

/* Sends a request; source_receive() then yields its datagrams one by one: 1 with a datagram valid
 * until the next call, 0 when a recording holds no more, or a negative errno. The live source does
 * not know where an answer ends: netlink_run() in host/netlink.h does, and is what to call. */
int source_request(struct source *s, const struct source_request *request, struct error *e);
int source_receive(struct source *s, const void **ret_data, size_t *ret_len, struct error *e);

/* Finds the processes that hold sockets, as lines "INODE PID COMM\n" (COMM printable). `pid` 0
 * looks through every process, else only that one; `inodes` (sorted, n > 0) limits the answer,
 * NULL gives all. Returns 0, or -EACCES when some processes could not be looked into (*ret then
 * holds what was found), or another negative errno. */
int source_scan_sockets(struct source *s, int pid, const uint32_t *inodes, size_t n,
			struct bytes *ret, struct error *e);

/* CLOCK_BOOTTIME, in nanoseconds, at which the last answer was obtained: for a netlink request,
 * when it was sent. */
uint64_t source_time_ns(const struct source *s);

void source_free(struct source *s); /* accepts NULL */

#endif
