#include "apply/store_schema.h"

#include "apply/store.h"
#include "base/cleanup.h"

/* Released steps are never changed: a new version is a new step. Ids are never used twice
 * (AUTOINCREMENT), since files and people refer to them. The order of columns is that of
 * store_record.c. */
static const char *const steps[] = {
	"CREATE TABLE transactions ("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" boot_id TEXT NOT NULL, netns TEXT NOT NULL, netns_cookie INTEGER NOT NULL,"
	" started_utc_s REAL NOT NULL, uid INTEGER NOT NULL, login_uid INTEGER NOT NULL,"
	" command TEXT NOT NULL, change_count INTEGER NOT NULL, origin_sum INTEGER NOT NULL,"
	" state TEXT NOT NULL, persistence TEXT NOT NULL, finished_utc_s REAL NOT NULL,"
	" deadline_boottime_ns INTEGER NOT NULL, guardian_pid INTEGER NOT NULL,"
	" guardian_start INTEGER NOT NULL, reason TEXT NOT NULL, progress_sum INTEGER NOT NULL"
	") STRICT;"
	"CREATE TABLE changes ("
	" transaction_id INTEGER NOT NULL REFERENCES transactions (id) ON DELETE CASCADE,"
	" position INTEGER NOT NULL,"
	" kind TEXT NOT NULL, name TEXT NOT NULL, identity TEXT NOT NULL,"
	" from_text TEXT NOT NULL, from_undo TEXT NOT NULL, to_text TEXT NOT NULL,"
	" why TEXT NOT NULL, origin_sum INTEGER NOT NULL,"
	" outcome TEXT NOT NULL, read_back TEXT NOT NULL, note TEXT NOT NULL,"
	" progress_sum INTEGER NOT NULL,"
	" PRIMARY KEY (transaction_id, position)"
	") STRICT, WITHOUT ROWID;",
};

const struct database_schema store_schema = {
	.file = "state.db",
	.application = 0x6e777374,
	.steps = steps,
	.version = ARRAY_LEN(steps),
	.durable = true,
};

const char *transaction_state_name(enum transaction_state s)
{
	static const char *const names[] = {
		[TRANSACTION_APPLYING] = "applying",
		[TRANSACTION_PENDING] = "pending",
		[TRANSACTION_KEPT] = "kept",
		[TRANSACTION_ROLLING_BACK] = "rolling-back",
		[TRANSACTION_ROLLED_BACK] = "rolled-back",
		[TRANSACTION_FAILED] = "failed",
		[TRANSACTION_PARTIAL] = "partial",
		[TRANSACTION_VOID] = "void",
	};

	return names[s];
}

const char *change_outcome_name(enum change_outcome o)
{
	static const char *const names[] = {
		[CHANGE_PLANNED] = "planned",	  [CHANGE_WRITTEN] = "written",
		[CHANGE_FAILED] = "failed",	  [CHANGE_RESTORED] = "restored",
		[CHANGE_UNTOUCHED] = "untouched", [CHANGE_CONFLICT] = "conflict",
		[CHANGE_GONE] = "gone",		  [CHANGE_UNRESTORED] = "unrestored",
	};

	return names[o];
}
