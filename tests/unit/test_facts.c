#include "host/facts.h"

#include "base/cleanup.h"
#include "fake_source.h"
#include "host/kernel_config.h"
#include "host/live.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

Suite *test_facts_suite(void);

static struct source *source;

static void set_up(void)
{
	source = fake_source_new();
}

static void tear_down(void)
{
	source_free(source);
}

static struct facts read_facts(void)
{
	struct facts f;

	memset(&f, 0xa5, sizeof(f));
	ck_assert_int_eq(facts_read(source, &f, NULL), 0);
	return f;
}

/* Packs text with gzip and adds it as /proc/config.gz; `len` bytes of the result are kept. */
static void add_config_cut(const char *text, size_t text_len, size_t cut)
{
	z_stream stream = { 0 };
	const size_t room = text_len + 1024;
	unsigned char *packed = malloc(room);
	size_t len;

	ck_assert_ptr_nonnull(packed);
	ck_assert_int_eq(
		deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	stream.next_in = (unsigned char *)(uintptr_t)text;
	stream.avail_in = (unsigned int)text_len;
	stream.next_out = packed;
	stream.avail_out = (unsigned int)room;
	ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
	len = stream.total_out;
	ck_assert_int_eq(deflateEnd(&stream), Z_OK);
	ck_assert_uint_lt(cut, len);
	fake_source_add_file_bytes(source, "/proc/config.gz", packed, len - cut);
	free(packed);
}

static void add_config(const char *text)
{
	add_config_cut(text, strlen(text), 0);
}

static void add_release(void)
{
	fake_source_add_file(source, "/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n");
}

START_TEST(everything_is_read)
{
	struct facts f;

	fake_source_add_file(source, SOURCE_INFO_PATH,
			     "start_utc 1755000000\npage_size 4096\nclock_ticks 100\neuid 1000\n"
			     "netns web\nnetns_is_init 0\nversion 0.1\n");
	fake_source_add_file(source, "/proc/sys/kernel/hostname", "web-3\n");
	add_release();
	fake_source_add_file(source, "/sys/devices/system/cpu/online", "0-3,6,8-9\n");
	fake_source_add_file(source, "/proc/meminfo", "MemTotal:   1024 kB\nMemFree: 5 kB\n");
	fake_source_add_scoped_file(source, SOURCE_NETNS,
				    "/proc/sys/net/ipv4/tcp_congestion_control", "bbr\n");
	fake_source_add_file(source, "/proc/sys/net/ipv4/tcp_available_congestion_control",
			     "reno bbr cubic\n");
	fake_source_add_file(source, "/proc/sys/net/ipv4/tcp_allowed_congestion_control",
			     "reno bbr\n");
	f = read_facts();
	ck_assert_str_eq(f.hostname, "web-3");
	ck_assert_str_eq(f.kernel, "6.1.0-18-amd64");
	ck_assert_uint_eq(f.kernel_major, 6);
	ck_assert_uint_eq(f.kernel_minor, 1);
	ck_assert_str_eq(f.netns, "web");
	ck_assert(!f.netns_is_init);
	ck_assert_int_eq(f.start_utc_s, 1755000000);
	ck_assert_uint_eq(f.euid, 1000);
	ck_assert_uint_eq(f.cpus, 7);
	ck_assert_uint_eq(f.memory_bytes, 1024 * 1024);
	ck_assert_uint_eq(f.page_bytes, 4096);
	ck_assert_uint_eq(f.clock_ticks, 100);
	ck_assert_str_eq(f.congestion, "bbr");
	ck_assert_uint_eq(f.congestion_available.count, 3);
	ck_assert_str_eq(f.congestion_available.name[2], "cubic");
	ck_assert_uint_eq(f.congestion_allowed.count, 2);
	ck_assert_str_eq(f.congestion_allowed.name[0], "reno");
}
END_TEST

START_TEST(nothing_readable_is_unknown)
{
	const struct facts f = read_facts();

	ck_assert_str_eq(f.hostname, "");
	ck_assert_str_eq(f.kernel, "");
	ck_assert_uint_eq(f.kernel_major, 0);
	ck_assert_uint_eq(f.cpus, 0);
	ck_assert_uint_eq(f.memory_bytes, 0);
	ck_assert_uint_eq(f.euid, UINT32_MAX); /* not root */
	ck_assert_str_eq(f.congestion, "");
	ck_assert_uint_eq(f.congestion_available.count, 0);
	ck_assert_int_eq(facts_available(&f, "cc", "bbr"), AVAILABILITY_UNKNOWN);
	ck_assert_int_eq(facts_available(&f, "cc", "reno"), AVAILABILITY_YES);
	ck_assert_int_eq(facts_available(&f, "qdisc", "fq"), AVAILABILITY_UNKNOWN);
	ck_assert_int_eq(facts_available(&f, "qdisc", "pfifo_fast"), AVAILABILITY_YES);
}
END_TEST

START_TEST(our_own_namespace_has_no_name)
{
	struct facts f;

	fake_source_add_file(source, SOURCE_INFO_PATH, "netns self\nnetns_is_init 1\neuid 0\n");
	f = read_facts();
	ck_assert_str_eq(f.netns, "");
	ck_assert(f.netns_is_init);
	ck_assert_uint_eq(f.euid, 0);
}
END_TEST

START_TEST(cpu_lists)
{
	static const struct {
		const char *text;
		unsigned int cpus;
	} cases[] = {
		{ "0\n", 1 },
		{ "0-127\n", 128 },
		{ "0,2,4\n", 3 },
		{ "0-1,3", 3 },
		{ "\n", 0 },
		{ "3-0\n", 0 },
		{ "a\n", 0 },
		{ "0-\n", 0 },
		{ "0,,1\n", 0 },
		{ "-1\n", 0 },
		{ "0-4294967295\n", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		fake_source_add_file(source, "/sys/devices/system/cpu/online", cases[i].text);
		ck_assert_msg(read_facts().cpus == cases[i].cpus, "%s", cases[i].text);
	}
}
END_TEST

START_TEST(kernel_versions)
{
	static const struct {
		const char *text;
		unsigned int major, minor;
	} cases[] = {
		{ "6.18.44-fc-v595\n", 6, 18 }, { "5.10\n", 5, 10 }, { "7.0-rc1\n", 7, 0 },
		{ "unknown\n", 0, 0 },		{ "\n", 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct facts f;

		fake_source_add_file(source, "/proc/sys/kernel/osrelease", cases[i].text);
		f = read_facts();
		ck_assert_uint_eq(f.kernel_major, cases[i].major);
		ck_assert_uint_eq(f.kernel_minor, cases[i].minor);
	}
}
END_TEST

START_TEST(names_are_bounded_and_safe)
{
	struct facts f;

	fake_source_add_file(source, "/proc/sys/kernel/hostname", "a\033[2Jb\n");
	fake_source_add_file(source, "/proc/sys/net/ipv4/tcp_available_congestion_control",
			     "a b c d e f g h i j k l m n o p q r s t u v w x y z\n"
			     "and-a-name-longer-than-the-kernel-allows\n");
	f = read_facts();
	ck_assert_str_eq(f.hostname, "a?[2Jb");
	ck_assert_uint_eq(f.congestion_available.count, FACTS_NAMES_MAX);
	ck_assert_str_eq(f.congestion_available.name[FACTS_NAMES_MAX - 1], "x");
}
END_TEST

START_TEST(the_configuration_decides)
{
	struct facts f;

	add_release();
	add_config("CONFIG_TCP_CONG_BBR=y\n# CONFIG_TCP_CONG_DCTCP is not set\n"
		   "CONFIG_NET_SCH_FQ_CODEL=m\nCONFIG_NET_SCH_SFQ=m\nCONFIG_NET_SCH_CAKE=yes\n");
	fake_source_add_file(
		source, "/lib/modules/6.1.0-18-amd64/modules.dep",
		"kernel/net/sched/sch_fq_codel.ko.xz: kernel/net/sched/sch_sfq.ko.xz\n");
	f = read_facts();
	ck_assert_int_eq(facts_available(&f, "cc", "bbr"), AVAILABILITY_YES);
	ck_assert_int_eq(facts_available(&f, "cc", "dctcp"), AVAILABILITY_NO);
	ck_assert_int_eq(facts_available(&f, "cc", "cubic"), AVAILABILITY_NO);
	ck_assert_int_eq(facts_available(&f, "qdisc", "fq"), AVAILABILITY_NO);
	ck_assert_int_eq(facts_available(&f, "qdisc", "fq_codel"), AVAILABILITY_YES);
	ck_assert_int_eq(facts_available(&f, "qdisc", "sfq"), AVAILABILITY_NO);
	ck_assert_int_eq(facts_available(&f, "qdisc", "cake"), AVAILABILITY_NO);
	ck_assert_uint_eq(fake_source_file_reads(source, "/proc/config.gz"), 1);
}
END_TEST

START_TEST(a_module_without_a_module_directory_is_unknown)
{
	struct facts f;

	add_release();
	add_config("CONFIG_NET_SCH_FQ=m\n");
	f = read_facts();
	ck_assert_int_eq(facts_available(&f, "qdisc", "fq"), AVAILABILITY_UNKNOWN);
	ck_assert_int_eq(facts_available(&f, "qdisc", "cake"), AVAILABILITY_NO);
}
END_TEST

START_TEST(a_loaded_module_is_there)
{
	struct facts f;

	fake_source_add_file(source, "/sys/module/sch_fq/initstate", "live\n");
	fake_source_add_file(source, "/sys/module/sch_cake/initstate", "going\n");
	f = read_facts();
	ck_assert_int_eq(facts_available(&f, "qdisc", "fq"), AVAILABILITY_YES);
	ck_assert_int_eq(facts_available(&f, "qdisc", "fq_codel"), AVAILABILITY_UNKNOWN);
	ck_assert_int_eq(facts_available(&f, "qdisc", "cake"), AVAILABILITY_UNKNOWN);
}
END_TEST

static void add_module_lists(void)
{
	add_release();
	fake_source_add_file(source, "/lib/modules/6.1.0-18-amd64/modules.builtin",
			     "kernel/net/ipv4/tcp_cubic.ko\n");
	fake_source_add_file(
		source, "/lib/modules/6.1.0-18-amd64/modules.dep",
		"kernel/net/sched/sch_fq_codel.ko:\nkernel/net/ipv4/tcp_bbr.ko.zst:\n");
}

START_TEST(module_lists_decide_without_a_configuration)
{
	struct facts f;

	add_module_lists();
	f = read_facts();
	ck_assert_int_eq(facts_available(&f, "cc", "cubic"), AVAILABILITY_YES);
	ck_assert_int_eq(facts_available(&f, "cc", "bbr"), AVAILABILITY_YES);
	ck_assert_int_eq(facts_available(&f, "cc", "dctcp"), AVAILABILITY_NO);
	ck_assert_int_eq(facts_available(&f, "qdisc", "fq_codel"), AVAILABILITY_YES);
	ck_assert_int_eq(facts_available(&f, "qdisc", "codel"), AVAILABILITY_NO);
	ck_assert_int_eq(facts_available(&f, "qdisc", "fq"), AVAILABILITY_NO);
}
END_TEST

START_TEST(locked_modules_cannot_be_loaded)
{
	struct facts f;

	add_module_lists();
	fake_source_add_file(source, "/proc/sys/kernel/modules_disabled", "1\n");
	fake_source_add_file(source, "/sys/module/tcp_bbr/initstate", "live\n");
	f = read_facts();
	ck_assert_int_eq(facts_available(&f, "cc", "cubic"), AVAILABILITY_YES);
	ck_assert_int_eq(facts_available(&f, "cc", "bbr"), AVAILABILITY_YES);
	ck_assert_int_eq(facts_available(&f, "qdisc", "fq_codel"), AVAILABILITY_NO);
}
END_TEST

START_TEST(what_the_kernel_lists_is_available)
{
	struct facts f;

	fake_source_add_file(source, "/proc/sys/net/ipv4/tcp_available_congestion_control",
			     "reno my_cc dctcp\n");
	f = read_facts();
	ck_assert_int_eq(facts_available(&f, "cc", "my_cc"), AVAILABILITY_YES);
	ck_assert_int_eq(facts_available(&f, "cc", "dctcp"), AVAILABILITY_YES);
	ck_assert_int_eq(facts_available(&f, "cc", "vegas"), AVAILABILITY_UNKNOWN);
	ck_assert_int_eq(facts_available(&f, "qdisc", "my_cc"), AVAILABILITY_UNKNOWN);
	ck_assert_int_eq(facts_available(&f, "moon phase", "full"), AVAILABILITY_UNKNOWN);
}
END_TEST

START_TEST(a_damaged_configuration_tells_nothing)
{
	const char *text = "CONFIG_TCP_CONG_BBR=y\n";
	struct bytes config = { 0 };

	add_config_cut(text, strlen(text), 8);
	ck_assert_int_eq(kernel_config_read(source, &config), -EBADMSG);
	ck_assert_uint_eq(config.len, 0);
	ck_assert_int_eq(facts_available(&(struct facts){ 0 }, "cc", "bbr"), AVAILABILITY_UNKNOWN);
	fake_source_add_file(source, "/proc/config.gz", text);
	ck_assert_int_eq(kernel_config_read(source, &config), -EBADMSG);
	fake_source_add_file(source, "/proc/config.gz", "");
	ck_assert_int_eq(kernel_config_read(source, &config), -EBADMSG);
	fake_source_fail_file(source, "/proc/config.gz", -EACCES);
	ck_assert_int_eq(kernel_config_read(source, &config), -EACCES);
	add_config(text);
	ck_assert_int_eq(kernel_config_read(source, &config), 0);
	ck_assert_str_eq(config.data, text);
	bytes_done(&config);
}
END_TEST

START_TEST(a_bomb_is_not_unpacked)
{
	char *text = malloc(KERNEL_CONFIG_MAX + 1);
	struct bytes config = { 0 };

	ck_assert_ptr_nonnull(text);
	memset(text, '#', KERNEL_CONFIG_MAX + 1);
	add_config_cut(text, KERNEL_CONFIG_MAX + 1, 0);
	ck_assert_int_eq(kernel_config_read(source, &config), -EFBIG);
	ck_assert_uint_eq(config.len, 0);
	add_config_cut(text, KERNEL_CONFIG_MAX, 0);
	ck_assert_int_eq(kernel_config_read(source, &config), 0);
	ck_assert_uint_eq(config.len, KERNEL_CONFIG_MAX);
	bytes_done(&config);
	free(text);
}
END_TEST

START_TEST(no_memory_is_an_error)
{
	struct facts f = { .cpus = 7 };
	struct error e = { 0 };

	fake_source_fail_file(source, "/proc/config.gz", -ENOMEM);
	ck_assert_int_eq(facts_read(source, &f, &e), -ENOMEM);
	ck_assert_uint_eq(f.cpus, 7);
	ck_assert_int_eq(e.code, -ENOMEM);
}
END_TEST

Suite *test_facts_suite(void)
{
	Suite *suite = suite_create("facts");
	TCase *tc = tcase_create("facts");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, everything_is_read);
	tcase_add_test(tc, nothing_readable_is_unknown);
	tcase_add_test(tc, our_own_namespace_has_no_name);
	tcase_add_test(tc, cpu_lists);
	tcase_add_test(tc, kernel_versions);
	tcase_add_test(tc, names_are_bounded_and_safe);
	tcase_add_test(tc, the_configuration_decides);
	tcase_add_test(tc, a_module_without_a_module_directory_is_unknown);
	tcase_add_test(tc, a_loaded_module_is_there);
	tcase_add_test(tc, module_lists_decide_without_a_configuration);
	tcase_add_test(tc, locked_modules_cannot_be_loaded);
	tcase_add_test(tc, what_the_kernel_lists_is_available);
	tcase_add_test(tc, a_damaged_configuration_tells_nothing);
	tcase_add_test(tc, a_bomb_is_not_unpacked);
	tcase_add_test(tc, no_memory_is_an_error);
	suite_add_tcase(suite, tc);
	return suite;
}
