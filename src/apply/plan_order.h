/* What is written first: what others depend on, or would undo. Pure. */
#ifndef NETWRIGHT_APPLY_PLAN_ORDER_H
#define NETWRIGHT_APPLY_PLAN_ORDER_H

#include "apply/plan.h"

#include <stdbool.h>
#include <stddef.h>

enum plan_order_when { ORDER_ALWAYS, ORDER_LOWERED, ORDER_RAISED };

/* One row per thing that has a place of its own, in the order of writing. */
struct plan_order_row {
	const char *pattern;	   /* fnmatch(3) over target names */
	enum plan_order_when when; /* by the first number of its value */
	const char *why;
	/* Names that writing it may set as well, as fnmatch(3) with FNM_EXTMATCH has them; NULL:
	 * none. With `same_key`, only those that end in the same key. */
	const char *resets;
	bool same_key;
};

extern const struct plan_order_row plan_order_rows[];
extern const size_t plan_order_row_count;

/* Changes are written by ascending rank, those of the same rank as wished: the index of the first
 * row that matches, or that of "*". */
unsigned int plan_order_rank(const struct plan_change *change);

/* Whether writing `change` may set the target `name` as well. */
bool plan_order_resets(const struct plan_change *change, const char *name);

#endif
