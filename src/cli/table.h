/* Tables whose columns are as wide as their content. */
#ifndef NETWRIGHT_CLI_TABLE_H
#define NETWRIGHT_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 12

struct table_column {
	const char *title;
	bool right; /* numbers end at the same column */
};

struct table {
	const struct table_column *columns;
	size_t column_count; /* at most TABLE_COLUMNS_MAX */
	char **cells;	     /* owned; row after row */
	size_t row_count, row_capacity;
};

void table_init(struct table *t, const struct table_column *columns, size_t column_count);
/* Copies column_count texts. 0 or -ENOMEM. */
int table_add(struct table *t, const char *const *cells);
/* Prints titles and rows. Lines are cut at `width` columns; 0 cuts nothing. The last column is not
 * padded. Nothing at all for a table without rows. */
void table_print(const struct table *t, FILE *out, unsigned int indent, unsigned int width);
void table_done(struct table *t);

#endif
