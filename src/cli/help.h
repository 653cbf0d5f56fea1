/* Help texts, generated from the verb and option tables. */
#ifndef NETWRIGHT_CLI_HELP_H
#define NETWRIGHT_CLI_HELP_H

#include "cli/verbs.h"

#include <stdio.h>

/* Both return EXIT_STATUS_OK. */
int help_print_overview(FILE *out);
int help_print_verb(const struct verb *verb, FILE *out);

#endif
