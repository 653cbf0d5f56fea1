/* Values of tunables: what people may write, what the kernel is given, and comparing what it shows.
 */
#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/port_set.h"
#include "tunables/tunable_setting.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

Suite *test_tunable_setting_suite(void);

#define RMEM  "net.ipv4.tcp_rmem"
#define PORTS "net.ipv4.ip_local_reserved_ports"
#define CC    "net.ipv4.tcp_congestion_control"
#define CCS   "net.ipv4.tcp_allowed_congestion_control"

static const struct {
	const char *name, *text, *canonical;
} accepted[] = {
	{ "net.core.somaxconn", "4096", "4096" },
	{ "net.core.somaxconn", " \t4096 ", "4096" },
	{ "net.core.somaxconn", "1", "1" },
	{ "net.core.somaxconn", "2147483647", "2147483647" },
	{ "net.ipv4.tcp_sack", "0", "0" },
	{ "net.ipv4.tcp_sack", "1", "1" },
	{ "net.ipv4.tcp_sack", "on", "1" },
	{ "net.ipv4.tcp_sack", " off ", "0" },
	{ "net.core.rmem_max", "64MiB", "67108864" },
	{ "net.core.rmem_max", "64KB", "64000" },
	{ "net.core.rmem_max", "1.5MiB", "1572864" },
	{ "net.core.rmem_max", "0.5KiB", "512" },
	{ RMEM, "4096\t131072\t6291456", "4096 131072 6291456" },
	{ RMEM, "4KiB 128KiB 6MiB", "4096 131072 6291456" },
	{ RMEM, "4096 4096 4096", "4096 4096 4096" },
	{ "net.ipv4.tcp_rto_min_us", "200ms", "200000" },
	{ "net.ipv4.tcp_rto_min_us", "0.2s", "200000" },
	{ "net.ipv4.tcp_rto_min_us", "5000", "5000" },
	{ "net.ipv4.tcp_comp_sack_delay_ns", "1ms", "1000000" },
	{ "net.ipv4.tcp_keepalive_time", "2h", "7200" },
	{ "net.ipv4.tcp_fin_timeout", "1min", "60" },
	{ "net.ipv4.tcp_mem", "1000pages 2000pages 3000", "1000 2000 3000" },
	{ "net.ipv4.tcp_max_reordering", "300seg", "300" },
	{ "net.ipv4.tcp_notsent_lowat", "4294967295", "4294967295" },
	{ "fs.file-max", "9223372036854775807", "9223372036854775807" },
	{ "vm.dirty_ratio", "20%", "20" },
	{ "vm.dirty_ratio", "20", "20" },
	{ "vm.min_free_kbytes", "64MiB", "65536" },
	{ "kernel.sched_rt_runtime_us", "-1", "-1" },
	{ "net.ipv6.conf.eth0.router_solicitations", "-1", "-1" },
	{ "net.core.rps_sock_flow_entries", "0", "0" },
	{ "net.core.rps_sock_flow_entries", "32768", "32768" },
	{ "net.netfilter.nf_conntrack_buckets", "66048", "66048" },
	{ "net.ipv4.ip_local_port_range", "16384 60999", "16384 60999" },
	{ CC, " cubic ", "cubic" },
	{ CC, "bpf_cc-2.x", "bpf_cc-2.x" },
	{ CC, "fifteen_bytes_x", "fifteen_bytes_x" },
	{ CCS, "reno\tbbr  reno", "reno bbr" },
	{ PORTS, "", "" },
	{ PORTS, "8080", "8080" },
	{ PORTS, "9000-9010,8080", "8080,9000-9010" },
	{ PORTS, "1,2,3,5-7,6-9", "1-3,5-9" },
	{ PORTS, "0-65535", "0-65535" },
	{ PORTS, "65535", "65535" },
};

START_TEST(accepts)
{
	const struct tunable *t = tunable_find(accepted[_i].name);
	struct tunable_setting s, again;
	struct error e = { 0 };

	ck_assert_ptr_nonnull(t);
	ck_assert_msg(tunable_parse(t, accepted[_i].text, &s, &e) == 0, "%s", e.text);
	ck_assert_str_eq(s.text, accepted[_i].canonical);
	ck_assert_int_eq(tunable_parse(t, s.text, &again, &e), 0);
	ck_assert_str_eq(again.text, s.text);
}
END_TEST

static const struct {
	const char *name, *text;
	int code;
	const char *says;
} refused[] = {
	{ "net.core.somaxconn", "", -EINVAL, "no value; give 1 number, each 1 to 2147483647" },
	{ "net.core.somaxconn", " \t", -EINVAL, "no value" },
	{ "net.core.somaxconn", "0", -ERANGE, "\"0\" is out of range; give 1 to 2147483647" },
	{ "net.core.somaxconn", "2147483648", -ERANGE, "out of range" },
	{ "net.core.somaxconn", "99999999999999999999", -ERANGE, "out of range" },
	{ "net.core.somaxconn", "-5", -ERANGE, "\"-5\" is negative" },
	{ "net.core.somaxconn", "010", -EINVAL, "octal" },
	{ "net.core.somaxconn", "-010", -EINVAL, "octal" },
	{ "net.core.somaxconn", "00", -EINVAL, "octal" },
	{ "net.core.somaxconn", "0x1000", -EINVAL, "hexadecimal" },
	{ "net.core.somaxconn", "0X10", -EINVAL, "hexadecimal" },
	{ "net.core.somaxconn", "4096x", -EINVAL, "plain number" },
	{ "net.core.somaxconn", "4096k", -EINVAL, "no known unit" },
	{ "net.core.somaxconn", "4096;", -EINVAL, "no known unit" },
	{ "net.core.somaxconn", "4KiB", -EINVAL, "has a unit" },
	{ "net.core.somaxconn", "50%", -EINVAL, "has a unit" },
	{ "net.core.somaxconn", "1.5", -EINVAL, "no whole number" },
	{ "net.core.somaxconn", "1e3", -EINVAL, "no whole number" },
	{ "net.core.somaxconn", "+5", -EINVAL, "no number" },
	{ "net.core.somaxconn", "-", -EINVAL, "no number" },
	{ "net.core.somaxconn", "many", -EINVAL, "no number" },
	{ "net.core.somaxconn", "on", -EINVAL, "no number" },
	{ "net.ipv4.tcp_sack", "maybe", -EINVAL, "\"maybe\" is neither on nor off; give on (1)" },
	{ "net.ipv4.tcp_sack", "yes", -EINVAL, "neither on nor off" },
	{ "net.ipv4.tcp_sack", "On", -EINVAL, "neither on nor off" },
	{ "net.ipv4.tcp_sack", "on off", -EINVAL, "2 values" },
	{ "net.ipv4.tcp_sack", "", -EINVAL, "no value" },
	{ "net.ipv4.tcp_sack", "2", -ERANGE, "\"2\" is out of range; give 0 to 1" },
	{ "net.ipv4.tcp_sack", "-1", -ERANGE, "is negative" },
	{ "net.ipv4.tcp_sack", "1x", -EINVAL, "unit" },
	{ "net.core.somaxconn", "4096 5", -EINVAL, "\"4096 5\" is 2 values; give 1 number" },
	{ "net.core.somaxconn", "4096\n", -EINVAL, "control" },
	{ "net.core.somaxconn", "4096\033[1m", -EINVAL, "control" },
	{ "net.core.somaxconn", "4096\302\240", -EINVAL, "foreign" },
	{ "net.ipv4.tcp_sack", "2", -ERANGE, "give 0 to 1" },
	{ "net.core.rmem_max", "200ms", -EINVAL, "is not in bytes" },
	{ "net.core.rmem_max", "100", -ERANGE, "256 to 2147483647 (256 B to 2 GiB)" },
	{ "net.core.rmem_max", "1.0001KiB", -EINVAL, "no whole number" },
	{ "net.core.rmem_max", "-1MiB", -ERANGE, "negative" },
	{ "net.core.rmem_max", "100TiB", -ERANGE, "out of range" },
	{ "net.ipv4.tcp_fin_timeout", "1500ms", -EINVAL, "no whole number of the kernel's units" },
	{ "net.ipv4.tcp_fin_timeout", "0ms", -ERANGE, "out of range" },
	{ "net.ipv4.tcp_mem", "1GiB 2GiB 3GiB", -EINVAL, "is not in pages" },
	{ "fs.file-max", "9223372036854775808", -ERANGE, "out of range" },
	{ "vm.dirty_bytes", "8388608TiB", -ERANGE, "out of range" },
	{ "vm.dirty_ratio", "101%", -ERANGE, "(0.00 % to 100 %)" },
	{ "vm.dirty_ratio", "2s", -EINVAL, "is no share" },
	{ "kernel.sched_rt_runtime_us", "-2", -ERANGE, "out of range" },
	{ "net.core.rps_sock_flow_entries", "3000", -EINVAL, "no power of two" },
	{ "net.netfilter.nf_conntrack_buckets", "65537", -EINVAL, "no multiple of 512" },
	{ RMEM, "4096 131072", -EINVAL, "is 2 values; give 3 numbers" },
	{ RMEM, "4096 131072 6291456 1", -EINVAL, "is 4 values" },
	{ RMEM, "9000000 131072 6291456", -EINVAL, "[1] is below [0]" },
	{ RMEM, "4096 131072 65536", -EINVAL, "[2] is below [1]" },
	{ RMEM, "4096,131072,6291456", -EINVAL, "is 1 value; give 3" },
	{ "net.ipv4.ip_local_port_range", "60000 50000", -EINVAL, "decreases" },
	{ "net.ipv4.ip_local_port_range", "0 50000", -ERANGE, "out of range" },
	{ CC, "", -EINVAL, "is not one name" },
	{ CC, "cubic bbr", -EINVAL, "is not one name" },
	{ CC, "sixteen_bytes_xx", -EINVAL, "at most 15" },
	{ CC, "../x", -EINVAL, "more than names" },
	{ CC, "cubic;reboot", -EINVAL, "more than names" },
	{ CCS, " ", -EINVAL, "names nothing" },
	{ PORTS, ",", -EINVAL, "a port is missing" },
	{ PORTS, "80,", -EINVAL, "a port is missing" },
	{ PORTS, "80-", -EINVAL, "a port is missing" },
	{ PORTS, "-80", -EINVAL, "a port is missing" },
	{ PORTS, "80,,90", -EINVAL, "a port is missing" },
	{ PORTS, "80 90", -EINVAL, "not every part is a port" },
	{ PORTS, "80, 90", -EINVAL, "not every part is a port" },
	{ PORTS, "80-90-100", -EINVAL, "not every part is a port" },
	{ PORTS, "65536", -EINVAL, "end at 65535" },
	{ PORTS, "99999999999999999999", -EINVAL, "end at 65535" },
	{ PORTS, "9010-9000", -EINVAL, "ends before it begins" },
	{ PORTS, "080", -EINVAL, "octal" },
	{ PORTS, "0x50", -EINVAL, "not every part is a port" },
	{ PORTS, "80\n", -EINVAL, "control" },
};

START_TEST(refuses)
{
	const struct tunable *t = tunable_find(refused[_i].name);
	struct tunable_setting s = { "untouched" };
	struct error e = { 0 };

	ck_assert_ptr_nonnull(t);
	ck_assert_msg(tunable_parse(t, refused[_i].text, &s, &e) == refused[_i].code, "%s \"%s\"",
		      refused[_i].name, refused[_i].text);
	ck_assert_str_eq(s.text, "untouched");
	ck_assert_int_eq(e.kind, ERROR_INPUT);
	ck_assert_msg(strncmp(e.text, t->name, strlen(t->name)) == 0, "%s", e.text);
	ck_assert_msg(strstr(e.text, refused[_i].says) != NULL, "%s", e.text);
	ck_assert_msg(strstr(e.text, "give ") != NULL, "%s", e.text);
	for (const char *c = e.text; *c != '\0'; c++)
		ck_assert_msg(*c >= ' ' && *c <= '~', "%s", e.text);
}
END_TEST

START_TEST(too_many_ports_and_names_are_refused)
{
	struct tunable_setting s = { "untouched" };
	struct bytes text = { 0 };
	struct error e;

	for (unsigned int port = 10001; port < 10301; port += 2)
		ck_assert_int_eq(bytes_printf(&text, "%s%u", port > 10001 ? "," : "", port), 0);
	ck_assert_int_eq(tunable_parse(tunable_find(PORTS), text.data, &s, &e), -E2BIG);
	bytes_clear(&text);
	for (unsigned int n = 0; n < 60; n++)
		ck_assert_int_eq(bytes_printf(&text, " name%04u", n), 0);
	ck_assert_int_eq(tunable_parse(tunable_find(CCS), text.data, &s, &e), -E2BIG);
	ck_assert_str_eq(s.text, "untouched");
	bytes_done(&text);
}
END_TEST

START_TEST(an_element_replaces_one_of_the_present_value)
{
	const struct tunable *rmem = tunable_find(RMEM);
	const char *const now = "4096\t131072\t6291456\n";
	struct tunable_setting s = { "untouched" };
	struct error e;

	ck_assert_int_eq(tunable_parse_element(rmem, 2, now, "64MiB", &s, &e), 0);
	ck_assert_str_eq(s.text, "4096 131072 67108864");
	ck_assert_int_eq(tunable_parse_element(rmem, 0, now, "8192", &s, &e), 0);
	ck_assert_str_eq(s.text, "8192 131072 6291456");
	ck_assert_int_eq(
		tunable_parse_element(tunable_find("net.core.somaxconn"), 0, "128", "9", &s, &e),
		0);
	ck_assert_str_eq(s.text, "9");
	/* what is there already may be nonsense, unless the order would be */
	ck_assert_int_eq(tunable_parse_element(rmem, 2, "0 0 0", "1", &s, &e), 0);
	ck_assert_str_eq(s.text, "0 0 1");
}
END_TEST

static const struct {
	unsigned int element;
	const char *now, *text, *says;
} element_refused[] = {
	{ 2, "4096 131072 6291456", "65536", "[2] is below [1]" },
	{ 0, "4096 131072 6291456", "1MiB", "[1] is below [0]" },
	{ 1, "4096 131072 6291456", "", "is not one number" },
	{ 1, "4096 131072 6291456", "1 2", "is not one number" },
	{ 1, "4096 131072 6291456", "010", "octal" },
	{ 1, "4096 131072 6291456", "1\n", "control" },
	{ 1, "4096 131072", "8192", "present value" },
	{ 1, "4096 131072 6291456 1", "8192", "present value" },
	{ 1, "4096 x 6291456", "8192", "present value" },
	{ 1, "", "8192", "present value" },
};

START_TEST(an_element_is_refused)
{
	struct tunable_setting s = { "untouched" };
	struct error e = { 0 };

	ck_assert_int_lt(tunable_parse_element(tunable_find(RMEM), element_refused[_i].element,
					       element_refused[_i].now, element_refused[_i].text,
					       &s, &e),
			 0);
	ck_assert_str_eq(s.text, "untouched");
	ck_assert_int_eq(e.kind, ERROR_INPUT);
	ck_assert_msg(strstr(e.text, element_refused[_i].says) != NULL, "%s", e.text);
}
END_TEST

START_TEST(texts_have_no_elements)
{
	struct tunable_setting s;
	struct error e;

	ck_assert_int_eq(tunable_parse_element(tunable_find(CC), 0, "bbr", "cubic", &s, &e),
			 -EINVAL);
}
END_TEST

static const struct {
	const char *name, *a, *b;
	bool equal;
} compared[] = {
	{ RMEM, "4096\t131072\t6291456\n", "4096 131072 6291456", true },
	{ RMEM, "4096 131072 6291456", "4096 131072 6291457", false },
	{ RMEM, "4096 131072", "4096 131072 6291456", false },
	{ RMEM, "4096 131072 6291456", "4096 131072", false },
	{ RMEM, "4096 131072 6291456", "", false },
	{ RMEM, "131072 4096 6291456", "4096 131072 6291456", false },
	{ "net.core.somaxconn", "4096", "04096", true },
	{ "net.core.somaxconn", "4096", "4096x", false },
	{ "net.core.somaxconn", "4096\n", "4096", true },
	{ CC, "cubic\n", "cubic", true },
	{ CC, "cubic", "cubi", false },
	{ CC, "cubic", "", false },
	{ CCS, "reno cubic", "cubic reno\n", true },
	{ CCS, "reno cubic", "cubic", false },
	{ CCS, "cubic", "reno cubic", false },
	{ PORTS, "1,2,3", "1-3\n", true },
	{ PORTS, "1-3", "1-4", false },
	{ PORTS, "", "\n", true },
	{ PORTS, "", "1", false },
	{ PORTS, "damaged", "damaged", true },
	{ PORTS, "damaged", "1", false },
};

START_TEST(compares)
{
	const struct tunable *t = tunable_find(compared[_i].name);

	ck_assert(tunable_text_equal(t, compared[_i].a, compared[_i].b) == compared[_i].equal);
	ck_assert(tunable_text_equal(t, compared[_i].b, compared[_i].a) == compared[_i].equal);
}
END_TEST

static const struct {
	const char *name, *now, *from, *to;
	bool ours;
} half_written[] = {
	{ RMEM, "1\t2\t3\n", "1 2 3", "4 5 6", true },
	{ RMEM, "4 5 6", "1 2 3", "4 5 6", true },
	{ RMEM, "4 2 3", "1 2 3", "4 5 6", true },
	{ RMEM, "1 5 3", "1 2 3", "4 5 6", true },
	{ RMEM, "2 1 3", "1 2 3", "4 5 6", false },
	{ RMEM, "4 5 7", "1 2 3", "4 5 6", false },
	{ RMEM, "4 5", "1 2 3", "4 5 6", false },
	{ RMEM, "4 5 6 7", "1 2 3", "4 5 6", false },
	{ RMEM, "", "1 2 3", "4 5 6", false },
	{ "net.core.somaxconn", "1", "1", "2", true },
	{ "net.core.somaxconn", "2", "1", "2", true },
	{ "net.core.somaxconn", "3", "1", "2", false },
	{ CCS, "reno bbr", "bbr reno", "cubic", true },
	{ CCS, "reno", "bbr reno", "cubic", false },
	{ PORTS, "1-2", "1,2", "", true },
	{ PORTS, "\n", "1,2", "", true },
	{ PORTS, "1", "1,2", "", false },
};

START_TEST(recognises_a_half_written_vector)
{
	const struct tunable *t = tunable_find(half_written[_i].name);

	ck_assert(tunable_text_between(t, half_written[_i].now, half_written[_i].from,
				       half_written[_i].to) == half_written[_i].ours);
	ck_assert(tunable_text_between(t, half_written[_i].now, half_written[_i].to,
				       half_written[_i].from) == half_written[_i].ours);
}
END_TEST

static const struct {
	const char *name, *text, *meaning;
} described[] = {
	{ RMEM, "4096\t131072\t6291456\n", "4096 B, 128 KiB, 6 MiB" },
	{ "net.ipv4.tcp_rto_min_us", "200000", "200 ms" },
	{ "net.ipv4.tcp_fin_timeout", "60", "60 s" },
	{ "vm.min_free_kbytes", "65536", "64 MiB" },
	{ "vm.dirty_ratio", "20", "20.0 %" },
	{ "net.core.somaxconn", "4096\n", "4096" },
	{ "net.core.rmem_max", "damaged", "damaged" },
	{ RMEM, "4096 x", "4096 x" },
	{ CC, "bb\033r\n", "bb?r" },
	{ PORTS, "8080,9000-9010\n", "8080,9000-9010" },
};

START_TEST(describes)
{
	char buf[64], small[4];
	const struct tunable *t = tunable_find(described[_i].name);

	ck_assert_str_eq(tunable_text_describe(t, described[_i].text, buf, sizeof(buf)),
			 described[_i].meaning);
	ck_assert_uint_lt(
		strlen(tunable_text_describe(t, described[_i].text, small, sizeof(small))),
		sizeof(small));
}
END_TEST

START_TEST(a_port_set_needs_room)
{
	struct port_set s = { { 0 } };
	const char *problem = NULL;
	char buf[8];

	ck_assert_int_eq(port_set_parse("80-90", 5, &s, &problem), 0);
	ck_assert(port_set_has(&s, 80) && port_set_has(&s, 90));
	ck_assert(!port_set_has(&s, 79) && !port_set_has(&s, 91) && !port_set_has(&s, 65536));
	ck_assert_int_eq(port_set_format(&s, buf, 6), 0);
	ck_assert_str_eq(buf, "80-90");
	ck_assert_int_eq(port_set_format(&s, buf, 5), -E2BIG);
	ck_assert_int_eq(port_set_format(&s, buf, 0), -E2BIG);
	ck_assert_int_eq(port_set_parse("x", 1, &s, &problem), -EINVAL);
	ck_assert(port_set_has(&s, 80));
}
END_TEST

/* What this machine has set: every value must be one that we could write back. */
static int read_here(const char *name, struct bytes *b)
{
	CLEANUP(close_fdp) int fd = -1;
	char path[TUNABLE_NAME_MAX + 16];

	bytes_clear(b);
	ck_assert_ptr_nonnull(tunable_name_path(name, path, sizeof(path)));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : bytes_read_fd(b, fd, 65536);
}

static unsigned int round_trip(const struct tunable *t, const char *name)
{
	CLEANUP(bytes_done) struct bytes b = { 0 };
	struct tunable_setting s;
	struct error e = { 0 };

	if (read_here(name, &b) < 0)
		return 0;
	b.data[strcspn(b.data, "\n")] = '\0';
	ck_assert_msg(tunable_parse(t, b.data, &s, &e) == 0, "%s: %s", name, e.text);
	ck_assert_msg(tunable_text_equal(t, b.data, s.text), "%s: %s", name, s.text);
	for (char *tab = strchr(b.data, '\t'); tab != NULL; tab = strchr(tab, '\t'))
		*tab = ' ';
	ck_assert_msg(strcmp(b.data, s.text) == 0, "%s: %s", name, s.text);
	return 1;
}

START_TEST(what_this_machine_has_set_is_accepted)
{
	unsigned int found = 0;

	for (size_t i = 0; i < tunable_count; i++) {
		const struct tunable *t = &tunables[i];
		const char *star = strchr(t->name, '*');
		char name[TUNABLE_NAME_MAX];

		if (star == NULL) {
			found += round_trip(t, t->name);
			continue;
		}
		(void)snprintf(name, sizeof(name), "%.*sdefault%s", (int)(star - t->name), t->name,
			       star + 1);
		found += round_trip(t, name);
	}
	ck_assert_uint_ge(found, 60);
}
END_TEST

Suite *test_tunable_setting_suite(void)
{
	Suite *s = suite_create("tunables/setting");
	TCase *c = tcase_create("all");

	tcase_add_loop_test(c, accepts, 0, ARRAY_LEN(accepted));
	tcase_add_loop_test(c, refuses, 0, ARRAY_LEN(refused));
	tcase_add_test(c, too_many_ports_and_names_are_refused);
	tcase_add_test(c, an_element_replaces_one_of_the_present_value);
	tcase_add_loop_test(c, an_element_is_refused, 0, ARRAY_LEN(element_refused));
	tcase_add_test(c, texts_have_no_elements);
	tcase_add_loop_test(c, compares, 0, ARRAY_LEN(compared));
	tcase_add_loop_test(c, recognises_a_half_written_vector, 0, ARRAY_LEN(half_written));
	tcase_add_loop_test(c, describes, 0, ARRAY_LEN(described));
	tcase_add_test(c, a_port_set_needs_room);
	tcase_add_test(c, what_this_machine_has_set_is_accepted);
	suite_add_tcase(s, c);
	return s;
}
