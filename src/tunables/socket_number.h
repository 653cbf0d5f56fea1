/* Options of a connection that are an int. For socket_*.c. */
#ifndef NETWRIGHT_TUNABLES_SOCKET_NUMBER_H
#define NETWRIGHT_TUNABLES_SOCKET_NUMBER_H

#include "base/os.h"

/* 0 to INT_MAX, in decimal; else -EINVAL. */
int socket_number_parse(const char *text, int *ret);

/* Negative errnos of getsockopt(2) and setsockopt(2). */
int socket_number_get(struct os *os, int fd, int level, int name, int *ret);
int socket_number_set(struct os *os, int fd, int level, int name, int value);

#endif
