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

Suite *test_path_suite(void)
{
	Suite *s = suite_create("path");
	TCase *c = tcase_create("path");

	tcase_set_timeout(c, 60);
	tcase_add_test(c, a_prefix_is_one_path);
	tcase_add_test(c, very_many_networks_share_one_path_per_family);
	suite_add_tcase(s, c);
	return s;
}
