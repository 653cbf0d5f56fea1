/* A trial of net.ipv4.tcp_rmem[2] on a simulated host, for the files that test trials: each has its
 * own. */
#ifndef NETWRIGHT_TESTS_TRIAL_FIXTURE_H
#define NETWRIGHT_TESTS_TRIAL_FIXTURE_H

#include "sim_host.h"
#include "tune/trial.h"

#include <check.h>

static struct sim_host host;
static struct error e;
static struct wish wish;
static struct trial_request request;
static struct trial_report report;

static inline void set_up(void)
{
	sim_host_open(&host);
	e = (struct error){ 0 };
	wish = (struct wish){ "net.ipv4.tcp_rmem[2]", "25165824", "GAIN-01 gain", WISH_SET };
	request = (struct trial_request){
		.wishes = &wish,
		.wish_count = 1,
		.criteria = { .subject = { ENTITY_PATH, SIM_PATH },
			      .rule = sim_rule(&host, "GAIN-01") },
		.pairs = 6,
		.window_s = 5,
		.settle_s = 3,
		.leave_in_place = true,
	};
}

static inline void tear_down(void)
{
	sim_host_close(&host);
}

static inline void run(int expected)
{
	int r = trial_run(&host.world, &request, &report, &e);

	ck_assert_msg(r == expected, "%d instead of %d: %s", r, expected, e.text);
}

#endif
