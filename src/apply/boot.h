/* Which boot this is: what the kernel holds is forgotten by the next one. */
#ifndef NETWRIGHT_APPLY_BOOT_H
#define NETWRIGHT_APPLY_BOOT_H

#include "apply/store.h"
#include "base/error.h"

/* The kernel's random id of this boot, /proc/sys/kernel/random/boot_id. -EBADMSG when that file
 * does not hold one, or the errno of reading it. */
int boot_id_read(char ret[BOOT_ID_MAX], struct error *e);

#endif
