#include "flow_fixture.h"
#include "measure/path.h"

#include <check.h>

Suite *test_path_suite(void);

/* Adds a sample of a new flow to 10.x.y.0/24, or to 2001:db8:n::/64; gives the path's number. */
static uint32_t add_flow(struct path_table *t, uint8_t family, uint32_t network)
{
	struct socket_info socket = socket_of(1);
	struct flow_sample sample = { .socket = &socket, .seconds = 1, .sending = true };
	struct flow_stats flow = { .remote.family = family, .path = FLOW_NO_PATH };
	uint8_t *bytes = flow.remote.bytes;

	bytes[0] = family == 4 ? 10 : 0x20;
	bytes[1] = (uint8_t)(network >> 8);
	bytes[2] = (uint8_t)network;
	ck_assert_int_eq(path_table_add(t, &flow, &sample), 0);
	return flow.path;
}

START_TEST(a_prefix_is_one_path)
{
	struct path_table *t = NULL;

	ck_assert_int_eq(path_table_new(&t), 0);
	ck_assert_uint_eq(add_flow(t, 4, 1), 0);
	ck_assert_uint_eq(add_flow(t, 4, 2), 1);
	ck_assert_uint_eq(add_flow(t, 6, 1), 2);
	ck_assert_uint_eq(add_flow(t, 4, 1), 0);
	path_table_free(t);
}
END_TEST

START_TEST(very_many_networks_share_one_path_per_family)
{
	struct path_table *t = NULL;
	uint32_t rest4, rest6;

	ck_assert_int_eq(path_table_new(&t), 0);
	for (uint32_t i = 0; i < 16384; i++)
		ck_assert_uint_eq(add_flow(t, 4, i), i);
	rest4 = add_flow(t, 4, 20000);
	rest6 = add_flow(t, 6, 20000);
	ck_assert_uint_ge(rest4, 16384);
	ck_assert_uint_ne(rest4, rest6);
	ck_assert_uint_eq(add_flow(t, 4, 20001), rest4);
	ck_assert_uint_eq(add_flow(t, 6, 20001), rest6);
	ck_assert_uint_eq(add_flow(t, 4, 77), 77); /* known ones stay apart */
	path_table_free(t);
}
END_TEST

/* Adds a second, or a part of one, of one flow that moves `bytes` each way. */
static void add_interval(struct path_table *t, struct flow_stats *flow, double seconds,
			 uint64_t bytes)
{
	struct socket_info socket = socket_of(1);
	struct flow_sample sample = { .socket = &socket, .seconds = seconds, .sending = true };

	sample.delta.bytes_acked = sample.delta.bytes_received = bytes;
	ck_assert_int_eq(path_table_add(t, flow, &sample), 0);
	path_table_end_round(t);
}

START_TEST(a_burst_of_milliseconds_is_no_peak)
{
	struct flow_stats flow = { .remote.family = 4, .path = FLOW_NO_PATH };
	struct path_table *t = NULL;
	struct flow_table *flows = NULL;
	struct path_stats *paths = NULL;
	size_t count = 0;

	ck_assert_int_eq(path_table_new(&t), 0);
	ck_assert_int_eq(flow_table_new(&flows), 0);
	add_interval(t, &flow, 1, 1000);
	add_interval(t, &flow, 1.5, 3000);
	add_interval(t, &flow, 0.01, 500);
	ck_assert_int_eq(path_table_take(t, flows, 2.51, &paths, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_double_eq(paths[0].peak_goodput, 2000);
	ck_assert_double_eq(paths[0].peak_receive_rate, 2000);
	paths_free(paths, count);
	path_table_free(t);
	flow_table_free(flows);
}
END_TEST

Suite *test_path_suite(void)
{
	Suite *s = suite_create("path");
	TCase *c = tcase_create("path");

	tcase_set_timeout(c, 180);
	tcase_add_test(c, a_prefix_is_one_path);
	tcase_add_test(c, a_burst_of_milliseconds_is_no_peak);
	tcase_add_test(c, very_many_networks_share_one_path_per_family);
	suite_add_tcase(s, c);
	return s;
}
