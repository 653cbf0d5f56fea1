/* Metrics over time, from the history. */
#ifndef NETWRIGHT_CLI_TREND_LIST_H
#define NETWRIGHT_CLI_TREND_LIST_H

#include "base/error.h"
#include "cli/options.h"

#include <stdio.h>

/* Prints the series that --metric, --netns and --days choose, as a table or, with --json, as
 * netwright.trends/1. Damaged ones are counted on stderr. An exit status or a negative errno. */
int trend_list_print(const struct settings *s, FILE *out, struct error *e);

#endif
