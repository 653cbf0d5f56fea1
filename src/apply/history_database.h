/* The database of the history. For history*.c. */
#ifndef NETWRIGHT_APPLY_HISTORY_DATABASE_H
#define NETWRIGHT_APPLY_HISTORY_DATABASE_H

#include "apply/database.h"

#include <stdbool.h>
#include <stddef.h>

struct history {
	sqlite3 *db;
};

extern const struct database_schema history_schema;

/* Whether it is printable ASCII that ends within `size`. */
bool history_text_is_printable(const char *text, size_t size);
/* A column's text: 0, or -EBADMSG when it does not fit or holds a NUL. */
int history_copy_text(sqlite3_stmt *q, int column, char *ret, size_t size);

#endif
