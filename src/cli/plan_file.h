/* A plan that was printed as netwright.plan/1, read again.
 *
 * Nothing in the file is trusted: names and values go the way of those that people type, and what
 * the file says about the host, the target and its value must be so here.
 */
#ifndef NETWRIGHT_CLI_PLAN_FILE_H
#define NETWRIGHT_CLI_PLAN_FILE_H

#include "apply/plan.h"
#include "base/error.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* Initialise with {0}; release with plan_file_done() in any case. */
struct plan_file {
	json_t *root;	   /* owned; the texts below are its */
	const char *netns; /* NULL: the namespace it is applied from */
	uint64_t netns_cookie;
	struct wish *wishes; /* owned */
	size_t count;
};

/* 0, -EINVAL (ERROR_INPUT) for what is no such plan or one of another host, errnos of reading. */
int plan_file_load(const char *path, struct plan_file *ret, struct error *e);
void plan_file_done(struct plan_file *f);

/* Whether each change of the plan is about the same target, holding the same value, as the file
 * says; -EAGAIN (ERROR_CONFLICT). `file` is a struct plan_file. */
int plan_file_check(const void *file, const struct plan *plan, struct error *e);

#endif
