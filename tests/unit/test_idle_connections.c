/* Silent connections: how long, and whether a keep-alive probe is still to come. */
#include "measure/idle_connections.h"

#include <check.h>

Suite *test_idle_connections_suite(void);

/* Silent for an hour, with the kernel's default keep-alive an hour ahead. */
static struct socket_info silent(void)
{
	return (struct socket_info){
		.state = SOCKET_ESTABLISHED,
		.local = { .family = 4, .bytes = { 192, 0, 2, 1 } },
		.remote = { .family = 4, .bytes = { 198, 51, 100, 7 } },
		.timer = SOCKET_TIMER_KEEPALIVE,
		.expires_ms = 3600000,
		.info_len = sizeof(struct tcpinfo),
		.info = { .last_data_sent = 3600000,
			  .last_data_recv = 3600000,
			  .last_ack_recv = 3600000 },
	};
}

static struct idle_connections count(const struct socket_info *s)
{
	struct idle_connections c = { 0 };

	idle_connections_count(&c, s);
	return c;
}

START_TEST(a_probe_still_to_come_is_late)
{
	struct socket_info s = silent();
	struct idle_connections c = count(&s);

	ck_assert_uint_eq(c.longer, 1);
	ck_assert_uint_eq(c.probed_late, 1);
	ck_assert_uint_eq(c.unprobed, 0);
	s.retransmits = 1; /* probed in time, perhaps, and the peer is gone */
	c = count(&s);
	ck_assert_uint_eq(c.longer, 1);
	ck_assert_uint_eq(c.probed_late, 0);
	s.timer = SOCKET_TIMER_NONE;
	s.retransmits = 0;
	c = count(&s);
	ck_assert_uint_eq(c.probed_late, 0);
	ck_assert_uint_eq(c.unprobed, 1);
}
END_TEST

START_TEST(anything_sent_or_received_ends_the_silence)
{
	struct socket_info s = silent();
	uint32_t *const times[] = { &s.info.last_data_sent, &s.info.last_data_recv,
				    &s.info.last_ack_recv };

	for (size_t i = 0; i < 3; i++) {
		*times[i] = IDLE_REMEMBERED_MS;
		ck_assert_uint_eq(count(&s).longer, 0);
		*times[i] = IDLE_REMEMBERED_MS + 1;
		ck_assert_uint_eq(count(&s).longer, 1);
		*times[i] = UINT32_MAX; /* never */
		ck_assert_uint_eq(count(&s).longer, 1);
	}
}
END_TEST

START_TEST(what_waits_for_its_peer_is_not_idle)
{
	struct socket_info s = silent();

	s.timer = SOCKET_TIMER_RETRANSMIT;
	ck_assert_uint_eq(count(&s).longer, 0);
	s.timer = SOCKET_TIMER_PROBE;
	ck_assert_uint_eq(count(&s).longer, 0);
}
END_TEST

START_TEST(connections_within_the_host_are_left_out)
{
	struct socket_info s = silent();

	s.remote = s.local;
	ck_assert_uint_eq(count(&s).longer, 0);
	s = silent();
	s.remote.bytes[0] = 127;
	ck_assert_uint_eq(count(&s).longer, 0);
	s = silent();
	s.state = SOCKET_LISTEN;
	ck_assert_uint_eq(count(&s).longer, 0);
}
END_TEST

START_TEST(what_the_kernel_did_not_tell_is_not_counted_as_used)
{
	struct socket_info s = silent();
	struct idle_connections c;

	s.info_len = offsetof(struct tcpinfo, last_ack_recv);
	c = count(&s);
	ck_assert_uint_eq(c.untold, 1);
	ck_assert_uint_eq(c.longer, 0);
	s.info_len = offsetof(struct tcpinfo, pmtu); /* the field after it */
	c = count(&s);
	ck_assert_uint_eq(c.untold, 0);
	ck_assert_uint_eq(c.longer, 1);
}
END_TEST

Suite *test_idle_connections_suite(void)
{
	Suite *s = suite_create("idle_connections");
	TCase *tc = tcase_create("idle");

	tcase_add_test(tc, a_probe_still_to_come_is_late);
	tcase_add_test(tc, anything_sent_or_received_ends_the_silence);
	tcase_add_test(tc, what_waits_for_its_peer_is_not_idle);
	tcase_add_test(tc, connections_within_the_host_are_left_out);
	tcase_add_test(tc, what_the_kernel_did_not_tell_is_not_counted_as_used);
	suite_add_tcase(s, tc);
	return s;
}
