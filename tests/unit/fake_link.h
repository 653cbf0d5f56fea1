/* One link of a kernel in memory, "eth0", behind the talk of fake_os.h: attributes of
 * rtnetlink, qdiscs, and ethtool. */
#ifndef NETWRIGHT_TESTS_UNIT_FAKE_LINK_H
#define NETWRIGHT_TESTS_UNIT_FAKE_LINK_H

#include "base/os.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fake_link_state {
	uint32_t mtu, txqueuelen, gso_max_size, gso_ipv4_max_size;
	bool up, has_ipv4_sizes;
	char qdisc[16];		/* of the root; "" : none */
	uint32_t handle;	/* 0: the kernel's choice */
	char child[16];		/* of a qdisc that somebody put below it; "": none */
	const char *has_qdiscs; /* words: kinds of this kernel */
	bool tso_wanted, tso_possible, has_tso;
	uint32_t rx, rx_max;
};

struct fake_link_kernel {
	struct fake_link_state state;
	uint64_t netns;
	uint32_t index;
	size_t spoil; /* this byte of each answer is changed; 0: none */
	unsigned char spoil_with;
	size_t cut;	/* answers end after so many bytes; 0: they do not */
	size_t longest; /* answer so far */
};

/* Answers for `os` from now on, with a link that is healthy: a new one of the initial namespace,
 * with index 2, or one that fake_os_add_link() was told of. */
void fake_link_attach(struct fake_link_kernel *k, struct os *os);
void fake_link_attach_to(struct fake_link_kernel *k, struct os *os, uint64_t netns, uint32_t index);

#endif
