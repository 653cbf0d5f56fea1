/* What a rule book needs of a host, so that whoever judges by it every minute need not read
 * everything. Pure.
 */
#ifndef NETWRIGHT_RULES_DEMAND_H
#define NETWRIGHT_RULES_DEMAND_H

#include "rules/rulebook.h"

#include <stdbool.h>

struct demand {
	bool *tunables; /* owned; a flag for each in catalogue order: named by a rule in any way */
	/* Whether the lookup of processes decides what is found, of rules that propose or silence
	 * anything. What the others say of processes is for people to read. */
	bool owners;	/* those behind sockets */
	bool processes; /* those that are close to their limit of descriptors */
	bool holders;	/* those behind sockets decide what is proposed, but not what is found */
};

/* 0 or -ENOMEM. */
int demand_of(const struct rulebook *book, struct demand *ret);
void demand_done(struct demand *d); /* accepts {0} */

/* Whether the lookup of processes decides what this rule finds, proposes or silences: any of the
 * three above. */
bool demand_is_lookup(const struct rule *rule);

#endif
