/* Wishes that must not make worse what is better already. Pure. */
#ifndef NETWRIGHT_APPLY_WISH_MODE_H
#define NETWRIGHT_APPLY_WISH_MODE_H

#include "apply/plan.h"
#include "base/error.h"

#include <stdbool.h>

/* Whether `held`, as a tunable of the row `t` holds it, is beyond what the wish wants for that
 * element (-1: all of it): more for WISH_RAISE, less for WISH_LOWER; never for WISH_SET. Of a
 * process's limit the soft part counts. -EINVAL (ERROR_INPUT) when either is not one number. */
int wish_is_exceeded(const struct wish *wish, const struct tunable *t, int element,
		     const char *held, bool *ret, struct error *e);

#endif
