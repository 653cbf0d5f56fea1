#include "host/port_range.h"

#include "fake_source.h"

#include <check.h>
#include <errno.h>

Suite *test_port_range_suite(void);

#define RANGE	 "/proc/sys/net/ipv4/ip_local_port_range"
#define RESERVED "/proc/sys/net/ipv4/ip_local_reserved_ports"

static const struct {
	const char *range, *reserved;
	uint32_t ports; /* 0: -EBADMSG */
} cases[] = {
	{ "32768\t60999\n", "\n", 28232 },
	{ "32768\t60999\n", "", 28232 },
	{ "100\t109\n", "103,105-107,9000\n", 6 },
	{ "100\t100\n", "\n", 1 },
	{ "1\t65535\n", "0-65534\n", 1 },
	{ "1\t65536\n", "\n", 0 },
	{ "32768\n", "\n", 0 },
	{ "", "\n", 0 },
	{ "-1\t5\n", "\n", 0 },
	{ "1\t5\n", "x\n", 0 },
	{ "1\t5\n", "1,\n", 0 },
	{ "1\t5\n", ",1\n", 0 },
	{ "1\t5\n", "2-\n", 0 },
	{ "1\t5\n", "-2\n", 0 },
	{ "1\t5\n", "99999\n", 0 },
};

START_TEST(ranges_without_what_is_reserved)
{
	struct source *s = fake_source_new();
	struct port_range range = { .ports = 4711 };
	int r;

	fake_source_add_file(s, RANGE, cases[_i].range);
	fake_source_add_file(s, RESERVED, cases[_i].reserved);
	r = port_range_read(s, &range, NULL);
	ck_assert_int_eq(r, cases[_i].ports == 0 ? -EBADMSG : 0);
	ck_assert_uint_eq(range.ports, r == 0 ? cases[_i].ports : 4711);
	source_free(s);
}
END_TEST

START_TEST(ports_in_and_out)
{
	struct source *s = fake_source_new();
	struct port_range range;

	fake_source_add_file(s, RANGE, "40000\t40100\n");
	fake_source_add_file(s, RESERVED, "40050-40051\n");
	ck_assert_int_eq(port_range_read(s, &range, NULL), 0);
	ck_assert(!port_range_has(&range, 39999) && port_range_has(&range, 40000));
	ck_assert(port_range_has(&range, 40049) && !port_range_has(&range, 40050));
	ck_assert(!port_range_has(&range, 40051) && port_range_has(&range, 40052));
	ck_assert(port_range_has(&range, 40100) && !port_range_has(&range, 40101));
	source_free(s);
}
END_TEST

START_TEST(a_file_that_cannot_be_read)
{
	struct source *s = fake_source_new();
	struct port_range range;

	ck_assert_int_eq(port_range_read(s, &range, NULL), -ENOENT);
	fake_source_add_file(s, RANGE, "1\t5\n");
	fake_source_fail_file(s, RESERVED, -EACCES);
	ck_assert_int_eq(port_range_read(s, &range, NULL), -EACCES);
	source_free(s);
}
END_TEST

Suite *test_port_range_suite(void)
{
	Suite *suite = suite_create("port_range");
	TCase *tc = tcase_create("port_range");

	tcase_add_loop_test(tc, ranges_without_what_is_reserved, 0,
			    (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_test(tc, ports_in_and_out);
	tcase_add_test(tc, a_file_that_cannot_be_read);
	suite_add_tcase(suite, tc);
	return suite;
}
