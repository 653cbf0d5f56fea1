/* Sockets made by hand, and a flow table that counts its samples. */
#ifndef NETWRIGHT_TESTS_FLOW_FIXTURE_H
#define NETWRIGHT_TESTS_FLOW_FIXTURE_H

#include "measure/flow.h"

#include <check.h>
#include <stdint.h>

#define SECOND 1000000000u
#define MSS    1448u

struct fixture {
	struct flow_table *t;
	uint64_t time_ns;
	unsigned int samples;
};

static inline int count_sample(void *arg, struct flow_stats *stats,
			       const struct flow_sample *sample)
{
	struct fixture *f = arg;

	ck_assert_ptr_nonnull(stats);
	ck_assert(sample->seconds > 0);
	f->samples++;
	return 0;
}

static inline void open_table(struct fixture *f)
{
	*f = (struct fixture){ 0 };
	ck_assert_int_eq(flow_table_new(&f->t), 0);
	flow_table_on_sample(f->t, count_sample, f);
}

static inline void begin(struct fixture *f)
{
	f->time_ns += SECOND;
	ck_assert_int_eq(flow_round_begin(f->t, f->time_ns), 0);
}

static inline struct socket_info socket_of(uint64_t cookie)
{
	struct socket_info s = {
		.cookie = cookie,
		.remote = { .family = 4, .bytes = { 198, 51, 100, 7 } },
		.state = SOCKET_ESTABLISHED,
		.inode = 7,
		.memory_fields = SOCKET_MEMORY_FIELDS,
		.info_len = sizeof(struct tcpinfo),
		.info = { .snd_mss = MSS, .snd_cwnd = 100, .snd_wnd = 1 << 20, .rto = 200000 },
	};

	s.memory[SOCKET_SNDBUF] = 1 << 20;
	s.memory[SOCKET_RCVBUF] = 1 << 20;
	return s;
}

static inline void observe_bytes(struct fixture *f, uint64_t cookie, uint64_t acked)
{
	struct socket_info s = socket_of(cookie);

	s.info.bytes_acked = acked;
	s.info.bytes_sent = acked;
	ck_assert_int_eq(flow_observe(f->t, &s), 0);
}

#endif
