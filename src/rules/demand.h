/* What a rule book needs of a host, so that whoever judges by it every minute need not read
 * everything. Pure.
 */
#ifndef NETWRIGHT_RULES_DEMAND_H
#define NETWRIGHT_RULES_DEMAND_H

#include "rules/rulebook.h"

#include <stdbool.h>

struct demand {
	bool *tunables; /* owned; a flag for each in catalogue order: named by a rule in any way */
	/* Whether the lookup of processes decides what is proposed, or what silences it. What rules
	 * that do neither say of processes is for people to read. */
	bool owners;	/* those behind sockets */
	bool processes; /* those that are close to their limit of descriptors */
};

/* 0 or -ENOMEM. */
int demand_of(const struct rulebook *book, struct demand *ret);
void demand_done(struct demand *d); /* accepts {0} */

#endif
