#include "measure/filter.h"

#include "measure/filter_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void filter_free(struct filter *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->pid_count; i++)
		free(f->sockets[i].inodes);
	free(f->known);
	free(f);
}

size_t filter_pids(const struct filter *f, const int **ret_pids)
{
	*ret_pids = f->pids;
	return f->pid_count;
}

int filter_set_inodes(struct filter *f, int pid, const uint32_t *inodes, size_t n)
{
	for (size_t i = 0; i < f->pid_count; i++) {
		uint32_t *copy;

		if (f->pids[i] != pid)
			continue;
		copy = malloc((n > 0 ? n : 1) * sizeof(*copy));
		if (copy == NULL)
			return -ENOMEM;
		if (n > 0)
			memcpy(copy, inodes, n * sizeof(*copy));
		free(f->sockets[i].inodes);
		f->sockets[i] = (struct filter_inodes){ copy, n };
	}
	return 0;
}

static int compare_inodes(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Inode 0 is that of every connection not yet accepted. */
static bool holds_inode(const struct filter_inodes *set, uint32_t inode)
{
	return inode != 0 && set->count > 0 &&
	       bsearch(&inode, set->inodes, set->count, sizeof(inode), compare_inodes) != NULL;
}

/* The depth is bounded by the parser: a chain leans left, at most FILTER_NODES_MAX levels. */
static bool match_node(const struct filter *f, uint16_t index, const struct socket_info *s)
{
	const struct filter_node *n = &f->nodes[index];

	switch (n->kind) {
	case FILTER_OR:
		return match_node(f, n->left, s) || match_node(f, n->right, s);
	case FILTER_AND:
		return match_node(f, n->left, s) && match_node(f, n->right, s);
	case FILTER_NOT:
		return !match_node(f, n->left, s);
	case FILTER_DST:
		return prefix_contains(&n->prefix, &s->remote);
	case FILTER_SRC:
		return prefix_contains(&n->prefix, &s->local);
	case FILTER_PORT:
		return s->local_port == n->port || s->remote_port == n->port;
	case FILTER_SPORT:
		return s->local_port == n->port;
	case FILTER_DPORT:
		return s->remote_port == n->port;
	case FILTER_PID:
		return holds_inode(&f->sockets[n->pid], s->inode);
	}
	return false;
}

int filter_new_sockets(const uint64_t *cookies, size_t n, struct filter **ret)
{
	uint64_t *known = calloc(n + 1, sizeof(known[0]));
	struct filter *f = *ret != NULL ? *ret : calloc(1, sizeof(*f));

	if (known == NULL || f == NULL) {
		free(known);
		if (*ret == NULL)
			free(f);
		return -ENOMEM;
	}
	if (n > 0)
		memcpy(known, cookies, n * sizeof(cookies[0]));
	free(f->known);
	f->known = known;
	f->known_count = n;
	*ret = f;
	return 0;
}

static int compare_cookies(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static bool is_known(const struct filter *f, uint64_t cookie)
{
	return f->known != NULL && bsearch(&cookie, f->known, f->known_count, sizeof(f->known[0]),
					   compare_cookies) != NULL;
}

bool filter_match(const struct filter *f, const struct socket_info *socket)
{
	return !is_known(f, socket->cookie) && (f->count == 0 || match_node(f, f->root, socket));
}
