/* The commands by which a person would carry out the changes that an audit proposes. */
#ifndef NETWRIGHT_CLI_BY_HAND_H
#define NETWRIGHT_CLI_BY_HAND_H

#include "apply/plan.h"
#include "base/bytes.h"
#include "rules/diagnose.h"
#include "tunables/catalogue.h"

/* Appends one line per changed tunable, sysctls in catalogue order and then the others as the
 * findings have them: `sysctl -w key="4096 131072 67108864"`, the whole vector, and
 * `netwright set route:198.51.100.0/24/congctl=bbr`, which no tool does alike that there is on
 * every host; within the namespace `netns` (a name or PID; "" is our own), indented by two. Texts
 * that came from a recording or a kernel are quoted for the shell. A tunable whose present value is
 * unknown is left out. Returns how many commands there are, or -ENOMEM. */
int by_hand_append(struct bytes *b, const struct diagnosis *diagnosis,
		   const struct tunable_values *values, const char *netns);

/* One such line without the indentation: `name` is the tunable's, as in net.ipv4.conf.eth0/100.
 * Also says when it reaches new connections only. Negative when memory ran out. */
int by_hand_append_command(struct bytes *b, const struct tunable *t, const char *name,
			   const char *value, const char *netns);

/* Likewise of what no other tool sets by that name, a route or the connections that a selector
 * means: `netwright set "socket:dst 198.51.100.0/24/rcvbuf=auto"`. */
int by_hand_append_set(struct bytes *b, const struct wish *wish, const char *netns);

/* One word of a shell command, quoted if it has to be. */
int by_hand_append_word(struct bytes *b, const char *word);

#endif
