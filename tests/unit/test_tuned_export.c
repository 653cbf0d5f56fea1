/* Profiles as TuneD's: what is a constant, what the helper is asked for, what cannot be said, and
 * what the helper answers. */
#include "base/bytes.h"
#include "profile_fixture.h"
#include "profiles/import.h"
#include "profiles/tuned_export.h"
#include "profiles/tuned_file.h"

#include <check.h>
#include <errno.h>
#include <string.h>

Suite *test_tuned_export_suite(void);

static struct profile_fixture f;
static struct bytes out;

static void setup(void)
{
	profile_fixture_open(&f);
}

static void teardown(void)
{
	bytes_done(&out);
	profile_fixture_close(&f);
}

#define REASONS " why = \"Because.\"; source = \"RFC 1\"; }"

static void load(const char *inputs, const char *settings)
{
	char text[4096];

	(void)snprintf(text, sizeof(text),
		       "profile = { name = \"x\"; summary = \"Sum\"; inputs = { %s };\n"
		       "settings = ( %s ); };\n",
		       inputs, settings);
	ck_assert_msg(profile_fixture_load(&f, "x.conf", text) == 0, "%s", f.e.text);
	ck_assert_msg(profile_fixture_flatten(&f, "x") == 0, "%s", f.e.text);
}

/* The line of a key, as TuneD's parser has it: "=4096". */
static const char *exported(const char *section, const char *key)
{
	static struct tuned_sections sections;
	static char value[512];
	const struct tuned_section *s;
	const char *found = NULL;

	bytes_clear(&out);
	ck_assert_int_eq(tuned_export(&f.flat, &out), 0);
	ck_assert_int_eq(tuned_file_parse("f", out.data, out.len, &sections, NULL), 0);
	s = tuned_section_find(&sections, section);
	if (s != NULL)
		found = tuned_option_value(s, key, NULL);
	(void)snprintf(value, sizeof(value), "%s", found != NULL ? found : "none");
	tuned_sections_done(&sections);
	return value;
}

static const struct {
	const char *setting; /* after { tunable = */
	const char *key, *value;
} lines[] = {
	{ "\"net.core.somaxconn\"; set = \"4096\";", "net.core.somaxconn", "4096" },
	{ "\"net.core.somaxconn\"; raise_to = \"4096\";", "net.core.somaxconn", ">4096" },
	{ "\"net.ipv4.tcp_fin_timeout\"; lower_to = \"30s\";", "net.ipv4.tcp_fin_timeout", "<30" },
	{ "\"net.core.busy_read\"; set = \"50us\";", "net.core.busy_read", "50" },
	{ "\"net.core.rmem_max\"; set = \"4MiB\";", "net.core.rmem_max", "4194304" },
	{ "\"vm.dirty_ratio\"; set = \"40%\";", "vm.dirty_ratio", "40" },
	{ "\"net.ipv4.tcp_rmem\"; set = \"4096 131072 33554432\";", "net.ipv4.tcp_rmem",
	  "4096 131072 33554432" },
	/* What depends on the host, on the present value or on what the kernel can do. */
	{ "\"net.core.somaxconn\"; set = \"n * 2\";", "net.core.somaxconn",
	  "${f:exec:${i:PROFILE_DIR}/value:x:net.core.somaxconn:n=${n}}" },
	{ "\"net.ipv4.tcp_rmem[2]\"; raise_to = \"32MiB\";", "net.ipv4.tcp_rmem",
	  "${f:exec:${i:PROFILE_DIR}/value:x:net.ipv4.tcp_rmem:n=${n}}" },
	{ "\"net.core.somaxconn\"; set = \"4096\"; when = \"n > 1\";", "net.core.somaxconn",
	  "${f:exec:${i:PROFILE_DIR}/value:x:net.core.somaxconn:n=${n}}" },
	{ "\"net.ipv4.tcp_congestion_control\"; set = \"bbr\";", "net.ipv4.tcp_congestion_control",
	  "${f:exec:${i:PROFILE_DIR}/value:x:net.ipv4.tcp_congestion_control:n=${n}}" },
	{ "\"net.core.rps_sock_flow_entries\"; set = \"4096\";", "net.core.rps_sock_flow_entries",
	  "${f:exec:${i:PROFILE_DIR}/value:x:net.core.rps_sock_flow_entries:n=${n}}" },
	/* What TuneD cannot set, or would call an error. */
	{ "\"rlimit:nginx/nofile\"; set = \"65536\";", "rlimit:nginx/nofile", "none" },
	{ "\"net.netfilter.nf_conntrack_max\"; set = \"65536\";", "net.netfilter.nf_conntrack_max",
	  "none" },
	{ "\"net.ipv4.conf.eth0/1.rp_filter\"; set = \"2\";", "net.ipv4.conf.eth0/1.rp_filter",
	  "none" },
	{ "\"net.ipv4.tcp_rto_min_us\"; set = \"5ms\";", "net.ipv4.tcp_rto_min_us", "none" },
};

START_TEST(a_setting_is_a_constant_a_question_or_a_comment)
{
	char setting[512];

	(void)snprintf(setting, sizeof(setting), "{ tunable = %s" REASONS, lines[_i].setting);
	load("n = \"4\";", setting);
	ck_assert_str_eq(exported("sysctl", lines[_i].key), lines[_i].value);
	if (strcmp(lines[_i].value, "none") == 0) {
		ck_assert_ptr_nonnull(tuned_export_obstacle(&f.flat, 0));
		ck_assert_ptr_nonnull(strstr(out.data, "# Not expressed here"));
		ck_assert_ptr_nonnull(strstr(out.data, lines[_i].key));
	} else {
		ck_assert_ptr_null(tuned_export_obstacle(&f.flat, 0));
		ck_assert_ptr_null(strstr(out.data, "# Not expressed here"));
		ck_assert_ptr_nonnull(strstr(out.data, "Because. (RFC 1)"));
	}
	ck_assert_str_eq(exported("main", "summary"), "Sum");
}
END_TEST

START_TEST(elements_of_one_vector_are_one_line)
{
	load("", "{ tunable = \"net.ipv4.tcp_rmem[1]\"; raise_to = \"64KiB\";" REASONS
		 ", { tunable = \"net.core.somaxconn\"; set = \"1024\";" REASONS
		 ", { tunable = \"net.ipv4.tcp_rmem[2]\"; raise_to = \"32MiB\";" REASONS);
	ck_assert_str_eq(exported("sysctl", "net.ipv4.tcp_rmem"),
			 "${f:exec:${i:PROFILE_DIR}/value:x:net.ipv4.tcp_rmem}");
	ck_assert_ptr_null(
		strstr(strstr(out.data, "\nnet.ipv4.tcp_rmem=") + 1, "\nnet.ipv4.tcp_rmem="));
	ck_assert_str_eq(exported("variables", "n"), "none");
}
END_TEST

START_TEST(inputs_are_variables)
{
	load("rtt = \"100ms\"; rate = { default = \"host.memory_total\"; help = \"Fastest link\"; };",
	     "{ tunable = \"net.core.somaxconn\"; set = \"1024\";" REASONS);
	ck_assert_str_eq(exported("variables", "rtt"), "100ms");
	ck_assert_str_eq(exported("variables", "rate"), "default");
	ck_assert_ptr_nonnull(strstr(out.data, "# Fastest link\n# default: host.memory_total\n"));
}
END_TEST

static const char *value_of(const char *name, const char *present)
{
	static struct tunable_setting value;
	int r;

	profile_fixture_has(&f, name, present);
	ck_assert_msg(profile_fixture_resolve(&f, "x", NULL, 0) == 0, "%s", f.e.text);
	r = tuned_export_value(&f.resolved, name, present, &value, &f.e);
	ck_assert_msg(r == 0, "%s", f.e.text);
	return value.text;
}

START_TEST(the_helper_is_told_the_whole_value)
{
	load("", "{ tunable = \"net.ipv4.tcp_rmem[1]\"; raise_to = \"64KiB\";" REASONS
		 ", { tunable = \"net.ipv4.tcp_rmem[2]\"; raise_to = \"32MiB\";" REASONS
		 ", { tunable = \"net.ipv4.tcp_wmem[2]\"; set = \"8MiB\"; when = \"1 > 2\";" REASONS
		 ", { tunable = \"net.ipv4.tcp_fin_timeout\"; lower_to = \"30s\";" REASONS);
	ck_assert_str_eq(value_of("net.ipv4.tcp_rmem", "4096 87380 6291456"),
			 "4096 87380 33554432");
	ck_assert_str_eq(value_of("net.ipv4.tcp_rmem", "4096 16384 67108864"),
			 "4096 65536 67108864");
	/* Left out: what it holds stays. */
	ck_assert_str_eq(value_of("net.ipv4.tcp_wmem", "4096 16384 4194304"), "4096 16384 4194304");
	ck_assert_str_eq(value_of("net.ipv4.tcp_fin_timeout", "60"), "30");
	ck_assert_str_eq(value_of("net.ipv4.tcp_fin_timeout", "20"), "20");
}
END_TEST

START_TEST(what_the_profile_does_not_set_is_an_error)
{
	struct tunable_setting value;

	load("", "{ tunable = \"net.core.somaxconn\"; set = \"1024\";" REASONS);
	ck_assert_int_eq(profile_fixture_resolve(&f, "x", NULL, 0), 0);
	ck_assert_int_eq(tuned_export_value(&f.resolved, "net.ipv4.tcp_sack", "1", &value, &f.e),
			 -ENOENT);
	ck_assert_int_eq(f.e.kind, ERROR_INPUT);
}
END_TEST

/* A sysctl file, imported, loaded and resolved, comes to the same numbers: every row's bounds. */
static void comes_back(const struct tunable *t, int64_t number)
{
	struct sysctl_settings s = { 0 };
	struct import im = { 0 };
	const struct resolved_setting *got;
	char line[128], wanted[32];

	(void)snprintf(wanted, sizeof(wanted), "%lld", (long long)number);
	(void)snprintf(line, sizeof(line), "%s = %s\n", t->name, wanted);
	ck_assert_int_eq(sysctl_settings_parse(&s, "f.conf", line, strlen(line), NULL), 0);
	ck_assert_int_eq(import_sysctl(&s, "y", &im, NULL), 0);
	ck_assert_msg(im.count == 1, "%s: %s", line,
		      im.left_out_count > 0 ? im.left_out[0].why : "");
	bytes_clear(&out);
	ck_assert_int_eq(import_print(&im, &out), 0);
	profile_fixture_has(&f, t->name, "0");
	ck_assert_msg(profile_fixture_load(&f, "y.conf", out.data) == 0, "%s", f.e.text);
	ck_assert_msg(profile_fixture_resolve(&f, "y", NULL, 0) == 0, "%s: %s", line, f.e.text);
	got = profile_fixture_setting(&f, t->name);
	ck_assert_ptr_nonnull(got);
	ck_assert_msg(strcmp(got->value, wanted) == 0, "%s became %s (%s)", line, got->value,
		      got->reason);
	import_done(&im);
	sysctl_settings_done(&s);
}

START_TEST(imported_numbers_come_back)
{
	static const int64_t most = (int64_t)1 << 53;

	f.rules.o->facts.netns_is_init = true;
	for (size_t i = 0; i < tunable_count; i++) {
		const struct tunable *t = &tunables[i];

		if (t->unit == UNIT_TEXT || t->elements > 1 || tunable_is_pattern(t) ||
		    t->rounding != TUNABLE_ROUND_NONE)
			continue;
		comes_back(t, t->minimum > -most ? t->minimum : -most);
		comes_back(t, t->maximum < most ? t->maximum : most);
		if (t->minimum <= 7 && t->maximum >= 7)
			comes_back(t, 7);
	}
}
END_TEST

Suite *test_tuned_export_suite(void)
{
	Suite *s = suite_create("tuned_export");
	TCase *c = tcase_create("tuned_export");

	tcase_set_timeout(c, 180);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, a_setting_is_a_constant_a_question_or_a_comment, 0,
			    (int)(sizeof(lines) / sizeof(lines[0])));
	tcase_add_test(c, elements_of_one_vector_are_one_line);
	tcase_add_test(c, inputs_are_variables);
	tcase_add_test(c, the_helper_is_told_the_whole_value);
	tcase_add_test(c, what_the_profile_does_not_set_is_an_error);
	tcase_add_test(c, imported_numbers_come_back);
	suite_add_tcase(s, c);
	return s;
}
