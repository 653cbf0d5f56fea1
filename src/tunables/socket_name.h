/* Names and identities of connections, as texts. Pure. */
#ifndef NETWRIGHT_TUNABLES_SOCKET_NAME_H
#define NETWRIGHT_TUNABLES_SOCKET_NAME_H

#include "tunables/kind.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* One connection, by one of the descriptors that hold it. */
struct socket_id {
	pid_t pid;
	uint64_t start; /* of the process, clock ticks after boot */
	int fd;
	uint64_t cookie;
};

/* "socket:SELECTOR/KEY"; the selector may have slashes of its own. Sets *ret_key to within `name`;
 * false when it has not that form. */
bool socket_name_split(const char *name, char ret_selector[TARGET_NAME_MAX], const char **ret_key);
/* "PID/FD", both decimal without leading zeros. */
bool socket_holder_parse(const char *selector, pid_t *ret_pid, int *ret_fd);
/* "socket:PID/FD/KEY" and "process PID start TICKS fd FD cookie COOKIE". */
void socket_name_format(const struct socket_id *id, const char *key, char ret[TARGET_NAME_MAX]);
void socket_identity_format(const struct socket_id *id, char ret[TARGET_IDENTITY_MAX]);
bool socket_identity_parse(const char *identity, struct socket_id *ret);

#endif
