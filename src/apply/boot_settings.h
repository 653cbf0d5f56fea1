/* Settings that no file of the system sets at boot, and `netwright restore` does: routes, links and
 * their queues.
 *
 * Lines `TUNABLE = VALUE` in the .conf files of /etc/netwright/restore.d, read in the order of
 * their names; of lines for one tunable the last one counts. Lines that begin with # are comments.
 * Names and values go the way of those that people type: whatever a file says, it can set only what
 * is catalogued. Files of ours are written as of apply/persistence.h; others may stand beside them.
 */
#ifndef NETWRIGHT_APPLY_BOOT_SETTINGS_H
#define NETWRIGHT_APPLY_BOOT_SETTINGS_H

#include "apply/plan.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/os.h"
#include "tunables/place.h"

#include <stdbool.h>
#include <stddef.h>

#define BOOT_SETTINGS_PARENT	"/etc/netwright"
#define BOOT_SETTINGS_DIRECTORY BOOT_SETTINGS_PARENT "/restore.d"
#define BOOT_UNIT		"netwright-restore.service"
#define BOOT_WHY_MAX		160 /* a file's name, cut at 120 bytes, and a line */
/* More than a host of a thousand interfaces has of links and routes worth setting. */
#define BOOT_SETTINGS_MAX 4096

/* One line that counts. */
struct boot_setting {
	char *tunable, *value;	/* owned */
	char why[BOOT_WHY_MAX]; /* "restore 95-netwright-0000000012.conf:4" */
};

struct boot_settings {
	struct boot_setting *all; /* owned; in the order of the lines */
	size_t count;
	struct bytes problems; /* sentences, each with its NUL: what could not be read */
};

/* Whether such a file sets it at boot. */
bool boot_settings_take(const struct plan_change *c);

/* Reads all files below `root` ("" on a real host). A file or line that is not as described is a
 * problem, and the others count; without the directory there is nothing. 0, -ENOMEM, -E2BIG, or the
 * errno of reading the directory. `ret` must be {0}; release it in any case. */
int boot_settings_read(struct os *os, const char *root, struct boot_settings *ret, struct error *e);
void boot_settings_done(struct boot_settings *s); /* accepts {0} */

/* Whether systemd will run `netwright restore` at boot: 0, or -EOPNOTSUPP (ERROR_UNSUPPORTED) when
 * BOOT_UNIT is not installed or masked. `name` is what the message is about. */
int boot_unit_check(struct os *os, const char *name, struct error *e);

#endif
