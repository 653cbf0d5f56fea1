/* IP addresses and the prefixes that paths are named after. */
#ifndef NETWRIGHT_HOST_ADDRESS_H
#define NETWRIGHT_HOST_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct address {
	uint8_t family;	   /* 4 or 6; 0 is "none" */
	uint8_t bytes[16]; /* network order; IPv4 in the first four, the rest zero */
};

struct prefix {
	struct address address; /* host bits zero */
	uint8_t length;
};

/* Prefix lengths that make one path: hosts behind one /24 (IPv4) or one /64 (IPv6) share their way
 * there closely enough to be judged together. */
#define PATH_PREFIX_IPV4 24
#define PATH_PREFIX_IPV6 64

/* From the kernel's four words in network order; IPv4-mapped IPv6 (::ffff:a.b.c.d) becomes IPv4. */
struct address address_from_kernel(int af_family, const uint32_t words[4]);
struct prefix address_path(const struct address *address);
bool address_equal(const struct address *a, const struct address *b);
bool address_is_loopback(const struct address *address);
bool prefix_contains(const struct prefix *prefix, const struct address *address);
/* "198.51.100.7", "2001:db8::1". Needs at most ADDRESS_TEXT_MAX bytes; returns buf. */
#define ADDRESS_TEXT_MAX 46
const char *address_format(const struct address *address, char *buf, size_t len);
#define PREFIX_TEXT_MAX 50
const char *prefix_format(const struct prefix *prefix, char *buf, size_t len);
/* "198.51.100.0/24", "2001:db8::/64", or an address alone (full length). 0 or -EINVAL; host bits
 * are cleared. */
int prefix_parse(const char *text, struct prefix *ret);

#endif
