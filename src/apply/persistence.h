/* Files that make a transaction's values survive a reboot.
 *
 * Sysctls go to /etc/sysctl.d/95-netwright-ID.conf, limits of a service's processes to a drop-in
 * /etc/systemd/system/UNIT.d/95-netwright-ID.conf, routes and links to
 * /etc/netwright/restore.d/95-netwright-ID.conf (apply/boot_settings.h). Of a profile's changes not
 * the values are kept but its name and inputs, in 95-netwright-ID.profile beside those
 * (apply/boot_profile.h). All are written whole,
 * atomically, and only for transactions that are kept. The number has ten digits, so that of two
 * transactions the later one is read later. systemd looks at drop-ins when it starts, or at
 * `systemctl daemon-reload`.
 *
 * The first line of a file says which transaction of which boot wrote it, with a checksum of the
 * others. A file of that name that says otherwise is another journal's, and one that was edited is
 * somebody's work: neither is replaced or removed.
 */
#ifndef NETWRIGHT_APPLY_PERSISTENCE_H
#define NETWRIGHT_APPLY_PERSISTENCE_H

#include "apply/store.h"
#include "apply/transaction.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/os.h"
#include "tunables/place.h"

#include <stdbool.h>

#define PERSISTENCE_UNITS "/etc/systemd/system" /* of drop-ins */

/* persistence_write() and persistence_remove(), for a struct applier. */
extern const struct persister persistence_files;

/* Writes, or removes, the files of a transaction. `root` is prefixed to /etc ("" on a real host).
 * Both are idempotent. The limits of a process that has ended meanwhile are left out. -EEXIST
 * (ERROR_CONFLICT): a file of this name is another journal's; -EUCLEAN (ERROR_CONFLICT): it was
 * edited. */
int persistence_write(struct os *os, const char *root, const struct transaction_record *t,
		      struct error *e);
int persistence_remove(struct os *os, const char *root, const struct transaction_record *t,
		       struct error *e);

/* Whether it is set by a line of sysctl.d(5). */
bool persistence_is_sysctl(const struct plan_change *c);

/* Whether a file can make a change survive a reboot: 0, -EOPNOTSUPP (ERROR_UNSUPPORTED) with the
 * reason, -ESTALE when its process has ended. */
int persistence_check(const struct place *p, const struct plan_change *c, struct error *e);
/* Whether the files of sysctl.d(5) and restore.d set what `p` is: 0, or -EOPNOTSUPP
 * (ERROR_UNSUPPORTED), about `what`. */
int persistence_check_place(const struct place *p, const char *what, struct error *e);
/* Whether at least one of the plan's can, or there is none; and none that a file would hold is of a
 * namespace that the file does not reach, or waits for a unit that is not there: else -EOPNOTSUPP.
 */
int persistence_check_plan(const struct place *p, const struct plan *plan, struct error *e);

/* Appends the paths, each with its NUL, of the files of a transaction that are there. 0 or -ENOMEM;
 * what cannot be read is left out. */
int persistence_list(struct os *os, const char *root, const struct transaction_record *t,
		     struct bytes *ret);

/* How many of the plan's changes a file can set at boot. */
size_t persistence_count_able(const struct place *p, const struct plan *plan);

/* The line of a sysctl.d file for a change of a sysctl, with a comment above it that says why: for
 * persistence and for `--export sysctl.d`. 0 or -ENOMEM. */
int persistence_sysctl_text(const struct plan_change *c, struct bytes *ret);

/* The line of a file of /etc/netwright/restore.d, with a comment above it. 0 or -ENOMEM. */
int persistence_boot_text(const struct plan_change *c, struct bytes *ret);

/* One line of a unit's [Service] section with the comment of the change above it; nothing for what
 * is no limit of a process. 0, -ENOMEM, or -EINVAL for a malformed value. */
int persistence_limit_text(const struct plan_change *c, struct bytes *ret);

#endif
