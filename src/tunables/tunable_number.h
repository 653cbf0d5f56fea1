/* Numbers of tunables, from what people write. Shared by the files of tunable_setting.h. */
#ifndef NETWRIGHT_TUNABLES_TUNABLE_NUMBER_H
#define NETWRIGHT_TUNABLES_TUNABLE_NUMBER_H

#include "base/text.h"
#include "tunables/catalogue.h"

/* One number in the kernel's own unit, within the tunable's range and as the kernel takes it.
 * Returns 0, or -EINVAL or -ERANGE with a sentence in *e. */
int tunable_number_parse(const struct tunable *t, struct text_span word, int64_t *ret,
			 struct error *e);

/* "256 to 2147483647 (256 B to 2 GiB)"; returns buf. */
const char *tunable_number_range(const struct tunable *t, char *buf, size_t len);

#endif
