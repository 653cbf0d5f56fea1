/* Lints: that each fires on its mistake and is silent beside it. */
#include "lint_fixture.h"

Suite *test_lint_suite(void);

START_TEST(table_is_sorted_and_complete)
{
	for (size_t i = 0; i < lint_count; i++) {
		const struct lint *l = &lints[i];
		char normal[SYSCTL_KEY_MAX];

		if (i > 0)
			ck_assert_msg(strcmp(lints[i - 1].id, l->id) <= 0, "%s", l->id);
		ck_assert_int_eq(sysctl_key_normalise(l->key, strlen(l->key), normal), 0);
		ck_assert_str_eq(normal, l->key);
		ck_assert_msg(l->test != LINT_JUDGED || l->also != NULL, "%s", l->id);
		ck_assert_msg(strlen(l->message) > 10 && strlen(l->fix) > 4 &&
				      strlen(l->source) > 4 && strlen(l->slug) > 4,
			      "%s", l->id);
	}
}
END_TEST

START_TEST(lints_are_found_by_id_and_slug)
{
	ck_assert_str_eq(lint_find("L-06")->key, "net.ipv4.tcp_rmem");
	ck_assert_str_eq(lint_find("autotuning-off")->id, "L-20");
	ck_assert_str_eq(lint_find("L-44")->slug, "malformed-line");
	ck_assert_ptr_null(lint_find("L-99"));
	for (size_t i = 0; i < line_lint_count; i++) {
		const struct lint *l = &line_lints[i];

		ck_assert_ptr_eq(lint_find(l->id), l);
		ck_assert_ptr_eq(lint_find(l->slug), l);
		ck_assert(l->key == NULL && l->message && l->fix && l->source);
		ck_assert(i == 0 || strcmp(line_lints[i - 1].id, l->id) < 0);
	}
}
END_TEST

static void read_file(const char *name, const char *suffix, struct bytes *ret)
{
	char path[128];
	FILE *file;
	int c;

	(void)snprintf(path, sizeof(path), "tests/data/sysctl/%s.%s", name, suffix);
	file = fopen(path, "re");
	ck_assert_msg(file != NULL, "%s", path);
	ck_assert_int_eq(bytes_append(ret, "", 0), 0);
	while ((c = fgetc(file)) != EOF)
		ck_assert_int_eq(bytes_printf(ret, "%c", c), 0);
	(void)fclose(file);
}

static const struct {
	const char *name;
	bool busy; /* a server with a fast link, rather than a host where nothing listens */
} corpus[] = { { "mistakes", false }, { "mistakes-bbr", true }, { "harmless", false } };

START_TEST(the_corpus_is_judged_as_expected)
{
	struct bytes got = { 0 }, expected = { 0 }, text = { 0 };

	fake_source_add_file(source, "/proc/net/route", ROUTES SECOND_ROUTE);
	fake_source_add_file(source, "/proc/cpuinfo", "flags : fpu hypervisor sse2\n");
	facts.congestion_module[3] = AVAILABILITY_NO; /* dctcp */
	if (corpus[_i].busy) {
		listen_on(80, 511);
		add_link(10000);
	}
	read_file(corpus[_i].name, "conf", &text);
	read_file(corpus[_i].name, "expected", &expected);
	ck_assert_int_eq(sysctl_settings_parse(&settings, "x", text.data, text.len, NULL), 0);
	run(true);
	for (size_t i = 0; i < report.count; i++)
		ck_assert_int_eq(bytes_printf(&got, "%u %s\n", report.findings[i].line,
					      report.findings[i].id),
				 0);
	ck_assert_str_eq(got.len > 0 ? got.data : "", expected.len > 0 ? expected.data : "");
	ck_assert_uint_eq(report.unjudged_count, 0);
	bytes_done(&got);
	bytes_done(&expected);
	bytes_done(&text);
}
END_TEST

/* Each mistake beside a value that is none: thresholds, and what decides beside them. */
static const struct {
	const char *text, *ids;
} neighbours[] = {
	{ "net.ipv4.tcp_rmem = 4096 1048575 33554432", "" },
	{ "net.ipv4.tcp_rmem = 4096 1048576 33554432", "L-06" },
	{ "net.ipv4.tcp_rmem = 16384 131072 33554432", "" },
	{ "net.ipv4.tcp_rmem = 16385 131072 33554432", "L-07" },
	{ "net.ipv4.tcp_rmem = 8192 131072 4096", "L-30" },
	{ "net.ipv4.tcp_rmem = 4096 131072 2147483648", "L-30" },
	{ "net.ipv4.tcp_rmem = 4096 131072 2147483647", "" }, /* below an eighth of 23.5 GiB */
	{ "net.ipv4.tcp_rmem = 4096 131072 1073741824", "" },
	{ "net.ipv4.tcp_mem = 383867 287898 575796", "L-30" },
	{ "net.ipv4.tcp_mem = 500000 500000 500000", "L-05" },
	{ "net.ipv4.tcp_mem = 1541356 2055142 6165424", "" },
	{ "net.ipv4.tcp_mem = 1541356 2055142 6165426", "L-05" },
	{ "net.ipv4.tcp_fin_timeout = 14", "L-09" },
	{ "net.ipv4.tcp_fin_timeout = 15", "" },
	{ "net.ipv4.tcp_max_tw_buckets = 131071", "L-11" },
	{ "net.ipv4.tcp_max_tw_buckets = 131072", "" },
	{ "net.ipv4.tcp_max_syn_backlog = 4096", "L-15" },
	{ "net.ipv4.tcp_max_syn_backlog = 4096\nnet.ipv4.tcp_syncookies = 0", "L-08" },
	{ "net.ipv4.ip_local_port_range = 1023 65535", "L-21" },
	{ "net.ipv4.ip_local_port_range = 60000 50000", "L-21" },
	{ "net.ipv4.tcp_congestion_control = bbr", "" },
	{ "net.core.default_qdisc = fq", "L-23" },
	{ "net.core.default_qdisc = fq\nnet.ipv4.tcp_congestion_control = bbr", "" },
	{ "net.core.default_qdisc = fq\nnet.ipv4.ip_forward = 0", "" },
	{ "net.ipv4.conf.all.rp_filter = 1", "" }, /* one default route */
	{ "net.ipv4.tcp_slow_start_after_idle = 0\nnet.ipv4.tcp_congestion_control = bbr", "L-26" },
	{ "net.core.rmem_max = 16777216", "L-29" },
	{ "net.core.rmem_max = 16777216\nnet.ipv4.tcp_wmem = 4096 16384 4194304", "L-29" },
	{ "net.core.rmem_max = 4194304", "" },
	{ "fs.file-max = 2200000", "L-33" },
	{ "fs.file-max = 2400000", "" },
	{ "net.core.busy_poll = 50", "" }, /* no virtual machine */
	{ "net.ipv4.tcp_s?ck = 0", "L-03" },
	{ "net.ipv4.tcp_s?ck = 0\nnet.ipv4.tcp_sack = 1", "" },
	{ "net.ipv4.tcp_s?ck = 0\n-net.ipv4.tcp_sack", "" },
	{ "net.ipv4.tcp_sack = 0\nnet.ipv4.tcp_sack = 1", "L-34" },
	{ "net.ipv4.tcp_sack = 1\nnet.ipv4.tcp_sack = 0", "L-34 L-03" },
	{ "net.ipv4.tcp_sack = 0 # slow", "L-03" },
	/* As the kernel reads them, and what it refuses. */
	{ "net.ipv4.tcp_sack = off", "L-48" },
	{ "net.ipv4.tcp_timestamps = 0x0", "L-02" },
	{ "net.ipv4.tcp_timestamps = 00", "L-02" },
	{ "net.ipv4.tcp_retries2 = 010", "" }, /* 8 */
	{ "net.ipv4.tcp_retries2 = 08", "L-48" },
	{ "net.ipv4.tcp_fin_timeout = 0xE", "L-09" },
	{ "net.ipv4.tcp_fin_timeout = 0x", "L-48" },
	{ "net.core.somaxconn = 4096;", "L-48" },
	{ "net.core.rmem_max = 16M", "L-48" },
	{ "net.core.rmem_max = +4194304", "L-48" },
	{ "net.core.rmem_max = 00000000000020000000", "" },
	{ "net.core.rmem_max = 000000000000020000000", "L-48" },
	{ "fs.file-max = 9223372036854775808", "" },
	{ "fs.file-max = 99999999999999999999", "L-48" },
	{ "net.ipv4.tcp_rmem = 4096,131072,33554432", "L-48" },
	{ "net.ipv4.tcp_rmem = \"4096 131072 33554432\"", "L-48" },
	{ "net.ipv4.tcp_rmem = 4096 131072 32M", "L-48" },
	{ "net.ipv4.tcp_rmem = 4096 131072 33554432 # big", "" },
	{ "net.ipv4.tcp_sack = yes\nnet.ipv4.tcp_sack = 1", "L-34" },
	{ "net.ipv4.tcp_congestion_control = 1", "" }, /* what is there is not known */
	{ "net.ipv4.ip_local_reserved_ports = 8080,9000-9010", "" },
	{ "net.ipv4.conf.*.rp_filter = loose", "L-48" },
	{ "kernel.hostname = yes", "L-45" }, /* not catalogued: no word about its value */
	{ "net.ipv4.tcp_rmem = 4096", "" },
};

START_TEST(neighbouring_values_are_told_apart)
{
	ck_assert_msg(strcmp(ids_of(neighbours[_i].text), neighbours[_i].ids) == 0,
		      "%s: \"%s\", not \"%s\"", neighbours[_i].text, ids_of(neighbours[_i].text),
		      neighbours[_i].ids);
}
END_TEST

START_TEST(somaxconn_is_held_against_what_listens)
{
	ck_assert_str_eq(ids_of("net.core.somaxconn = 65535"), ""); /* nothing listens */
	listen_on(80, 511);
	ck_assert_str_eq(ids_of("net.core.somaxconn = 65535"), "L-14");
	ck_assert_str_eq(ids_of("net.core.somaxconn = 4096"), "");
	listen_on(443, 4095);
	ck_assert_str_eq(ids_of("net.core.somaxconn = 65535"), "L-14");
	listeners[1].backlog = 4096; /* all that the value in force allows */
	ck_assert_str_eq(ids_of("net.core.somaxconn = 65535"), "");
	set_in_force("net.core.somaxconn", "65535\n");
	run(true);
	ck_assert_uint_eq(report.count, 1);
	ck_assert_str_eq(report.findings[0].id, "L-14");
	listeners_unseen = true;
	ck_assert_str_eq(ids_of("net.core.somaxconn = 65535"), "");
	ck_assert_uint_eq(report.unjudged_count, 1);
	ck_assert_str_eq(report.unjudged[0].id, "L-14");
}
END_TEST

START_TEST(local_ports_are_held_against_what_listens)
{
	static const char wide[] = "net.ipv4.ip_local_port_range = 1024 65535";

	listen_on(443, 511);
	ck_assert_str_eq(ids_of(wide), "");
	listen_on(8080, 511);
	ck_assert_str_eq(ids_of(wide), "L-21");
	ck_assert_str_eq(ids_of("net.ipv4.ip_local_port_range = 8081 65535"), "");
	ck_assert_str_eq(ids_of("net.ipv4.ip_local_port_range = 1024 8079"), "");
	ck_assert_str_eq(ids_of("net.ipv4.ip_local_port_range = 1024 8080"), "L-21");
	set_in_force("net.ipv4.ip_local_reserved_ports", "53,8079-8081\n");
	ck_assert_str_eq(ids_of(wide), "");
	set_in_force("net.ipv4.ip_local_reserved_ports", "808,8081-9000,x,80801\n");
	ck_assert_str_eq(ids_of(wide), "L-21");
	set_in_force("net.ipv4.ip_local_reserved_ports", "53,8080\n");
	ck_assert_str_eq(ids_of(wide), "");
	/* An odd port of a program is no mistake of the default. */
	listeners[1].port = 40000;
	ck_assert_str_eq(ids_of("net.ipv4.ip_local_port_range = 32768 60999"), "");
	ck_assert_str_eq(ids_of("net.ipv4.ip_local_port_range = 32767 60999"), "L-21");
	listeners_unseen = true;
	ck_assert_str_eq(ids_of(wide), "");
	ck_assert_uint_eq(report.unjudged_count, 1);
}
END_TEST

START_TEST(a_congestion_control_that_nobody_has_is_named)
{
	static const char nosuch[] = "net.ipv4.tcp_congestion_control = nosuch";

	ck_assert_str_eq(ids_of(nosuch), "");
	ck_assert_uint_eq(report.unjudged_count, 1);
	(void)snprintf(facts.congestion_available.name[0],
		       sizeof(facts.congestion_available.name[0]), "brutal");
	facts.congestion_available.count = 1;
	ck_assert_str_eq(ids_of(nosuch), "L-22");
	ck_assert_str_eq(ids_of("net.ipv4.tcp_congestion_control = brutal"), "");
	ck_assert_uint_eq(report.unjudged_count, 0);
	/* Linux has it: as a module, maybe. */
	ck_assert_str_eq(ids_of("net.ipv4.tcp_congestion_control = htcp"), "");
	ck_assert_uint_eq(report.unjudged_count, 1);
}
END_TEST

START_TEST(older_kernels_are_judged_as_such)
{
	facts.kernel_minor = 5;
	ck_assert_str_eq(ids_of("net.ipv4.tcp_adv_win_scale = 2"), "");
	facts.kernel_minor = 6;
	ck_assert_str_eq(ids_of("net.ipv4.tcp_adv_win_scale = 2"), "L-10");
}
END_TEST

START_TEST(a_buffer_is_held_against_memory)
{
	facts.memory_bytes = UINT64_C(8) << 30;
	ck_assert_str_eq(ids_of("net.ipv4.tcp_rmem = 4096 131072 1073741824"), "");
	ck_assert_str_eq(ids_of("net.ipv4.tcp_rmem = 4096 131072 1073741825"), "L-30");
}
END_TEST

START_TEST(what_is_unknown_is_not_judged)
{
	facts.memory_bytes = 0;
	ck_assert_str_eq(ids_of("net.ipv4.tcp_mem = 1 2 99999999"), "");
	ck_assert_uint_eq(report.unjudged_count, 1);
	ck_assert_str_eq(report.unjudged[0].id, "L-05");
	ck_assert_str_eq(report.unjudged[0].reason, "the size of memory is unknown");
	facts.kernel_major = 0;
	ck_assert_str_eq(ids_of("net.ipv4.tcp_fack = 1"), "");
	ck_assert_uint_eq(report.unjudged_count, 1);
}
END_TEST

START_TEST(values_in_force_are_judged)
{
	run(true);
	ck_assert_uint_eq(report.count, 0);
	set_in_force("net.ipv4.tcp_sack", "0\n");
	run(true);
	ck_assert_uint_eq(report.count, 1);
	ck_assert_str_eq(report.findings[0].id, "L-03");
	ck_assert_str_eq(report.findings[0].value, "0");
	ck_assert_ptr_null(report.findings[0].file);
	run(false);
	ck_assert_uint_eq(report.count, 0);
}
END_TEST

START_TEST(a_mistake_in_a_file_is_not_told_again_for_the_value_in_force)
{
	set_in_force("net.ipv4.tcp_sack", "0\n");
	(void)ids_of("net.ipv4.tcp_sack = 0");
	run(true);
	ck_assert_uint_eq(report.count, 1);
	ck_assert_str_eq(report.findings[0].file, "a.conf");
}
END_TEST

static const struct {
	uint32_t speed_mbit;
	const char *text, *ids;
	size_t unjudged;
} reserves[] = {
	{ 10000, "vm.min_free_kbytes = 4096", "L-43", 0 },
	{ 10000, "vm.min_free_kbytes = 18000", "", 0 },
	{ 1000, "vm.min_free_kbytes = 4096", "", 0 },
	{ UINT32_MAX, "vm.min_free_kbytes = 4096", "", 1 }, /* the driver does not know */
	{ UINT32_MAX, "vm.min_free_kbytes = 18000", "", 0 },
};

START_TEST(few_free_pages_matter_beside_a_fast_link_only)
{
	add_link(reserves[_i].speed_mbit);
	ck_assert_str_eq(ids_of(reserves[_i].text), reserves[_i].ids);
	ck_assert_uint_eq(report.unjudged_count, reserves[_i].unjudged);
}
END_TEST

Suite *test_lint_suite(void)
{
	Suite *s = suite_create("rules/lint");
	TCase *c = tcase_create("all");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, table_is_sorted_and_complete);
	tcase_add_test(c, lints_are_found_by_id_and_slug);
	tcase_add_loop_test(c, the_corpus_is_judged_as_expected, 0,
			    sizeof(corpus) / sizeof(corpus[0]));
	tcase_add_loop_test(c, neighbouring_values_are_told_apart, 0,
			    sizeof(neighbours) / sizeof(neighbours[0]));
	tcase_add_test(c, somaxconn_is_held_against_what_listens);
	tcase_add_test(c, local_ports_are_held_against_what_listens);
	tcase_add_test(c, a_congestion_control_that_nobody_has_is_named);
	tcase_add_test(c, older_kernels_are_judged_as_such);
	tcase_add_test(c, a_buffer_is_held_against_memory);
	tcase_add_test(c, what_is_unknown_is_not_judged);
	tcase_add_test(c, values_in_force_are_judged);
	tcase_add_test(c, a_mistake_in_a_file_is_not_told_again_for_the_value_in_force);
	tcase_add_loop_test(c, few_free_pages_matter_beside_a_fast_link_only, 0,
			    sizeof(reserves) / sizeof(reserves[0]));
	suite_add_tcase(s, c);
	return s;
}
