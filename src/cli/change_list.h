/* Transactions of the journal, all at once. */
#ifndef NETWRIGHT_CLI_CHANGE_LIST_H
#define NETWRIGHT_CLI_CHANGE_LIST_H

#include "apply/store.h"
#include "base/error.h"
#include "cli/document.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define HISTORY_SCHEMA "netwright.history/1"

/* One that store_load() refuses. */
struct change_unreadable {
	int64_t id;
	struct error why;
};

struct change_list {
	struct transaction_record *all; /* owned, newest first */
	size_t count;
	struct change_unreadable *unreadable; /* owned, newest first */
	size_t unreadable_count;
};

#define CHANGE_LIST_EVERY_STATE (((1u << TRANSACTION_STATES) - 1) | STORE_STATE_UNKNOWN)
#define CHANGE_LIST_HOT		(1u << TRANSACTION_APPLYING | 1u << TRANSACTION_ROLLING_BACK)
#define CHANGE_LIST_UNFINISHED	(CHANGE_LIST_HOT | 1u << TRANSACTION_PENDING)

/* Those in a state of the mask, at most `limit`, the unreadable ones included. `store` NULL is a
 * journal without any. `ret` must be {0}; release with change_list_done() in any case. Errors as of
 * store_list() and store_load(), but for what is said of a damaged record alone. */
int change_list_load(struct store *store, unsigned int state_mask, size_t limit,
		     struct change_list *ret, struct error *e);
/* The one of this ID. -ENOENT when there is none, -EBADMSG when it is unreadable. */
int change_list_load_one(struct store *store, int64_t id, struct change_list *ret, struct error *e);
/* Of a list with unreadable ones: what is said of the first, -EBADMSG. */
int change_list_refuse(const struct change_list *l, struct error *e);
/* Whether a transaction is void and has no files: nothing of it is in force, at this boot or at the
 * next. */
bool change_list_is_forgotten(const struct transaction_record *t);
void change_list_drop_forgotten(struct change_list *l);
void change_list_done(struct change_list *l);

/* One line on stderr for each that is unreadable. Returns EXIT_STATUS_CONFLICT when there are some,
 * else EXIT_STATUS_OK. */
int change_list_complain(const struct change_list *l);

json_t *change_list_object(struct document *d, const struct change_list *l);
/* [{id, why}], of those that are unreadable. */
json_t *change_list_unreadable(struct document *d, const struct change_list *l);
/* {schema: HISTORY_SCHEMA, transactions: [...], unreadable: [...]}. */
int change_list_print_json(const struct change_list *l, FILE *out, struct error *e);

#endif
