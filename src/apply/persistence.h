/* Files that make a transaction's values survive a reboot.
 *
 * Sysctls go to /etc/sysctl.d/95-netwright-ID.conf, limits of a service's processes to a drop-in
 * /etc/systemd/system/UNIT.d/95-netwright-ID.conf; both are written whole, atomically, and only for
 * transactions that are kept. What a file cannot persist is named by persistence_excuse().
 */
#ifndef NETWRIGHT_APPLY_PERSISTENCE_H
#define NETWRIGHT_APPLY_PERSISTENCE_H

#include "apply/store.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/os.h"

/* Writes, or removes, the files of a transaction. `root` is prefixed to /etc ("" on a real host).
 * Both are idempotent. */
int persistence_write(struct os *os, const char *root, const struct transaction_record *t,
		      struct error *e);
int persistence_remove(struct os *os, const char *root, const struct transaction_record *t,
		       struct error *e);

/* Why a change cannot outlive a reboot ("the limits of a process end with it; PID 812 belongs to no
 * systemd unit"), or NULL when it can. */
const char *persistence_excuse(const struct plan_change *c);

/* The text of a sysctl.d file with these changes: for persistence and for `--export sysctl.d`. Its
 * comments say why each line is there. 0 or -ENOMEM. */
int persistence_sysctl_text(const struct plan_change *changes, size_t n, struct bytes *ret);

#endif
