/* The routes of a kernel in memory, behind the talk of fake_os.h. Routes are the bytes of their
 * messages, without the netlink header, and are one when family, prefix, table, metric and tos are.
 */
#ifndef NETWRIGHT_TESTS_UNIT_FAKE_ROUTES_H
#define NETWRIGHT_TESTS_UNIT_FAKE_ROUTES_H

#include "base/bytes.h"
#include "base/os.h"

#include <stdbool.h>

#define FAKE_ROUTES_MAX 16

struct fake_routes {
	uint64_t netns;
	struct bytes all[FAKE_ROUTES_MAX];
	size_t count;
	bool loses;	   /* a replacement fails with -EIO, and the route is gone */
	bool alters;	   /* once: a replacement loses the source address */
	int interruptions; /* so many dumps fail with -EAGAIN */
};

/* Answers for `os` from now on, in one namespace; release with fake_routes_done(). */
void fake_routes_attach(struct fake_routes *f, struct os *os, uint64_t netns);
void fake_routes_done(struct fake_routes *f);

/* A unicast route of the main table over link 2. `metrics` are attributes, or NULL. Returns its
 * index. */
struct fake_route {
	const char *prefix, *gateway; /* addresses; NULL gateway: none */
	unsigned int length, metric;
	unsigned char protocol;
	unsigned int initcwnd, rto_min; /* 0: none; rto_min is locked */
	const char *congctl;		/* NULL: none */
};
size_t fake_routes_add(struct fake_routes *f, const struct fake_route *route);
/* Appends bytes to a route's message. */
void fake_routes_append(struct fake_routes *f, size_t index, const void *data, size_t len);
/* All of them, in their order. Release with bytes_done(). */
struct bytes fake_routes_dump(const struct fake_routes *f);

/* All of them as one piece of memory, that can be compared as such; and back. */
#define FAKE_ROUTE_BYTES 256
struct fake_routes_image {
	size_t count;
	struct {
		size_t len;
		char data[FAKE_ROUTE_BYTES];
	} all[FAKE_ROUTES_MAX];
};
void fake_routes_save(const struct fake_routes *f, struct fake_routes_image *ret);
void fake_routes_load(struct fake_routes *f, const struct fake_routes_image *image);

#endif
