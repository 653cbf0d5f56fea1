/* A set of ports as the kernel writes it: "8080,9000-9010", ascending, neighbours joined to a range
 * (proc_do_large_bitmap() of kernel/sysctl.c). Pure. */
#ifndef NETWRIGHT_BASE_PORT_SET_H
#define NETWRIGHT_BASE_PORT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PORT_COUNT 65536u

/* Initialise with {0}. */
struct port_set {
	uint8_t bits[PORT_COUNT / 8];
};

/* Ports and ranges separated by commas, decimal, without blanks; an empty text is the empty set.
 * Returns 0, or -EINVAL with a static text that says what is wrong. */
int port_set_parse(const char *text, size_t len, struct port_set *ret, const char **ret_problem);
void port_set_add(struct port_set *s, uint16_t port);
bool port_set_has(const struct port_set *s, unsigned int port);
/* The kernel's text. Returns 0, or -E2BIG when it does not fit into `size` bytes with its NUL. */
int port_set_format(const struct port_set *s, char *buf, size_t size);

#endif
