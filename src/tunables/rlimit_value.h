/* Values of process limits as text: "1024:524288", "unlimited:unlimited". Pure. */
#ifndef NETWRIGHT_TUNABLES_RLIMIT_VALUE_H
#define NETWRIGHT_TUNABLES_RLIMIT_VALUE_H

#include "base/error.h"
#include "tunables/catalogue.h"

#include <sys/resource.h>

#define RLIMIT_TEXT_MAX 48 /* two numbers of 20 digits, a colon, and the NUL */

void rlimit_format(struct rlimit limit, char ret[RLIMIT_TEXT_MAX]);
/* The canonical text only: 0 or -EINVAL. */
int rlimit_parse(const char *text, struct rlimit *ret);

/* What a person wrote: "SOFT" or "SOFT:HARD", numbers with units or "unlimited". SOFT alone leaves
 * the hard limit of `now`, or raises it with it. -EINVAL or -ERANGE with what is accepted. */
int rlimit_parse_words(const struct tunable *row, const char *words, struct rlimit now,
		       struct rlimit *ret, struct error *e);

#endif
