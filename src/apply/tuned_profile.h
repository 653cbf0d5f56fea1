/* What the active profile of TuneD sets by its sysctl plugin.
 *
 * Follows TuneD's own loader (profiles/loader.py, merger.py of 2.20 to 2.28): parents first, each
 * file once, sections of one name merged, `replace` and `enabled` obeyed, both layouts of
 * directories (/etc/tuned/NAME, /etc/tuned/profiles/NAME and the same below /usr/lib/tuned).
 * Variables and functions are not evaluated: what needs them has no known value.
 */
#ifndef NETWRIGHT_APPLY_TUNED_PROFILE_H
#define NETWRIGHT_APPLY_TUNED_PROFILE_H

#include "base/os.h"
#include "tunables/sysctl_file.h"

#include <stddef.h>

#define TUNED_VALUE_MAX 128
#define TUNED_FILE_MAX	256

struct tuned_setting {
	char section[64];
	char key[SYSCTL_KEY_MAX];
	char value[TUNED_VALUE_MAX]; /* printable; "" not known without running TuneD */
	char file[TUNED_FILE_MAX];   /* without the root */
	unsigned int line;
};

struct tuned_profile {
	char name[128]; /* as in active_profile: "network-throughput", or several words */
	struct tuned_setting *settings; /* owned; later ones win */
	size_t count;
};

/* Reads the active profile below `root`. What is missing or malformed is left out: 0 or -ENOMEM. */
int tuned_profile_load(struct os *os, const char *root, struct tuned_profile *ret);
void tuned_profile_done(struct tuned_profile *p); /* accepts {0} */

/* What sets a key in the end, or NULL. */
const struct tuned_setting *tuned_profile_find(const struct tuned_profile *p, const char *key);

#endif
