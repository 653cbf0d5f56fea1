/* The profile that every boot applies: by name and inputs, so that its formulas are worked out for
 * the host as it is then, and for interfaces that were not there before.
 *
 * /etc/netwright/restore.d/NAME.profile has lines `profile = NAME` and `input = NAME=VALUE`, and
 * comments that begin with #. One profile is in force: of several files the last one counts, in the
 * order of their names. Those of ours are written as of apply/persistence.h.
 */
#ifndef NETWRIGHT_APPLY_BOOT_PROFILE_H
#define NETWRIGHT_APPLY_BOOT_PROFILE_H

#include "apply/boot_settings.h"
#include "apply/profile_wishes.h"
#include "apply/store.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/os.h"
#include "tunables/sysctl_file.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define BOOT_PROFILE_ENDING	".profile"
#define BOOT_PROFILE_INPUTS_MAX 16 /* as many as a command line takes */

struct boot_profile {
	char file[NAME_MAX + 1]; /* its last name; "": there is none */
	char name[PROFILE_NAME_MAX];
	char inputs[BOOT_PROFILE_INPUTS_MAX][PROFILE_WHY_INPUTS_MAX];
	size_t input_count;
};

/* Reads the file that counts, below `root` ("" on a real host). 0, also when there is none; -EINVAL
 * (ERROR_INPUT) with file and line when it is not as described; -ENOMEM; the errno of reading. */
int boot_profile_read(struct os *os, const char *root, struct boot_profile *ret, struct error *e);

/* Whether such a file keeps a change, rather than one with its value. Limits of processes have
 * files of their own: at boot there are no processes yet. */
bool boot_profile_takes(const struct plan_change *c);
/* Whether `p` is the profile of such a change, with the same inputs: then it is kept already. */
bool boot_profile_keeps(const struct boot_profile *p, const struct plan_change *c);
/* Appends the lines of a transaction's profile; nothing when it is no profile's. 0 or -ENOMEM. */
int boot_profile_text(const struct transaction_record *t, struct bytes *ret);

/* What else is set at boot. A file of sysctl.d whose name comes after that of the profile's, which
 * reads as a .conf then, has the last word, as between files of sysctl.d; so have the settings that
 * `netwright restore` makes after it. */
struct boot_others {
	struct sysctl_settings sysctls;
	struct boot_settings settings;
};
int boot_others_read(struct os *os, const char *root, struct boot_others *ret, struct error *e);
void boot_others_done(struct boot_others *o); /* accepts {0} */
/* Whether one of them has the last word about a tunable, named without an element: then says so. */
bool boot_others_set(const struct boot_others *o, const struct boot_profile *p, const char *tunable,
		     char *reason, size_t len);

#endif
