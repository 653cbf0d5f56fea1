/* Scope-bound release, after systemd's grammar: declare with CLEANUP(fn), hand over with a macro
 * that leaves NULL behind. Each x_freep() takes the address of the variable and accepts NULL in it.
 */
#ifndef NETWRIGHT_BASE_CLEANUP_H
#define NETWRIGHT_BASE_CLEANUP_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* Defines `static inline void fnp(type **p)` for a release function `void fn(type *)`. */
#define DEFINE_CLEANUP(type, fn)           \
	static inline void fn##p(type **p) \
	{                                  \
		if (*p != NULL)            \
			fn(*p);            \
		*p = NULL;                 \
	}

static inline void free_charp(char **p)
{
	free(*p);
	*p = NULL;
}

static inline void close_fdp(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
