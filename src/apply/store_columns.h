/* What the files of the store share: its connection, and the columns in the order of
 * apply/store_record.c, each group with its checksum. */
#ifndef NETWRIGHT_APPLY_STORE_COLUMNS_H
#define NETWRIGHT_APPLY_STORE_COLUMNS_H

#include <sqlite3.h>

struct store {
	sqlite3 *db;
};

#define TRANSACTION_COLUMNS                                                                    \
	"boot_id, netns, netns_cookie, started_utc_s, uid, login_uid, command, change_count, " \
	"origin_sum, state, persistence, finished_utc_s, deadline_boottime_ns, guardian_pid, " \
	"guardian_start, reason, progress_sum"
#define CHANGE_COLUMNS                                                                    \
	"kind, name, identity, from_text, from_undo, to_text, why, origin_sum, outcome, " \
	"read_back, note, progress_sum"

#endif
