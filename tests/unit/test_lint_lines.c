/* Lints about lines rather than values: which counts, and whether it reaches anything here. */
#include "base/cleanup.h"
#include "lint_fixture.h"

Suite *test_lint_lines_suite(void);

START_TEST(a_host_only_key_is_named_in_a_namespace)
{
	facts.netns_is_init = false;
	fake_source_add_scoped_file(source, SOURCE_HOST, "/proc/sys/net/core/message_cost", "5\n");
	ck_assert_str_eq(ids_of("net.core.message_cost = 9"), "L-35");
	facts.netns_is_init = true;
	ck_assert_str_eq(ids_of("net.core.message_cost = 9"), "L-45");
}
END_TEST

START_TEST(a_key_that_a_namespace_only_shows_is_named)
{
	set_in_force("net.netfilter.nf_conntrack_buckets", "65536\n");
	ck_assert_str_eq(ids_of("net.netfilter.nf_conntrack_buckets = 131072"), "");
	facts.netns_is_init = false;
	ck_assert_str_eq(ids_of("net.netfilter.nf_conntrack_buckets = 131072"), "L-35");
	ck_assert_ptr_nonnull(strstr(report.findings[0].message, "read-only"));
	/* What a namespace has of its own, and what is of no network. */
	ck_assert_str_eq(ids_of("net.ipv4.tcp_tw_reuse = 1"), "");
	ck_assert_str_eq(ids_of("fs.file-max = 9223372036854775807"), "");
}
END_TEST

START_TEST(a_file_that_booting_skips_is_named_once)
{
	(void)ids_of("net.ipv4.tcp_sack = 1\nnet.ipv4.tcp_dsack = 1\n");
	settings.unlinked = settings.files[0];
	run(false);
	ck_assert_uint_eq(report.count, 1);
	ck_assert_str_eq(report.findings[0].id, "L-47");
	ck_assert_uint_eq(report.findings[0].line, 1);
}
END_TEST

/* Each key by what two files of sysctl.d and an unlinked sysctl.conf set it to. */
START_TEST(of_an_unlinked_file_is_said_when_it_counts)
{
	static const char first[] = "net.ipv4.tcp_retries2 = 15\nnet.ipv4.tcp_dsack = 0\n";
	static const char last[] = "net.ipv4.tcp_retries2 = 14\nnet.ipv4.tcp_dsack = 0\n"
				   "net.ipv4.tcp_fin_timeout = 5\nnet.ipv4.tcp_sack = 0\n";
	static const char unlinked[] = "net.ipv4.tcp_retries2 = 5\nnet.ipv4.tcp_dsack = 0\n"
				       "net.ipv4.tcp_fin_timeout = 60\nnet.ipv4.tcp_sack = 0\n";
	static const struct {
		const char *file, *id, *says;
	} wanted[] = {
		{ "98.conf", "L-34", "has no effect: 99.conf:1 sets it to 14" },
		{ "99.conf", "L-34", "counts at boot alone" },
		{ "99.conf", "L-34",
		  "after sysctl --system /etc/sysctl.conf:3 counts, which sets it to 60" },
		{ "99.conf", "L-09", "" }, /* it counts, so it is judged */
		{ "/etc/sysctl.conf", "L-47", "not by systemd-sysctl" },
		{ "/etc/sysctl.conf", "L-17", "" },
		{ "/etc/sysctl.conf", "L-03", "" },
		{ "/etc/sysctl.conf", "L-03", "" },
	};

	ck_assert_int_eq(sysctl_settings_parse(&settings, "98.conf", first, strlen(first), NULL),
			 0);
	ck_assert_int_eq(sysctl_settings_parse(&settings, "99.conf", last, strlen(last), NULL), 0);
	ck_assert_int_eq(sysctl_settings_parse(&settings, "/etc/sysctl.conf", unlinked,
					       strlen(unlinked), NULL),
			 0);
	settings.unlinked = settings.files[2];
	run(false);
	ck_assert_uint_eq(report.count, ARRAY_LEN(wanted));
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		ck_assert_str_eq(report.findings[i].file, wanted[i].file);
		ck_assert_str_eq(report.findings[i].id, wanted[i].id);
		ck_assert_ptr_nonnull(strstr(report.findings[i].message, wanted[i].says));
	}
	/* Linked, the same file has the last word at boot too. */
	settings.unlinked = NULL;
	run(false);
	ck_assert_ptr_nonnull(strstr(report.findings[1].message,
				     "has no effect: /etc/sysctl.conf:1 sets it to 5"));
}
END_TEST

START_TEST(an_unknown_key_is_answered_with_the_nearest)
{
	ck_assert_str_eq(ids_of("net.ipv4.tcp_rmen = 1 2 3"), "L-45");
	ck_assert_ptr_nonnull(strstr(report.findings[0].message, "net.ipv4.tcp_rmem"));
	ck_assert_str_eq(ids_of("quite.something.else = 1"), "L-45");
	ck_assert_ptr_null(strstr(report.findings[0].message, "did you mean"));
}
END_TEST

Suite *test_lint_lines_suite(void)
{
	Suite *s = suite_create("rules/lint_lines");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_host_only_key_is_named_in_a_namespace);
	tcase_add_test(c, a_key_that_a_namespace_only_shows_is_named);
	tcase_add_test(c, a_file_that_booting_skips_is_named_once);
	tcase_add_test(c, of_an_unlinked_file_is_said_when_it_counts);
	tcase_add_test(c, an_unknown_key_is_answered_with_the_nearest);
	suite_add_tcase(s, c);
	return s;
}
