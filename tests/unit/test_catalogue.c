/* The table of tunables and the reading of their values. */
#include "fake_source.h"
#include "rules/lint.h"
#include "tunables/catalogue.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

Suite *test_catalogue_suite(void);

static void check_texts(const struct tunable *t)
{
	ck_assert_msg(t->help != NULL && strlen(t->help) > 20, "%s", t->name);
	ck_assert_msg(t->help[strlen(t->help) - 1] == '.', "%s", t->name);
	ck_assert_msg(t->source != NULL && strlen(t->source) > 0, "%s", t->name);
	if (t->side_effects != NULL)
		ck_assert_msg(t->side_effects[strlen(t->side_effects) - 1] == '.', "%s", t->name);
	if (t->undo == TUNABLE_UNDO_NO)
		ck_assert_msg(t->side_effects != NULL, "%s: why can it not be undone?", t->name);
	if (t->since != NULL)
		ck_assert_msg(strspn(t->since, "0123456789.") == strlen(t->since), "%s", t->name);
}

static void check_values(const struct tunable *t)
{
	ck_assert_msg(t->elements >= 1 && t->elements <= TUNABLE_ELEMENTS_MAX, "%s", t->name);
	ck_assert_msg((t->elements > 1) == (t->type == TUNABLE_VECTOR), "%s", t->name);
	ck_assert_msg((t->unit == UNIT_TEXT) == (t->type >= TUNABLE_TOKEN), "%s", t->name);
	ck_assert_msg(t->scale > 0, "%s", t->name);
	if (t->unit != UNIT_TEXT)
		ck_assert_msg(t->minimum < t->maximum, "%s", t->name);
	ck_assert_msg(t->type != TUNABLE_BOOLEAN || (t->minimum == 0 && t->maximum == 1), "%s",
		      t->name);
	ck_assert_msg(!t->ascending || t->elements > 1, "%s", t->name);
	ck_assert_msg(!t->shown || t->scope == TUNABLE_INIT_ONLY, "%s", t->name);
}

START_TEST(table_is_sorted_and_complete)
{
	static const char *const roots[] = { "net.", "fs.", "kernel.", "vm." };

	ck_assert_uint_ge(tunable_count, 150);
	for (size_t i = 0; i < tunable_count; i++) {
		const struct tunable *t = &tunables[i];
		char path[128];
		bool rooted = false;

		if (i > 0)
			ck_assert_msg(strcmp(tunables[i - 1].name, t->name) < 0, "%s", t->name);
		ck_assert_ptr_eq(tunable_find(t->name), t);
		for (size_t n = 0; n < sizeof(roots) / sizeof(roots[0]); n++)
			rooted = rooted || strncmp(t->name, roots[n], strlen(roots[n])) == 0;
		ck_assert_msg(rooted, "%s", t->name);
		ck_assert_uint_lt(strlen(t->name) + TUNABLE_INTERFACE_MAX, TUNABLE_NAME_MAX);
		ck_assert((tunable_path(t, path, sizeof(path)) == NULL) == tunable_is_pattern(t));
		ck_assert_int_eq(tunable_privilege(t), strncmp(t->name, "net.", 4) == 0
							       ? TUNABLE_NET_ADMIN
							       : TUNABLE_ROOT);
		check_values(t);
		check_texts(t);
	}
}
END_TEST

/* Keys that lints look at can be set, unless the lint says not to set them at all; "*" in the
 * middle of a key is an interface. */
START_TEST(lints_name_catalogued_keys)
{
	for (size_t i = 0; i < lint_count; i++) {
		const char *key = lints[i].key;

		if (key == NULL || lints[i].test == LINT_SET)
			continue;
		ck_assert_msg(tunable_find(key) != NULL, "%s: %s", lints[i].id, key);
	}
}
END_TEST

static const struct {
	const char *name, *row, *path;
} resolved[] = {
	{ "net.ipv4.conf.eth0.rp_filter", "net.ipv4.conf.*.rp_filter",
	  "/proc/sys/net/ipv4/conf/eth0/rp_filter" },
	{ "net.ipv4.conf.eth0/100.rp_filter", "net.ipv4.conf.*.rp_filter",
	  "/proc/sys/net/ipv4/conf/eth0.100/rp_filter" },
	{ "net.ipv4.conf.default.rp_filter", "net.ipv4.conf.*.rp_filter",
	  "/proc/sys/net/ipv4/conf/default/rp_filter" },
	{ "net.ipv4.conf.all.rp_filter", "net.ipv4.conf.all.rp_filter",
	  "/proc/sys/net/ipv4/conf/all/rp_filter" },
	{ "net.ipv6.conf.all.forwarding", "net.ipv6.conf.all.forwarding",
	  "/proc/sys/net/ipv6/conf/all/forwarding" },
	{ "net.ipv6.neigh.a-b_c@d12345678.gc_stale_time", "net.ipv6.neigh.*.gc_stale_time",
	  "/proc/sys/net/ipv6/neigh/a-b_c@d12345678/gc_stale_time" },
	{ "net.ipv4.conf.///.rp_filter", "net.ipv4.conf.*.rp_filter",
	  "/proc/sys/net/ipv4/conf/.../rp_filter" },
	{ "net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-iptables",
	  "/proc/sys/net/bridge/bridge-nf-call-iptables" },
};

START_TEST(interfaces_resolve_to_their_pattern)
{
	const struct tunable *t = tunable_find(resolved[_i].name);
	char path[128];

	ck_assert_ptr_nonnull(t);
	ck_assert_str_eq(t->name, resolved[_i].row);
	ck_assert_str_eq(tunable_name_path(resolved[_i].name, path, sizeof(path)),
			 resolved[_i].path);
}
END_TEST

static const char *const unresolved[] = {
	"net.ipv4.conf..rp_filter",
	"net.ipv4.conf./.rp_filter",
	"net.ipv4.conf.//.rp_filter",
	"net.ipv4.conf.sixteen_bytes_xx.rp_filter",
	"net.ipv4.conf.a:b.rp_filter",
	"net.ipv4.conf.a b.rp_filter",
	"net.ipv4.conf.a\tb.rp_filter",
	"net.ipv4.conf.a\033b.rp_filter",
	"net.ipv4.conf.a\377b.rp_filter",
	"net.ipv4.conf.e*.rp_filter",
	"net.ipv4.conf.e?.rp_filter",
	"net.ipv4.conf.[e].rp_filter",
	"net.ipv4.conf.eth0.100.rp_filter",
	"net.ipv4.conf.eth0.no_such",
	"net.ipv4.conf.eth0.",
	"net.ipv4.conf.eth0",
	"net.ipv4.conf.",
	"net.ipv4.conf.eth0.rp_filter.x",
	"net.ipv4.conf.eth0/rp_filter",
	"net.ipv4.conf.eth0.rp_filter/../../x",
	"net.ipv4.conf.../../..rp_filter",
	"net.ipv4.tcp_rmem/x",
	"/net/ipv4/tcp_rmem",
	"net/ipv4/tcp_rmem",
	"net.ipv6.icmp.eth0.ratelimit",
	"net.netfilter.nf_hooks_lwtunnel",
};

START_TEST(tricks_with_names_find_nothing)
{
	char path[128];

	ck_assert_msg(tunable_find(unresolved[_i]) == NULL, "%s", unresolved[_i]);
	ck_assert_ptr_null(tunable_name_path(unresolved[_i], path, sizeof(path)));
}
END_TEST

START_TEST(long_names_find_nothing)
{
	char name[4096];

	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	ck_assert_ptr_null(tunable_find(name));
	memcpy(name, "net.ipv4.conf.e.", 16);
	ck_assert_ptr_null(tunable_find(name));
	memcpy(name, "net.ipv4.conf.ee", 16);
	ck_assert_ptr_null(tunable_find(name));
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

START_TEST(reads_only_what_is_wanted)
{
	struct source *s = fake_source_new();
	bool *wanted = calloc(tunable_count, sizeof(*wanted));
	struct tunable_values v;
	struct error e;
	const struct tunable *rmem = tunable_find("net.ipv4.tcp_rmem");
	const struct tunable *wmem = tunable_find("net.ipv4.tcp_wmem");

	ck_assert_ptr_nonnull(wanted);
	wanted[rmem - tunables] = true;
	fake_source_add_file(s, "/proc/sys/net/ipv4/tcp_rmem", "4096\t131072\t6291456\n");
	fake_source_add_file(s, "/proc/sys/net/ipv4/tcp_wmem", "4096\t16384\t4194304\n");
	ck_assert_int_eq(tunable_values_read_some(s, wanted, &v, &e), 0);
	ck_assert_double_eq(tunable_value_of(&v, rmem)->element[2].number, 6291456);
	ck_assert_int_eq(tunable_value_of(&v, wmem)->element[2].kind, VALUE_UNKNOWN);
	ck_assert_str_eq(tunable_value_of(&v, wmem)->element[2].text,
			 "net.ipv4.tcp_wmem was not asked for");
	tunable_values_done(&v);
	free(wanted);
	source_free(s);
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

START_TEST(a_pattern_has_no_value)
{
	struct source *s = fake_source_new();
	struct tunable_values v;
	const struct tunable_value *t;

	fake_source_add_file(s, "/proc/sys/net/ipv4/conf/*/rp_filter", "1\n");
	t = read_one(&v, s, "net.ipv4.conf.eth0.rp_filter");
	ck_assert(!t->exists);
	ck_assert_int_eq(t->element[0].kind, VALUE_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(t->reason, "each interface"));
	tunable_values_done(&v);
}
END_TEST

START_TEST(a_text_that_does_not_fit_is_unknown)
{
	struct source *s = fake_source_new();
	char text[TUNABLE_TEXT_MAX + 2] = "1";
	struct tunable_values v;
	const struct tunable_value *t;

	for (size_t i = 1; i < TUNABLE_TEXT_MAX - 1; i++)
		text[i] = i % 2 == 0 ? '1' : ',';
	fake_source_add_file(s, "/proc/sys/net/ipv4/ip_local_reserved_ports", text);
	t = read_one(&v, s, "net.ipv4.ip_local_reserved_ports");
	ck_assert_str_eq(t->text, text);
	ck_assert_int_eq(t->element[0].kind, VALUE_TEXT);
	tunable_values_done(&v);

	s = fake_source_new();
	text[strlen(text)] = '1';
	fake_source_add_file(s, "/proc/sys/net/ipv4/ip_local_reserved_ports", text);
	t = read_one(&v, s, "net.ipv4.ip_local_reserved_ports");
	ck_assert_str_eq(t->text, "");
	ck_assert(t->exists);
	ck_assert_int_eq(t->element[0].kind, VALUE_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(t->reason, "longer"));
	tunable_values_done(&v);
}
END_TEST

Suite *test_catalogue_suite(void)
{
	Suite *s = suite_create("tunables/catalogue");
	TCase *c = tcase_create("all");

	tcase_add_test(c, table_is_sorted_and_complete);
	tcase_add_test(c, lints_name_catalogued_keys);
	tcase_add_loop_test(c, interfaces_resolve_to_their_pattern, 0,
			    sizeof(resolved) / sizeof(resolved[0]));
	tcase_add_loop_test(c, tricks_with_names_find_nothing, 0,
			    sizeof(unresolved) / sizeof(unresolved[0]));
	tcase_add_test(c, long_names_find_nothing);
	tcase_add_test(c, a_pattern_has_no_value);
	tcase_add_test(c, a_text_that_does_not_fit_is_unknown);
	tcase_add_test(c, unknown_names_are_not_found);
	tcase_add_test(c, path_needs_room);
	tcase_add_test(c, conversion_scales_rounds_and_bounds);
	tcase_add_test(c, reads_a_vector_with_tabs);
	tcase_add_test(c, reads_only_what_is_wanted);
	tcase_add_test(c, missing_key_is_unknown_with_a_reason);
	tcase_add_test(c, unreadable_key_exists);
	tcase_add_loop_test(c, malformed_content_is_unknown, 0,
			    sizeof(malformed) / sizeof(malformed[0]));
	tcase_add_test(c, init_only_keys_fall_back_to_the_host);
	tcase_add_test(c, tokens_and_large_numbers);
	suite_add_tcase(s, c);
	return s;
}
