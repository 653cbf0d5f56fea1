/* ${name} of TuneD's profiles (tuned/profiles/variables.py).
 *
 * Variables are expanded from first to last when they are defined, so that a later one sees those
 * before it. \${name} stands for ${name} itself. TuneD's functions (${f:...}) run programs or look
 * at the host in ways of their own, and are not run here.
 */
#ifndef NETWRIGHT_PROFILES_TUNED_VARIABLES_H
#define NETWRIGHT_PROFILES_TUNED_VARIABLES_H

#include "base/bytes.h"
#include "profiles/tuned_file.h"

/* What an expansion left as it was. */
enum tuned_unexpanded {
	TUNED_EXPANDED,
	TUNED_UNKNOWN_VARIABLE,
	TUNED_FUNCTION,
};
/* "calls a function of TuneD's, ..."; NULL for TUNED_EXPANDED. Static. */
const char *tuned_unexpanded_reason(enum tuned_unexpanded u);

/* Options of a section, values expanded; they borrow the names of their files. Initialise with {0}.
 */
struct tuned_variables {
	struct tuned_sections sections;
};

/* Defines one; a name that is no word is ignored, as TuneD does. -EINVAL (ERROR_INPUT) with file
 * and line when it is one too many, or longer than TUNED_VALUE_MAX once expanded: each variable may
 * double the one before it. -ENOMEM. */
int tuned_variables_define(struct tuned_variables *v, const struct tuned_option *o,
			   struct error *e);
/* Appends the expanded text to *ret. -E2BIG when it is longer than TUNED_VALUE_MAX, -ENOMEM. */
int tuned_variables_expand(const struct tuned_variables *v, const char *text, struct bytes *ret,
			   enum tuned_unexpanded *ret_left);
void tuned_variables_done(struct tuned_variables *v);

#endif
