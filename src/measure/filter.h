/* Which sockets count: `--filter 'dst 198.51.100.0/24 and (port 443 or pid 812)'`. */
#ifndef NETWRIGHT_MEASURE_FILTER_H
#define NETWRIGHT_MEASURE_FILTER_H

#include "base/error.h"
#include "host/sockdiag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct filter;

/* Terms: `dst PREFIX`, `src PREFIX`, `port N` (either side), `sport N`, `dport N`, `pid N`;
 * combined with `not`, `and`, `or` (in that order of binding) and parentheses. Errors: -EINVAL with
 * the column and what was expected. */
int filter_parse(const char *text, struct filter **ret, struct error *e);
/* Passes every socket but those with these cookies: what came after a list was made. `cookies` is
 * sorted and copied. A filter that is in *ret already is narrowed down to those; else *ret must be
 * NULL. 0 or -ENOMEM. */
int filter_new_sockets(const uint64_t *cookies, size_t n, struct filter **ret);
void filter_free(struct filter *f); /* accepts NULL */

/* The pids that the filter names, for the caller to look up their sockets. Returns their number. */
size_t filter_pids(const struct filter *f, const int **ret_pids);
/* Gives the sockets (inodes, sorted) of one of those pids; replaces earlier ones. 0 or -ENOMEM. */
int filter_set_inodes(struct filter *f, int pid, const uint32_t *inodes, size_t n);

bool filter_match(const struct filter *f, const struct socket_info *socket);

#endif
