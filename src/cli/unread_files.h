/* Files of sysctl.d(5) that could not be read, for people. */
#ifndef NETWRIGHT_CLI_UNREAD_FILES_H
#define NETWRIGHT_CLI_UNREAD_FILES_H

#include "tunables/sysctl_file.h"

#include <stdio.h>

/* One line of each: "netwright: not read: FILE: why"; what it sets is not known then. */
void unread_files_print(const struct sysctl_unread *unread, size_t count, FILE *err);

#endif
