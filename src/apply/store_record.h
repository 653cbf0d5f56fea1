/* The journal's rows, from and to their structs, with every check.
 *
 * A row is two groups of columns: its origin, written once, and its progress, written at each
 * update; each group ends with a checksum (CRC-32, as of zlib) over the group, so that a bit that
 * flipped within a value is found as well, which SQLite's own checks would not see.
 *
 * Free text (commands, reasons, notes, what was read back) is made printable when it is written;
 * all else must be printable ASCII already.
 */
#ifndef NETWRIGHT_APPLY_STORE_RECORD_H
#define NETWRIGHT_APPLY_STORE_RECORD_H

#include "apply/store.h"
#include "base/error.h"

#include <sqlite3.h>
#include <stddef.h>

/* The columns of each group in order, without the checksum that follows them; NULL at the end. */
enum record_group { TRANSACTION_ORIGIN, TRANSACTION_PROGRESS, CHANGE_ORIGIN, CHANGE_PROGRESS };

/* Whether `record` (a struct transaction_record or change_record) can be written: 0, or -EINVAL
 * (ERROR_FAILED) with the field that cannot. */
int record_check(enum record_group group, const void *record, struct error *e);

/* Binds the group, checked before, from parameter `first` on; returns the parameter after its
 * checksum. What cannot be bound (memory) fails when the statement is run. */
int record_bind(sqlite3_stmt *s, int first, enum record_group group, const void *record);

/* Reads the group from column `first` on; returns the column after its checksum, or -EBADMSG with
 * the column and what is wrong with it, e.g. "to_text is longer than 2047 bytes". */
int record_read(sqlite3_stmt *s, int first, enum record_group group, void *record, struct error *e);

#endif
