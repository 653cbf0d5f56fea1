#include "measure/half_closed.h"

#include "base/array.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void half_closed_done(struct half_closed *h)
{
	free(h->inodes);
	*h = (struct half_closed){ 0 };
}

int half_closed_add(struct half_closed *h, uint32_t inode)
{
	uint32_t *grown;

	h->total++;
	h->orphan += inode == 0;
	if (inode == 0 || h->count == HALF_CLOSED_MAX)
		return 0;
	grown = array_grow(h->inodes, h->count, &h->capacity, sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	h->inodes = grown;
	h->inodes[h->count++] = inode;
	return 0;
}

static int compare_inodes(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void half_closed_sort(struct half_closed *h)
{
	size_t kept = 0;

	if (h->count > 0)
		qsort(h->inodes, h->count, sizeof(*h->inodes), compare_inodes);
	/* A dump may visit a socket twice. */
	for (size_t i = 0; i < h->count; i++)
		if (kept == 0 || h->inodes[kept - 1] != h->inodes[i])
			h->inodes[kept++] = h->inodes[i];
	h->count = kept;
}

static bool has(const struct half_closed *h, uint32_t inode)
{
	return h->count > 0 &&
	       bsearch(&inode, h->inodes, h->count, sizeof(*h->inodes), compare_inodes) != NULL;
}

uint32_t half_closed_kept(const struct half_closed *first, const struct half_closed *last)
{
	uint32_t kept = 0;

	for (size_t i = 0; i < last->count; i++)
		kept += has(first, last->inodes[i]);
	return kept;
}

/* One socket: its process, and where it stands among the owners. */
struct holding {
	int pid;
	uint32_t owner;
	bool kept;
};

static int compare_pids(const void *a, const void *b)
{
	const struct holding *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static int compare_counts(const void *a, const void *b)
{
	const struct owner_stats *x = a, *y = b;

	if (x->close_wait != y->close_wait)
		return x->close_wait > y->close_wait ? -1 : 1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

static size_t list_holdings(const struct half_closed *first, const struct half_closed *last,
			    const struct owner_table *owners, struct holding *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < last->count; i++) {
		const struct owner *owner = owner_lookup(owners, last->inodes[i]);

		if (owner != NULL)
			ret[n++] = (struct holding){ .pid = owner->pid,
						     .owner = (uint32_t)(owner - owners->owners),
						     .kept = has(first, last->inodes[i]) };
	}
	if (n > 0)
		qsort(ret, n, sizeof(*ret), compare_pids);
	return n;
}

struct owner_stats half_closed_unheld(const struct half_closed *first,
				      const struct half_closed *last,
				      const struct owner_table *owners)
{
	struct owner_stats unheld = { 0 };

	for (size_t i = 0; i < last->count; i++) {
		if (owner_lookup(owners, last->inodes[i]) != NULL)
			continue;
		unheld.close_wait++;
		unheld.close_wait_kept += has(first, last->inodes[i]);
	}
	return unheld;
}

static size_t count_processes(const struct holding *holdings, size_t n)
{
	size_t processes = 0;

	for (size_t i = 0; i < n; i++)
		processes += i == 0 || holdings[i].pid != holdings[i - 1].pid;
	return processes;
}

static size_t join_holdings(const struct holding *holdings, size_t n,
			    const struct owner_table *owners, struct owner_stats *rows)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		const struct holding *h = &holdings[i];
		struct owner_stats *row = count > 0 ? &rows[count - 1] : NULL;

		if (row == NULL || row->pid != h->pid) {
			row = &rows[count++];
			row->pid = h->pid;
			(void)snprintf(row->process, sizeof(row->process), "%s (%d)",
				       owners->owners[h->owner].comm, h->pid);
		}
		row->close_wait++;
		row->close_wait_kept += h->kept;
	}
	return count;
}

int half_closed_owners(const struct half_closed *first, const struct half_closed *last,
		       const struct owner_table *owners, struct owner_stats **ret,
		       size_t *ret_count)
{
	struct holding *holdings = calloc(last->count + 1, sizeof(*holdings));
	struct owner_stats *rows = NULL;
	size_t n = 0;

	if (holdings != NULL) {
		n = list_holdings(first, last, owners, holdings);
		rows = calloc(count_processes(holdings, n) + 1, sizeof(*rows));
	}
	if (rows == NULL) {
		free(holdings);
		return -ENOMEM;
	}
	n = join_holdings(holdings, n, owners, rows);
	free(holdings);
	if (n > 0)
		qsort(rows, n, sizeof(*rows), compare_counts);
	*ret = rows;
	*ret_count = n < OWNERS_KEPT ? n : OWNERS_KEPT;
	return 0;
}
