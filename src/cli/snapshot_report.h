/* Snapshots and how they differ from what holds, in text and JSON. */
#ifndef NETWRIGHT_CLI_SNAPSHOT_REPORT_H
#define NETWRIGHT_CLI_SNAPSHOT_REPORT_H

#include "apply/snapshot.h"
#include "base/error.h"
#include "cli/options.h"

#include <stdio.h>

/* All of the state directory. One that cannot be read is listed with the reason. */
int snapshot_print_list(const struct settings *s, const char *directory, FILE *out,
			struct error *e);
/* One that was just saved. */
int snapshot_print_saved(const struct settings *s, const struct snapshot *snapshot, FILE *out,
			 struct error *e);
int snapshot_print_differences(const struct settings *s, const struct snapshot *snapshot,
			       const struct snapshot_differences *d, FILE *out, struct error *e);

#endif
