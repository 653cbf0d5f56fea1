/* The table of tunables and the reading of their values. */
#include "fake_source.h"
#include "tunables/catalogue.h"

#include <check.h>
#include <errno.h>
#include <string.h>

Suite *test_catalogue_suite(void);

START_TEST(table_is_sorted_and_complete)
{
	ck_assert_uint_ge(tunable_count, 45);
	for (size_t i = 0; i < tunable_count; i++) {
		const struct tunable *t = &tunables[i];
		char path[128];

		if (i > 0)
			ck_assert_msg(strcmp(tunables[i - 1].name, t->name) < 0, "%s", t->name);
		ck_assert_ptr_eq(tunable_find(t->name), t);
		ck_assert_msg(strncmp(t->name, "net.", 4) == 0 || strncmp(t->name, "fs.", 3) == 0,
			      "%s", t->name);
		ck_assert_ptr_nonnull(tunable_path(t, path, sizeof(path)));
		ck_assert_msg(t->elements >= 1 && t->elements <= TUNABLE_ELEMENTS_MAX, "%s",
			      t->name);
		ck_assert_msg((t->elements > 1) == (t->type == TUNABLE_VECTOR), "%s", t->name);
		ck_assert_msg((t->unit == UNIT_TEXT) ==
				      (t->type == TUNABLE_TOKEN || t->type == TUNABLE_TOKENS),
			      "%s", t->name);
		ck_assert_msg(t->minimum <= t->maximum && t->scale > 0, "%s", t->name);
		ck_assert_msg(t->type != TUNABLE_BOOLEAN || t->maximum == 1, "%s", t->name);
		ck_assert_msg(!t->ascending || t->elements > 1, "%s", t->name);
		ck_assert_msg(strlen(t->help) > 20 && strlen(t->source) > 0, "%s", t->name);
		ck_assert_msg(t->help[strlen(t->help) - 1] == '.', "%s", t->name);
	}
}
END_TEST

START_TEST(unknown_names_are_not_found)
{
	ck_assert_ptr_null(tunable_find("net.ipv4.tcp_rme"));
	ck_assert_ptr_null(tunable_find("net.ipv4.tcp_rmem "));
	ck_assert_ptr_null(tunable_find(""));
	ck_assert_ptr_null(tunable_find("netfilter.nf_hooks_lwtunnel"));
}
END_TEST

START_TEST(path_needs_room)
{
	const struct tunable *t = tunable_find("net.ipv4.tcp_rmem");
	char path[32];

	ck_assert_str_eq(tunable_path(t, path, sizeof(path)), "/proc/sys/net/ipv4/tcp_rmem");
	ck_assert_ptr_nonnull(tunable_path(t, path, 28));
	ck_assert_ptr_null(tunable_path(t, path, 27));
	ck_assert_str_eq(tunable_path(tunable_find("fs.file-max"), path, sizeof(path)),
			 "/proc/sys/fs/file-max");
}
END_TEST

START_TEST(conversion_scales_rounds_and_bounds)
{
	const struct tunable *rto = tunable_find("net.ipv4.tcp_rto_min_us");
	const struct tunable *mem = tunable_find("net.ipv4.tcp_mem");
	const struct tunable *rmem = tunable_find("net.ipv4.tcp_rmem");

	ck_assert_double_eq_tol(tunable_from_kernel(rto, 200000), 0.2, 1e-12);
	ck_assert_int_eq(tunable_to_kernel(rto, 0.2), 200000);
	ck_assert_int_eq(tunable_to_kernel(rto, 0), 1);
	ck_assert_int_eq(tunable_to_kernel(rmem, 1e12), INT32_MAX);
	ck_assert_int_eq(tunable_to_kernel(rmem, 65536.4), 65536);
	ck_assert_int_eq(tunable_to_kernel(rmem, -5), 1);
	ck_assert_int_eq(tunable_to_kernel(mem, 1e300), INT64_MAX);
}
END_TEST

static const struct tunable_value *read_one(struct tunable_values *v, struct source *s,
					    const char *key)
{
	struct error e;

	ck_assert_int_eq(tunable_values_read(s, v, &e), 0);
	source_free(s);
	return tunable_value_of(v, tunable_find(key));
}

START_TEST(reads_a_vector_with_tabs)
{
	struct source *s = fake_source_new();
	struct tunable_values v;
	const struct tunable_value *rmem;

	fake_source_add_file(s, "/proc/sys/net/ipv4/tcp_rmem", "4096\t131072\t6291456\n");
	rmem = read_one(&v, s, "net.ipv4.tcp_rmem");
	ck_assert(rmem->exists);
	ck_assert_str_eq(rmem->text, "4096 131072 6291456");
	ck_assert_str_eq(rmem->reason, "");
	ck_assert_double_eq(rmem->element[0].number, 4096);
	ck_assert_double_eq(rmem->element[2].number, 6291456);
	ck_assert_int_eq(rmem->element[3].kind, VALUE_UNKNOWN);
	tunable_values_done(&v);
}
END_TEST

START_TEST(missing_key_is_unknown_with_a_reason)
{
	struct tunable_values v;
	const struct tunable_value *t = read_one(&v, fake_source_new(), "net.ipv4.tcp_rto_min_us");

	ck_assert(!t->exists);
	ck_assert_int_eq(t->element[0].kind, VALUE_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(t->element[0].text, "6.11"));
	tunable_values_done(&v);
}
END_TEST

START_TEST(unreadable_key_exists)
{
	struct source *s = fake_source_new();
	struct tunable_values v;
	const struct tunable_value *t;

	fake_source_fail_file(s, "/proc/sys/net/core/somaxconn", -EACCES);
	t = read_one(&v, s, "net.core.somaxconn");
	ck_assert(t->exists);
	ck_assert_int_eq(t->element[0].kind, VALUE_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(t->reason, "ermission"));
	tunable_values_done(&v);
}
END_TEST

static const char *const malformed[] = { "",	      "\n",	 "4096 131072\n",
					 "1 2 3 4\n", "1 x 3\n", "99999999999999999999 1 1\n" };

START_TEST(malformed_content_is_unknown)
{
	struct source *s = fake_source_new();
	struct tunable_values v;
	const struct tunable_value *t;

	fake_source_add_file(s, "/proc/sys/net/ipv4/tcp_wmem", malformed[_i]);
	t = read_one(&v, s, "net.ipv4.tcp_wmem");
	for (unsigned int i = 0; i < 3; i++)
		ck_assert_int_eq(t->element[i].kind, VALUE_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(t->reason, "tcp_wmem"));
	tunable_values_done(&v);
}
END_TEST

START_TEST(init_only_keys_fall_back_to_the_host)
{
	struct source *s = fake_source_new();
	struct tunable_values v;
	const struct tunable_value *t;

	fake_source_add_scoped_file(s, SOURCE_HOST, "/proc/sys/net/ipv4/tcp_mem", "1 2 3\n");
	fake_source_add_scoped_file(s, SOURCE_HOST, "/proc/sys/net/core/rmem_max", "1000\n");
	fake_source_add_scoped_file(s, SOURCE_NETNS, "/proc/sys/net/core/rmem_max", "2000\n");
	fake_source_add_scoped_file(s, SOURCE_HOST, "/proc/sys/net/core/somaxconn", "128\n");
	t = read_one(&v, s, "net.ipv4.tcp_mem");
	ck_assert_double_eq(t->element[2].number, 3);
	t = tunable_value_of(&v, tunable_find("net.core.rmem_max"));
	ck_assert_double_eq(t->element[0].number, 2000);
	/* the host's own value says nothing about a namespace's */
	t = tunable_value_of(&v, tunable_find("net.core.somaxconn"));
	ck_assert(!t->exists);
	tunable_values_done(&v);
}
END_TEST

START_TEST(tokens_and_large_numbers)
{
	struct source *s = fake_source_new();
	struct tunable_values v;
	const struct tunable_value *t;

	fake_source_add_file(s, "/proc/sys/net/ipv4/tcp_allowed_congestion_control",
			     "reno  bbr\033 cubic\n");
	fake_source_add_file(s, "/proc/sys/net/ipv4/tcp_notsent_lowat", "4294967295\n");
	t = read_one(&v, s, "net.ipv4.tcp_allowed_congestion_control");
	ck_assert_int_eq(t->element[0].kind, VALUE_TEXT);
	ck_assert_str_eq(t->element[0].text, "reno bbr? cubic");
	t = tunable_value_of(&v, tunable_find("net.ipv4.tcp_notsent_lowat"));
	ck_assert_double_eq(t->element[0].number, 4294967295.0);
	tunable_values_done(&v);
}
END_TEST

Suite *test_catalogue_suite(void)
{
	Suite *s = suite_create("tunables/catalogue");
	TCase *c = tcase_create("all");

	tcase_add_test(c, table_is_sorted_and_complete);
	tcase_add_test(c, unknown_names_are_not_found);
	tcase_add_test(c, path_needs_room);
	tcase_add_test(c, conversion_scales_rounds_and_bounds);
	tcase_add_test(c, reads_a_vector_with_tabs);
	tcase_add_test(c, missing_key_is_unknown_with_a_reason);
	tcase_add_test(c, unreadable_key_exists);
	tcase_add_loop_test(c, malformed_content_is_unknown, 0,
			    sizeof(malformed) / sizeof(malformed[0]));
	tcase_add_test(c, init_only_keys_fall_back_to_the_host);
	tcase_add_test(c, tokens_and_large_numbers);
	suite_add_tcase(s, c);
	return s;
}
