/* A machine of applier_fixture.h on which changes of five kinds are mixed: sysctls, limits of
 * processes, routes (one of them new), a link with its queue, and open connections. */
#ifndef NETWRIGHT_TESTS_UNIT_KINDS_FIXTURE_H
#define NETWRIGHT_TESTS_UNIT_KINDS_FIXTURE_H

#include "applier_fixture.h"

#define KINDS_CHANGES 30

/* One machine at a time. Files that survive a reboot: of sysctls, and of routes and links. */
void kinds_init_thirty(struct world *w);
void kinds_init_five(struct world *w); /* a change of each kind */

#endif
