/* A directory for a journal, and a transaction to put into it. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include "apply/store.h"
#include "base/bytes.h"

/* A new empty directory (0700); the path is static. */
const char *fixture_directory(void);
/* DIRECTORY/NAME, static. */
const char *fixture_path(const char *name);
void fixture_remove(void);

/* A transaction of `changes` (at most 3) to sysctls of namespace 4102, which needs not exist:
 * tcp_rmem, somaxconn, tcp_congestion_control. */
void fixture_transaction(struct transaction_record *t, size_t changes);
struct store *fixture_open(enum store_access access);
/* Begins the transaction in a store of its own. */
void fixture_begin(struct transaction_record *t);

void fixture_read(const char *name, struct bytes *ret);
void fixture_write(const char *name, const void *data, size_t len);
/* Runs SQL on the journal as somebody with a SQLite shell would. */
void fixture_sql(const char *file, const char *sql);

#endif
