#include "host/address.h"

#include "base/cleanup.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

Suite *test_address_suite(void);

static struct address parse(const char *text)
{
	struct prefix prefix;

	ck_assert_int_eq(prefix_parse(text, &prefix), 0);
	return prefix.address;
}

static struct prefix parse_prefix(const char *text)
{
	struct prefix prefix;

	ck_assert_int_eq(prefix_parse(text, &prefix), 0);
	return prefix;
}

START_TEST(kernel_words_become_addresses)
{
	uint32_t words[4] = { 0 };
	struct address address, expected;
	char text[ADDRESS_TEXT_MAX];

	ck_assert_int_eq(inet_pton(AF_INET, "198.51.100.7", words), 1);
	words[1] = words[2] = words[3] = UINT32_MAX; /* must not leak into the address */
	address = address_from_kernel(AF_INET, words);
	ck_assert_uint_eq(address.family, 4);
	ck_assert_str_eq(address_format(&address, text, sizeof(text)), "198.51.100.7");
	expected = parse("198.51.100.7");
	ck_assert(address_equal(&address, &expected));

	ck_assert_int_eq(inet_pton(AF_INET6, "2001:db8::1", words), 1);
	address = address_from_kernel(AF_INET6, words);
	ck_assert_uint_eq(address.family, 6);
	ck_assert_str_eq(address_format(&address, text, sizeof(text)), "2001:db8::1");

	ck_assert_int_eq(inet_pton(AF_INET6, "::ffff:192.0.2.1", words), 1);
	address = address_from_kernel(AF_INET6, words);
	expected = parse("192.0.2.1");
	ck_assert(address_equal(&address, &expected));

	address = address_from_kernel(AF_UNIX, words);
	ck_assert_uint_eq(address.family, 0);
	ck_assert_str_eq(address_format(&address, text, sizeof(text)), "none");
}
END_TEST

START_TEST(only_the_mapped_prefix_is_unmapped)
{
	uint32_t words[4] = { 0 };
	struct address address;

	ck_assert_int_eq(inet_pton(AF_INET6, "::192.0.2.1", words), 1);
	address = address_from_kernel(AF_INET6, words);
	ck_assert_uint_eq(address.family, 6);
	ck_assert_int_eq(inet_pton(AF_INET6, "1::ffff:192.0.2.1", words), 1);
	address = address_from_kernel(AF_INET6, words);
	ck_assert_uint_eq(address.family, 6);
	ck_assert_int_eq(inet_pton(AF_INET6, "::", words), 1);
	address = address_from_kernel(AF_INET6, words);
	ck_assert_uint_eq(address.family, 6);
}
END_TEST

START_TEST(loopback)
{
	static const struct {
		const char *text;
		bool loopback;
	} cases[] = {
		{ "127.0.0.1", true },	{ "127.255.0.9", true },
		{ "128.0.0.1", false }, { "126.0.0.1", false },
		{ "::1", true },	{ "::2", false },
		{ "1::1", false },	{ "7f00::", false },
		{ "0.0.0.1", false },	{ "::ffff:127.0.0.1", true },
	};
	const struct address none = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct address address = parse(cases[i].text);

		ck_assert_msg(address_is_loopback(&address) == cases[i].loopback, "%s",
			      cases[i].text);
	}
	ck_assert(!address_is_loopback(&none));
}
END_TEST

START_TEST(paths_are_prefixes)
{
	const struct address v4 = parse("198.51.100.77"), v6 = parse("2001:db8:1:2:3:4:5:6");
	const struct address none = { 0 };
	char text[PREFIX_TEXT_MAX];
	struct prefix path;

	path = address_path(&v4);
	ck_assert_str_eq(prefix_format(&path, text, sizeof(text)), "198.51.100.0/24");
	path = address_path(&v6);
	ck_assert_str_eq(prefix_format(&path, text, sizeof(text)), "2001:db8:1:2::/64");
	path = address_path(&none);
	ck_assert_uint_eq(path.length, 0);
	ck_assert_str_eq(prefix_format(&path, text, sizeof(text)), "none");
}
END_TEST

START_TEST(prefixes_contain)
{
	static const struct {
		const char *prefix, *address;
		bool contains;
	} cases[] = {
		{ "198.51.100.0/24", "198.51.100.255", true },
		{ "198.51.100.0/24", "198.51.101.0", false },
		{ "198.51.100.128/25", "198.51.100.128", true },
		{ "198.51.100.128/25", "198.51.100.127", false },
		{ "198.51.100.6/31", "198.51.100.7", true },
		{ "198.51.100.6/31", "198.51.100.8", false },
		{ "198.51.100.6", "198.51.100.6", true },
		{ "198.51.100.6", "198.51.100.7", false },
		{ "0.0.0.0/0", "203.0.113.1", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "::/0", "2001:db8::1", true },
		{ "::/0", "203.0.113.1", false },
		{ "2001:db8::/33", "2001:db8:7fff::1", true },
		{ "2001:db8::/33", "2001:db8:8000::1", false },
		{ "::ffff:198.51.100.0/120", "198.51.100.9", true },
		{ "::ffff:198.51.100.0/120", "198.51.101.9", false },
	};
	const struct prefix none = { 0 };
	const struct address nothing = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct prefix prefix = parse_prefix(cases[i].prefix);
		const struct address address = parse(cases[i].address);

		ck_assert_msg(prefix_contains(&prefix, &address) == cases[i].contains, "%s in %s",
			      cases[i].address, cases[i].prefix);
	}
	ck_assert(!prefix_contains(&none, &nothing));
}
END_TEST

START_TEST(prefixes_parse_strictly)
{
	static const char *const bad[] = {
		"",
		"/",
		"/24",
		"198.51.100.0/",
		"198.51.100.0/33",
		"198.51.100.0/-1",
		"198.51.100.0/ 24",
		"198.51.100.0/24 ",
		" 198.51.100.0",
		"198.51.100",
		"2001:db8::/129",
		"2001:db8:::1",
		"fe80::1%eth0",
		"198.51.100.0/24/24",
		"example.org",
		"198.51.100.0/+8",
		"198.51.100.0/18446744073709551640",
		"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc",
	};
	struct prefix prefix = { .length = 99 };
	char text[PREFIX_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ck_assert_msg(prefix_parse(bad[i], &prefix) == -EINVAL, "accepted \"%s\"", bad[i]);
		ck_assert_uint_eq(prefix.length, 99);
	}
	prefix = parse_prefix("198.51.100.77/20");
	ck_assert_str_eq(prefix_format(&prefix, text, sizeof(text)), "198.51.96.0/20");
	prefix = parse_prefix("2001:db8::1");
	ck_assert_str_eq(prefix_format(&prefix, text, sizeof(text)), "2001:db8::1/128");
	prefix = parse_prefix("203.0.113.9/0");
	ck_assert_str_eq(prefix_format(&prefix, text, sizeof(text)), "0.0.0.0/0");
}
END_TEST

START_TEST(short_buffers_stay_terminated)
{
	const struct address address = parse("198.51.100.77");
	const struct prefix prefix = parse_prefix("198.51.100.0/24");
	char text[8] = "xxxxxxx";

	ck_assert_str_eq(address_format(&address, text, sizeof(text)), "");
	ck_assert_str_eq(prefix_format(&prefix, text, sizeof(text)), "198.51.");
}
END_TEST

Suite *test_address_suite(void)
{
	Suite *suite = suite_create("address");
	TCase *tc = tcase_create("address");

	tcase_add_test(tc, kernel_words_become_addresses);
	tcase_add_test(tc, only_the_mapped_prefix_is_unmapped);
	tcase_add_test(tc, loopback);
	tcase_add_test(tc, paths_are_prefixes);
	tcase_add_test(tc, prefixes_contain);
	tcase_add_test(tc, prefixes_parse_strictly);
	tcase_add_test(tc, short_buffers_stay_terminated);
	suite_add_tcase(suite, tc);
	return suite;
}
