/* Which capabilities we have, read through struct os. */
#ifndef NETWRIGHT_TUNABLES_CAPABILITY_H
#define NETWRIGHT_TUNABLES_CAPABILITY_H

#include "base/error.h"
#include "base/os.h"

/* linux/capability.h */
#define CAPABILITY_NET_ADMIN	12u
#define CAPABILITY_SYS_RESOURCE 24u

/* Whether the calling thread has it in effect: 1, 0, or a negative errno. */
int capability_held(struct os *os, unsigned int capability, struct error *e);

#endif
