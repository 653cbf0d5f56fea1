/* What trials may be judged by. */
#include "tune/objective.h"

#include <check.h>
#include <errno.h>
#include <string.h>

Suite *test_objective_suite(void);

START_TEST(the_table_is_sorted_and_names_metrics)
{
	for (size_t i = 0; i < objective_count; i++) {
		const struct metric *m = metric_find(objectives[i].metric);

		ck_assert_msg(m != NULL, "%s", objectives[i].metric);
		ck_assert_msg(m->unit != UNIT_TEXT, "%s", objectives[i].metric);
		if (i > 0)
			ck_assert_msg(strcmp(objectives[i - 1].metric, objectives[i].metric) < 0,
				      "%s", objectives[i].metric);
	}
}
END_TEST

START_TEST(of_rates_more_is_better_and_of_delays_less)
{
	const struct metric *m = NULL;
	bool smaller = true;

	ck_assert_int_eq(objective_find("path.goodput", &m, &smaller, NULL), 0);
	ck_assert_str_eq(m->name, "path.goodput");
	ck_assert(!smaller);
	ck_assert_int_eq(objective_find("tcp.retransmit_ratio", &m, &smaller, NULL), 0);
	ck_assert(smaller);
	for (size_t i = 0; i < objective_count; i++) {
		const char *name = objectives[i].metric;

		m = metric_find(name);
		if (m->unit == UNIT_RATE)
			ck_assert_msg(!objectives[i].smaller_is_better, "%s", name);
		if (m->unit == UNIT_SECONDS || m->unit == UNIT_BYTES)
			ck_assert_msg(objectives[i].smaller_is_better, "%s", name);
	}
}
END_TEST

START_TEST(says_what_is_wrong_with_others)
{
	const struct metric *m = NULL;
	struct error e = { 0 };
	bool smaller;

	ck_assert_int_eq(objective_find("path.godput", &m, &smaller, &e), -EINVAL);
	ck_assert_ptr_nonnull(strstr(e.text, "did you mean path.goodput"));
	ck_assert_int_eq(objective_find("path.flows", &m, &smaller, &e), -EINVAL);
	ck_assert_ptr_nonnull(strstr(e.text, "neither more nor less"));
	ck_assert_int_eq(objective_find("\x1b[2Jqqqqqqqqqqqqqqqq", &m, &smaller, &e), -EINVAL);
	ck_assert_ptr_nonnull(strstr(e.text, "netwright metrics"));
	ck_assert_ptr_null(strchr(e.text, '\x1b'));
	ck_assert_ptr_null(m);
}
END_TEST

START_TEST(tells_what_is_counted_of_single_sockets)
{
	static const char *const of_sockets[] = {
		"path.goodput", "flow.srtt",  "tcp.goodput",
		"tcp.srtt_p95", "tcp.jitter", "udp_socket.drops"
	};
	static const char *const others[] = { "tcp.retransmit_ratio", "host.cpu_busy",
					      "link.tx_rate",	      "cpu.busy",
					      "listener.queue_max",   "tcp.memory" };

	for (size_t i = 0; i < sizeof(of_sockets) / sizeof(of_sockets[0]); i++)
		ck_assert_msg(objective_is_of_sockets(metric_find(of_sockets[i])), "%s",
			      of_sockets[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ck_assert_msg(!objective_is_of_sockets(metric_find(others[i])), "%s", others[i]);
}
END_TEST

Suite *test_objective_suite(void)
{
	Suite *suite = suite_create("objective");
	TCase *tc = tcase_create("objective");

	tcase_add_test(tc, the_table_is_sorted_and_names_metrics);
	tcase_add_test(tc, of_rates_more_is_better_and_of_delays_less);
	tcase_add_test(tc, says_what_is_wrong_with_others);
	tcase_add_test(tc, tells_what_is_counted_of_single_sockets);
	suite_add_tcase(suite, tc);
	return suite;
}
