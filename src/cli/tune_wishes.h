/* Which of the wishes that findings come to can be met here; why the others cannot is told. */
#ifndef NETWRIGHT_CLI_TUNE_WISHES_H
#define NETWRIGHT_CLI_TUNE_WISHES_H

#include "apply/plan.h"
#include "base/error.h"
#include "tunables/place.h"

#include <stddef.h>

/* Both drop wishes from the array and say so on stderr, a line for each. The first leaves out what
 * holds for the whole host when the place is a namespace; the second what cannot be resolved or
 * changed, of kinds whose targets come and go: 0 or -ENOMEM. */
void tune_leave_out_host(struct wish *wishes, size_t *count, const struct place *place);
int tune_leave_out_unmet(struct wish *wishes, size_t *count, const struct place *place,
			 struct error *e);

#endif
