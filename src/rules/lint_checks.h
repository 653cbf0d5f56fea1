/* What lints ask beside a threshold: other settings, memory, the kernel. */
#ifndef NETWRIGHT_RULES_LINT_CHECKS_H
#define NETWRIGHT_RULES_LINT_CHECKS_H

#include "rules/lint.h"

lint_check lint_congestion_unavailable; /* the congestion control named cannot be had */
lint_check lint_congestion_is_bbr;	/* new connections use bbr */
lint_check lint_forwards_without_bbr;	/* the value is fq; a router, and bbr is not used */
lint_check lint_pages_unsound;		/* a limit above all memory, or three equal limits */
lint_check lint_vector_unordered;	/* min > default, or default > max */
lint_check lint_above_memory_share;	/* [2] takes more than 1/limit of memory, or 2^31 */
lint_check lint_below_hash_share;	/* below 1/limit of the connection hash: the default */
lint_check lint_above_hash_share;	/* above it, with SYN cookies on */
lint_check lint_below_file_share;	/* below the kernel's default for fs.file-max */
lint_check lint_ports_unsound;		/* privileged or reversed local ports */
lint_check lint_only_socket_maximum;	/* rmem_max is raised, tcp_rmem is left alone */
lint_check lint_several_default_routes; /* multihomed */
lint_check lint_on_virtual_machine;	/* spinning costs the neighbours */
lint_check lint_backlog_unused;		/* neither RFS nor veth */
lint_check lint_few_free_pages;		/* below the kernel's default; a link of `limit` Gbit/s */

/* lint_listeners.c; unknown unless the listening sockets are known */
lint_check lint_backlogs_below;	      /* nothing that listens has a backlog that long */
lint_check lint_ports_meet_listeners; /* not the default range; a listener's port is in it */

#endif
