/* The local ports that the kernel gives to outgoing connections. */
#ifndef NETWRIGHT_HOST_PORT_RANGE_H
#define NETWRIGHT_HOST_PORT_RANGE_H

#include "base/error.h"
#include "base/port_set.h"
#include "host/source.h"

#include <stdbool.h>
#include <stdint.h>

struct port_range {
	uint16_t first, last;	  /* net.ipv4.ip_local_port_range; IPv6 uses it as well */
	struct port_set reserved; /* net.ipv4.ip_local_reserved_ports, everywhere */
	uint32_t ports;		  /* in the range and not reserved; 0 is possible */
};

/* Whether the kernel may choose this port by itself. */
bool port_range_has(const struct port_range *r, uint16_t port);
/* Both files of the audited namespace. 0; those of source_read_file(); -EBADMSG when one of them
 * holds something else. */
int port_range_read(struct source *s, struct port_range *ret, struct error *e);

#endif
