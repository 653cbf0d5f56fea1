/* From main()'s arguments to an exit status. */
#ifndef NETWRIGHT_CLI_COMMAND_H
#define NETWRIGHT_CLI_COMMAND_H

#include <stdio.h>

/* Runs the verb that the arguments name (audit when they name none). Data goes to `out`, errors
 * once to `err`. Returns the exit status; output that could not be written makes it fail. */
int command_run(int argc, char *const *argv, FILE *out, FILE *err);

#endif
