/* The kind of tunables that are metrics of routes, on a kernel in memory. */
#include "base/cleanup.h"
#include "fake_os.h"
#include "fake_routes.h"
#include "kind_fixture.h"
#include "tunables/route.h"

#include <check.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

Suite *test_route_suite(void);

static struct os *os;
static struct place place;
static struct fake_routes routes;

static void set_up(void)
{
	struct error e = { 0 };

	os = fake_os_new();
	memset(&routes, 0, sizeof(routes));
	fake_routes_attach(&routes, os, FAKE_INITIAL_NETNS);
	fake_os_add_file(os, "/proc/thread-self/status", "Name:\tx\nCapEff:\t0000000000001000\n");
	fake_os_add_sysctl(os, 0, "net.ipv4.tcp_available_congestion_control", "reno bbr\n");
	fake_routes_add(&routes,
			&(struct fake_route){ "0.0.0.0", "192.0.2.254", 0, 100, 16, 0, 0, NULL });
	fake_routes_add(&routes, &(struct fake_route){ "198.51.100.0", "192.0.2.2", 24, 0, 4, 12,
						       60, "reno" });
	fake_routes_add(&routes, &(struct fake_route){ "192.0.2.0", NULL, 24, 0, RTPROT_KERNEL, 0,
						       0, NULL });
	fake_routes_add(&routes, &(struct fake_route){ "2001:db8:1::", NULL, 64, 256, RTPROT_KERNEL,
						       0, 0, NULL });
	fake_routes_add(&routes, &(struct fake_route){ "2001:db8:8::", "2001:db8:1::2", 48, 1024, 4,
						       9, 0, NULL });
	ck_assert_int_eq(place_open(os, NULL, &place, &e), 0);
}

static void tear_down(void)
{
	place_close(&place);
	fake_routes_done(&routes);
	fake_os_free(os);
}

static struct target resolved(const char *name)
{
	return kind_resolved(&route_kind, &place, name);
}

static struct held held_by(const struct target *t)
{
	return kind_held(&place, t);
}

static void write_it(const struct target *t, const char *to)
{
	struct error e = { 0 };

	ck_assert_msg(route_kind.write(&place, t, to, &e) == 0, "%s", e.text);
}

static void restore_it(const struct target *t, const struct held *from)
{
	struct error e = { 0 };

	ck_assert_msg(route_kind.restore(&place, t, from, &e) == 0, "%s", e.text);
}

static enum held_relation relation(const struct target *t, const struct held *from, const char *to)
{
	return kind_relation(&place, t, from, to);
}

static void same_as(struct bytes *before)
{
	struct bytes now = fake_routes_dump(&routes);

	ck_assert_uint_eq(now.len, before->len);
	ck_assert_int_eq(memcmp(now.data, before->data, now.len), 0);
	bytes_done(&now);
}

static const struct {
	const char *name, *canonical, *from, *to;
} changes[] = {
	{ "route:default/initcwnd", "route:default@metric:100/initcwnd", "0", "20" },
	{ "route:default/congctl", "route:default@metric:100/congctl", "unset", "bbr" },
	{ "route:198.51.100.0/24/congctl", "route:198.51.100.0/24/congctl", "reno", "unset" },
	{ "route:198.51.100.77/24/initcwnd", "route:198.51.100.0/24/initcwnd", "12", "0" },
	{ "route:198.51.100.0/24/rto_min", "route:198.51.100.0/24/rto_min", "60", "0" },
	{ "route:198.51.100.0/24@metric:0/rto_min", "route:198.51.100.0/24/rto_min", "60", "5" },
	{ "route:198.51.100.0/24/ecn", "route:198.51.100.0/24/ecn", "0", "1" },
	{ "route:192.0.2.0/24@table:254/quickack", "route:192.0.2.0/24/quickack", "0", "1" },
	{ "route:2001:db8:8::/48/window", "route:2001:db8:8::/48/window", "0", "65536" },
	{ "route:2001:db8:8::/48/advmss", "route:2001:db8:8::/48/advmss", "0", "1200" },
	/* made like what serves them */
	{ "route:198.51.100.7/initcwnd", "route:198.51.100.7/32/initcwnd", "12", "30" },
	{ "route:203.0.113.0/24/congctl", "route:203.0.113.0/24/congctl", "unset", "bbr" },
	{ "route:203.0.113.0/24@metric:7/congctl", "route:203.0.113.0/24@metric:7/congctl", "unset",
	  "bbr" },
	{ "route:2001:db8:1::5/rto_min", "route:2001:db8:1::5/128/rto_min", "0", "50" },
};

START_TEST(a_metric_is_set_and_put_back)
{
	const struct target t = resolved(changes[_i].name);
	const struct held from = held_by(&t);
	struct bytes before = fake_routes_dump(&routes);
	struct error e = { 0 };
	char to[HELD_TEXT_MAX];

	ck_assert_str_eq(t.name, changes[_i].canonical);
	ck_assert_str_eq(from.text, changes[_i].from);
	ck_assert_int_eq(route_kind.want(&place, &t, -1, changes[_i].to, &from, to, &e), 0);
	ck_assert_str_eq(to, changes[_i].to);
	ck_assert_int_eq(route_kind.check(&place, &t, &from, to, &e), 0);
	ck_assert_int_eq(relation(&t, &from, to), HELD_FROM);
	write_it(&t, to);
	ck_assert_str_eq(held_by(&t).text, to);
	ck_assert_int_eq(relation(&t, &from, to), HELD_TO);
	ck_assert_int_eq(route_kind.present(&place, &t, &e), 0);
	restore_it(&t, &from);
	ck_assert_int_eq(relation(&t, &from, to), HELD_FROM);
	same_as(&before);
	restore_it(&t, &from); /* once more changes nothing */
	same_as(&before);
	bytes_done(&before);
}
END_TEST

/* Whatever call fails: an error, and afterwards the route is what it was or what was wanted. */
START_TEST(a_failing_call_loses_nothing)
{
	const struct target t = resolved(changes[_i].name);
	const struct held from = held_by(&t);
	struct bytes before = fake_routes_dump(&routes);
	bool ended = false;

	for (unsigned int n = 1; !ended; n++) {
		struct error e = { 0 };
		enum held_relation now;
		int r;

		fake_os_fail_at(os, fake_os_calls(os) + n, -EIO);
		r = route_kind.write(&place, &t, changes[_i].to, &e);
		ended = r == 0 && n > 1;
		fake_os_fail_at(os, 0, 0);
		ck_assert_msg(r == 0 || e.text[0] != '\0', "call %u", n);
		now = relation(&t, &from, changes[_i].to);
		ck_assert_msg(now == HELD_FROM || now == HELD_TO, "call %u", n);
		fake_os_fail_at(os, fake_os_calls(os) + n, -EIO);
		r = route_kind.restore(&place, &t, &from, &e);
		fake_os_fail_at(os, 0, 0);
		restore_it(&t, &from);
		same_as(&before);
		ck_assert_uint_lt(n, 20);
	}
	bytes_done(&before);
}
END_TEST

START_TEST(a_made_route_goes_with_its_last_metric)
{
	const struct target one = resolved("route:198.51.100.7/32/initcwnd");
	const struct target two = resolved("route:198.51.100.7/32/congctl");
	const struct held from_one = held_by(&one), from_two = held_by(&two);
	const struct target *first = _i == 0 ? &two : &one, *last = _i == 0 ? &one : &two;
	struct bytes before = fake_routes_dump(&routes);
	const size_t count = routes.count;

	write_it(&one, "30");
	ck_assert_int_eq(relation(&two, &from_two, "bbr"), HELD_FROM);
	write_it(&two, "bbr");
	ck_assert_uint_eq(routes.count, count + 1);
	restore_it(first, _i == 0 ? &from_two : &from_one);
	ck_assert_uint_eq(routes.count, count + 1);
	ck_assert_int_eq(relation(first, _i == 0 ? &from_two : &from_one, "x"), HELD_FROM);
	/* Also when the route that served has changed meanwhile. */
	fake_routes_append(&routes, 1, "\x08\0\x0b\0\x01\0\0\0", 8);
	routes.all[1].len -= 8;
	restore_it(last, _i == 0 ? &from_one : &from_two);
	same_as(&before);
	bytes_done(&before);
}
END_TEST

/* The route that serves is changed first, and so the copy has what is put back only later. */
START_TEST(a_route_made_from_a_changed_one_goes_as_well)
{
	const struct target parent = resolved("route:198.51.100.0/24/initcwnd");
	const struct target same = resolved("route:198.51.100.7/32/initcwnd");
	const struct target other = resolved("route:198.51.100.7/32/quickack");
	const struct held from_parent = held_by(&parent), from_same = held_by(&same);
	const struct held from_other = held_by(&other);
	struct bytes before = fake_routes_dump(&routes);
	const size_t count = routes.count;

	write_it(&parent, "20");
	write_it(&other, "1");
	write_it(&same, "30");
	restore_it(&same, &from_same);
	ck_assert_int_eq(relation(&same, &from_same, "30"), HELD_FROM);
	ck_assert_str_eq(held_by(&other).text, "1");
	write_it(&same, "20"); /* as the copy was made */
	restore_it(&other, &from_other);
	ck_assert_uint_eq(routes.count, count);
	restore_it(&parent, &from_parent);
	same_as(&before);
	bytes_done(&before);
}
END_TEST

START_TEST(a_made_route_with_nothing_of_ours_is_to_be_removed)
{
	const struct target t = resolved("route:198.51.100.7/32/initcwnd");
	const struct held from = held_by(&t);

	write_it(&t, "30");
	write_it(&t, "12"); /* what it inherited */
	ck_assert_int_eq(relation(&t, &from, "30"), HELD_BETWEEN);
	restore_it(&t, &from);
	ck_assert_int_eq(relation(&t, &from, "30"), HELD_FROM);
}
END_TEST

START_TEST(what_somebody_else_changes_stays)
{
	const struct target t = resolved("route:198.51.100.0/24/initcwnd");
	const struct target other = resolved("route:198.51.100.0/24/congctl");
	const struct held from = held_by(&t);

	write_it(&t, "30");
	write_it(&other, "bbr");
	ck_assert_int_eq(relation(&t, &from, "30"), HELD_TO);
	restore_it(&t, &from);
	ck_assert_str_eq(held_by(&other).text, "bbr");
	write_it(&t, "17");
	ck_assert_int_eq(relation(&t, &from, "30"), HELD_FOREIGN);
}
END_TEST

START_TEST(a_removed_route_is_gone)
{
	const struct target t = resolved("route:198.51.100.0/24/initcwnd");
	const struct held from = held_by(&t);
	struct error e = { 0 };
	const size_t len = routes.all[1].len;

	bytes_done(&routes.all[1]);
	memmove(&routes.all[1], &routes.all[2], 3 * sizeof(routes.all[0]));
	routes.all[--routes.count] = (struct bytes){ 0 };
	ck_assert_int_eq(route_kind.present(&place, &t, &e), -ESTALE);
	ck_assert_int_eq(route_kind.write(&place, &t, "30", &e), -ESTALE);
	/* By force it can be made again. */
	restore_it(&t, &from);
	ck_assert_int_eq(relation(&t, &from, "30"), HELD_FROM);
	ck_assert_uint_eq(routes.count, 5);
	ck_assert_uint_eq(routes.all[4].len, len);
}
END_TEST

START_TEST(a_kernel_that_loses_or_alters_a_route_is_mended)
{
	const struct target t = resolved("route:198.51.100.0/24/initcwnd");
	struct bytes before = fake_routes_dump(&routes), now;
	struct error e = { 0 };

	routes.alters = true;
	ck_assert_int_eq(route_kind.write(&place, &t, "30", &e), -EIO);
	ck_assert_ptr_nonnull(strstr(e.text, "put back"));
	same_as(&before);
	routes.loses = true;
	ck_assert_int_eq(route_kind.write(&place, &t, "30", &e), -EIO);
	now = fake_routes_dump(&routes); /* at another place of the fake's list */
	ck_assert_uint_eq(now.len, before.len);
	ck_assert_str_eq(held_by(&t).text, "12");
	bytes_done(&now);
	bytes_done(&before);
}
END_TEST

static const struct {
	const char *name;
	int resolve, read;
	const char *says;
} refused[] = {
	{ "route:default/initcwmd", -EINVAL, 0, "initcwnd" },
	{ "route:/initcwnd", -EINVAL, 0, "METRIC" },
	{ "route:198.51.100.0/24", -EINVAL, 0, "METRIC" },
	{ "route:default@table/initcwnd", -EINVAL, 0, "METRIC" },
	{ "route:default@table:1,/initcwnd", -EINVAL, 0, "METRIC" },
	{ "route:default@table:1000/initcwnd", -ENOENT, 0, "none that serves" },
	{ "route:default@metric:7/initcwnd", -ENOENT, 0, "none that serves" },
	{ "route:2001:db8:9::/48/initcwnd", -ENOENT, 0, "none that serves" },
	{ "route:2001:db8:1::/64/initcwnd", 0, -EOPNOTSUPP, "keeps this IPv6 route" },
};

START_TEST(what_cannot_be_changed_is_refused)
{
	struct target_list list = { 0 };
	struct error e = { 0 };
	struct held h;

	ck_assert_int_eq(route_kind.resolve(&place, refused[_i].name, &list, &e),
			 refused[_i].resolve);
	if (refused[_i].resolve == 0)
		ck_assert_int_eq(route_kind.read(&place, list.all, &h, &e), refused[_i].read);
	ck_assert_msg(strstr(e.text, refused[_i].says) != NULL, "%s", e.text);
	target_list_done(&list);
}
END_TEST

START_TEST(rights_and_congestion_controls_are_checked_first)
{
	const struct target t = resolved("route:default/congctl");
	const struct held from = held_by(&t);
	struct bytes before = fake_routes_dump(&routes);
	struct error e = { 0 };
	char to[HELD_TEXT_MAX];

	ck_assert_int_eq(route_kind.check(&place, &t, &from, "cubic", &e), -EOPNOTSUPP);
	ck_assert_int_eq(e.kind, ERROR_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(e.text, "modprobe tcp_cubic"));
	fake_os_add_file(os, "/proc/thread-self/status", "CapEff:\t0000000000000000\n");
	ck_assert_int_eq(route_kind.check(&place, &t, &from, "bbr", &e), -EPERM);
	ck_assert_int_eq(e.kind, ERROR_PRIVILEGE);
	ck_assert_int_lt(route_kind.want(&place, &t, -1, "abcdefghijklmnop", &from, to, &e), 0);
	ck_assert_int_lt(route_kind.want(&place, &t, 0, "bbr", &from, to, &e), 0);
	same_as(&before);
	bytes_done(&before);
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
	const struct target t = resolved("route:198.51.100.0/24/initcwnd");
	static const struct rtattr unknown = { sizeof(unknown), 200 };
	struct error e = { 0 };
	struct held h;

	fake_routes_append(&routes, 1, &unknown, sizeof(unknown));
	ck_assert_int_eq(route_kind.read(&place, &t, &h, &e), -EOPNOTSUPP);
	ck_assert_ptr_nonnull(strstr(e.text, "attributes that are not known"));
	ck_assert_int_eq(route_kind.write(&place, &t, "30", &e), -EOPNOTSUPP);
}
END_TEST

START_TEST(interrupted_dumps_are_asked_again)
{
	const struct target t = resolved("route:default/initcwnd");
	struct error e = { 0 };
	struct held h;

	routes.interruptions = 2;
	ck_assert_int_eq(route_kind.read(&place, &t, &h, &e), 0);
	routes.interruptions = 3;
	ck_assert_int_eq(route_kind.read(&place, &t, &h, &e), -EAGAIN);
}
END_TEST

/* Each byte of each route is changed to three others, and each message cut: whatever comes of it,
 * nothing is read beyond it, and a reading that succeeds can be put back into words. */
START_TEST(hostile_answers_are_survived)
{
	const struct target t = resolved("route:198.51.100.0/24/initcwnd");
	static const unsigned char flips[] = { 0xff, 0x01, 0x80 };
	struct bytes *route = &routes.all[1];
	unsigned int failures = 0;

	for (size_t i = 0; i < route->len; i++) {
		for (size_t j = 0; j < sizeof(flips); j++) {
			struct held h;

			/* The fake itself looks for keys in it. */
			route->data[i] = (char)((unsigned char)route->data[i] ^ flips[j]);
			failures += route_kind.read(&place, &t, &h, NULL) < 0;
			route->data[i] = (char)((unsigned char)route->data[i] ^ flips[j]);
		}
	}
	ck_assert_uint_gt(failures, 10);
	for (size_t whole = route->len; route->len > sizeof(struct rtmsg); route->len--) {
		struct held h;

		if (route_kind.read(&place, &t, &h, NULL) == 0)
			ck_assert_uint_gt(strlen(h.text), 0);
		ck_assert_uint_le(route->len, whole);
	}
}
END_TEST

START_TEST(damaged_journals_are_refused)
{
	static const char *const texts[] = {
		"",	    "route",	"route ",    "route 0",	 "route 0g",
		"route 02", "absent 0", "absent 02", "ROUTE 00", "absent 0800080001000000ff"
	};
	const struct target t = resolved("route:198.51.100.0/24/initcwnd");
	struct bytes before = fake_routes_dump(&routes);
	struct held from = { .text = "12" };
	struct error e = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		(void)snprintf(from.undo, sizeof(from.undo), "%s", texts[i]);
		ck_assert_msg(route_kind.restore(&place, &t, &from, &e) == -EINVAL, "%s", texts[i]);
	}
	same_as(&before);
	bytes_done(&before);
}
END_TEST

Suite *test_route_suite(void)
{
	Suite *s = suite_create("tunables/route");
	TCase *tc = tcase_create("route");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, a_metric_is_set_and_put_back, 0, ARRAY_LEN(changes));
	tcase_add_loop_test(tc, a_failing_call_loses_nothing, 0, ARRAY_LEN(changes));
	tcase_add_loop_test(tc, a_made_route_goes_with_its_last_metric, 0, 2);
	tcase_add_test(tc, a_route_made_from_a_changed_one_goes_as_well);
	tcase_add_test(tc, a_made_route_with_nothing_of_ours_is_to_be_removed);
	tcase_add_test(tc, what_somebody_else_changes_stays);
	tcase_add_test(tc, a_removed_route_is_gone);
	tcase_add_test(tc, a_kernel_that_loses_or_alters_a_route_is_mended);
	tcase_add_loop_test(tc, what_cannot_be_changed_is_refused, 0, ARRAY_LEN(refused));
	tcase_add_test(tc, rights_and_congestion_controls_are_checked_first);
	tcase_add_test(tc, what_does_not_fit_is_refused);
	tcase_add_test(tc, interrupted_dumps_are_asked_again);
	tcase_add_test(tc, hostile_answers_are_survived);
	tcase_add_test(tc, damaged_journals_are_refused);
	suite_add_tcase(s, tc);
	return s;
}
