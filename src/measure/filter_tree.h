/* What a filter is made of: its parser (filter_parse.c) makes it, filter.c asks it. */
#ifndef NETWRIGHT_MEASURE_FILTER_TREE_H
#define NETWRIGHT_MEASURE_FILTER_TREE_H

#include "host/address.h"
#include "measure/filter.h"

#include <stddef.h>
#include <stdint.h>

/* A bound for what a person types: terms and operators. Keeps the nodes in one block. */
#define FILTER_NODES_MAX 256u

enum filter_kind {
	FILTER_OR,
	FILTER_AND,
	FILTER_NOT,
	FILTER_DST,
	FILTER_SRC,
	FILTER_PORT,
	FILTER_SPORT,
	FILTER_DPORT,
	FILTER_PID
};

struct filter_node {
	enum filter_kind kind;
	uint16_t left, right; /* OR, AND; NOT has left alone */
	struct prefix prefix; /* DST, SRC */
	uint16_t port;
	size_t pid; /* index into pids */
};

struct filter_inodes {
	uint32_t *inodes; /* owned, sorted */
	size_t count;
};

struct filter {
	struct filter_node nodes[FILTER_NODES_MAX];
	uint16_t count;
	uint16_t root;
	int pids[FILTER_NODES_MAX];
	struct filter_inodes sockets[FILTER_NODES_MAX]; /* of each pid */
	size_t pid_count;
	uint64_t *known; /* cookies that do not pass, sorted; NULL: none */
	size_t known_count;
};

#endif
