/* A simulated host with several network namespaces behind struct realm: each is a sim_host. */
#ifndef NETWRIGHT_TESTS_UNIT_SIM_REALM_H
#define NETWRIGHT_TESTS_UNIT_SIM_REALM_H

#include "daemon/loop.h"
#include "sim_host.h"

#include <stdbool.h>
#include <stddef.h>

#define SIM_PLACES_MAX 4

struct sim_place {
	struct sim_host host;
	struct realm_place place;
	bool gone, unreadable;
};

struct sim_realm {
	struct realm realm;
	struct sim_place places[SIM_PLACES_MAX];
	size_t count;
	double utc_offset_s; /* of the clock that people set */
	unsigned int worlds; /* open */

	/* What goes wrong, once; 0: nothing. */
	int survey_error, open_error;
	/* Somebody has set this of the first place's; "" nobody has. Said at every check. */
	char lost[TARGET_NAME_MAX];
	int check_error;
	unsigned int surveys;
	unsigned int lookups, holders; /* surveys with processes, and with those behind sockets */
};

/* One place, "self", of cookie 7. */
void sim_realm_open(struct sim_realm *r);
void sim_realm_close(struct sim_realm *r);
struct sim_place *sim_realm_add(struct sim_realm *r, const char *label, uint64_t cookie);

#endif
