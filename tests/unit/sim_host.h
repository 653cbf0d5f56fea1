/* A simulated host behind struct world: one path whose rate follows net.ipv4.tcp_rmem[2] up to what
 * the path can carry, with noise, and a clock that only moves when somebody waits or observes. */
#ifndef NETWRIGHT_TESTS_UNIT_SIM_HOST_H
#define NETWRIGHT_TESTS_UNIT_SIM_HOST_H

#include "rules/rulebook.h"
#include "tune/world.h"

#include <stdbool.h>
#include <stdint.h>

#define SIM_PATH "198.51.100.0/24"

/* A rule whose expectation is a gain, and one that only does harm. */
extern const char sim_rules[];

struct sim_host {
	struct world world;
	struct rulebook book;
	uint64_t now_ns;
	uint32_t random;
	double rmem; /* net.ipv4.tcp_rmem[2], bytes; limits the rate to rmem / RTT */
	double rtt_s;
	double path_rate; /* what the path carries, bytes per second */
	double noise;	  /* relative, uniform: 0.05 is +-5 % */
	double drift;	  /* relative change of everything per window */
	bool harmed;	  /* net.ipv4.tcp_sack is off: a tenth of the rate */
	bool idle;	  /* no traffic at all */

	int64_t pending; /* id of the transaction on trial; 0 none */
	double rmem_before;
	bool harmed_before;
	int64_t last_id;
	double deadline_s;

	/* What goes wrong, once; 0: nothing. */
	unsigned int foreign_at; /* at that check() somebody else has set it */
	unsigned int rolled_back_at, confirmed_at, expired_at;
	unsigned int
		foreign_between; /* after that window somebody sets 5 MB, if nothing is on trial */
	double old_share;	 /* of the rate, by sockets that are never new */
	unsigned int late;	 /* new sockets come only after so many windows from each mark() */
	unsigned int silent_from, silent_to; /* nobody sends in these windows, from 1 */
	unsigned int disturbed_at;	     /* a tenth of the rate in this window, from 1 */
	double others_delay_s;		     /* added now and then, by a queue of others' */
	double queue; /* of the path, bytes: what rmem allows beyond what the path holds waits there
		       */
	unsigned int suspended;	       /* so many windows say -ETIME */
	unsigned int stop_at;	       /* that observe() says -EINTR */
	unsigned int apply_error_from; /* apply_error is said from this apply() on */
	bool reused; /* each time the target is another of the same name, and holds something else
		      */
	int apply_error, keep_error, revert_error;

	unsigned int windows, checks, applies, keeps, reverts, marks, since_mark;
};

void sim_host_open(struct sim_host *h);
void sim_host_close(struct sim_host *h);

const struct rule *sim_rule(const struct sim_host *h, const char *id);

#endif
