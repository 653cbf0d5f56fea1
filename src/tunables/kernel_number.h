/* Numbers of sysctls as the kernel itself reads them, from files that it is given unseen.
 *
 * Linux proc_get_long() (kernel/sysctl.c), strtoul_lenient(): digits in base 0, so that 0x10 is 16
 * and 010 is 8, a minus in front, and nothing but a blank behind. What people type to us goes
 * through tunable_number_parse() instead, which is strict.
 */
#ifndef NETWRIGHT_TUNABLES_KERNEL_NUMBER_H
#define NETWRIGHT_TUNABLES_KERNEL_NUMBER_H

#include "base/text.h"
#include "tunables/catalogue.h"

#include <stdint.h>

/* One word, without blanks. 0; -EINVAL: every sysctl of numbers refuses it (measured on Linux 6.18
 * with 212 of them), also for more than 20 characters or 64 bits; -ERANGE: some take it, but it
 * does not fit *ret. */
int kernel_number_parse(struct text_span word, int64_t *ret);

/* The first word of `value` by which the kernel refuses it for `t`: -EINVAL. 0: there is none, as
 * in a value of words rather than numbers. Words beyond the tunable's arity are not looked at. */
int kernel_number_refused(const struct tunable *t, const char *value, struct text_span *ret_word);

#endif
