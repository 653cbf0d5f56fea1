/* What a roll-back would write. */
#ifndef NETWRIGHT_APPLY_PREVIEW_H
#define NETWRIGHT_APPLY_PREVIEW_H

#include "apply/plan.h"
#include "apply/store.h"
#include "base/error.h"
#include "base/os.h"

#include <stdbool.h>

/* The writes by which transaction_roll_back() of all[index] would restore what holds once those
 * before it, newer ones that were looked at in this way already, are rolled back; in their order:
 * the plan from the present values to the old ones. What would be written is CHANGE_RESTORED in
 * all[index]. What would be left as it is gets its outcome there (CHANGE_UNTOUCHED, _CONFLICT,
 * _GONE, or _UNRESTORED when it cannot be read), what it holds, and a note. Of a void one that is
 * nothing: only its files would be removed. Nothing is written. 0, -ENOMEM or what
 * place_open_again() fails with. Release *ret with plan_done() in any case. */
int rollback_preview(struct os *os, struct transaction_record *all, size_t index, bool force,
		     struct plan *ret, struct error *e);

#endif
