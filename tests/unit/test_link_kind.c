/* The kind of tunables that belong to a link, on a kernel in memory. */
#include "base/cleanup.h"
#include "fake_link.h"
#include "fake_os.h"
#include "kind_fixture.h"
#include "tunables/link.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

Suite *test_link_kind_suite(void);

static struct os *os;
static struct place place;
static struct fake_link_kernel kernel;

static void set_up(void)
{
	struct error e = { 0 };

	os = fake_os_new();
	fake_link_attach(&kernel, os);
	fake_os_add_file(os, "/proc/thread-self/status", "Name:\tx\nCapEff:\t0000000000001000\n");
	fake_os_add_sysctl(os, 0, "net.ipv6.conf.eth0.mtu", "1500\n");
	ck_assert_int_eq(place_open(os, NULL, &place, &e), 0);
}

static void tear_down(void)
{
	place_close(&place);
	fake_os_free(os);
}

static struct target resolved(const char *name)
{
	struct target t = kind_resolved(&link_kind, &place, name);

	ck_assert_str_eq(t.identity, "netns 1 link 2 eth0");
	return t;
}

static struct held held_by(const struct target *t)
{
	return kind_held(&place, t);
}

static enum held_relation relation(const struct target *t, const struct held *from, const char *to)
{
	return kind_relation(&place, t, from, to);
}

static const struct {
	const char *name, *from, *to;
} changes[] = {
	{ "link:eth0/mtu", "1500", "9000" },
	{ "link:eth0/txqueuelen", "1000", "5000" },
	{ "link:eth0/gso_max_size", "65536", "32768" },
	{ "link:eth0/gso_ipv4_max_size", "60000", "32768" },
	{ "link:eth0/offload.tso", "1", "0" },
	{ "link:eth0/channels.rx", "2", "4" },
	{ "link:eth0/qdisc", "pfifo_fast", "cake" },
};

START_TEST(a_setting_is_written_and_put_back)
{
	const struct fake_link_state before = kernel.state;
	const struct target t = resolved(changes[_i].name);
	const struct held from = held_by(&t);
	struct error e = { 0 };
	char to[HELD_TEXT_MAX];

	ck_assert_str_eq(from.text, changes[_i].from);
	ck_assert_int_eq(link_kind.want(&place, &t, -1, changes[_i].to, &from, to, &e), 0);
	ck_assert_msg(link_kind.check(&place, &t, &from, to, &e) == 0, "%s", e.text);
	/* Looking has changed nothing. */
	ck_assert_int_eq(memcmp(&before, &kernel.state, sizeof(before)), 0);
	ck_assert_int_eq(relation(&t, &from, to), HELD_FROM);
	ck_assert_msg(link_kind.write(&place, &t, to, &e) == 0, "%s", e.text);
	ck_assert_int_eq(relation(&t, &from, to), HELD_TO);
	ck_assert_msg(link_kind.restore(&place, &t, &from, &e) == 0, "%s", e.text);
	ck_assert_int_eq(relation(&t, &from, to), HELD_FROM);
	ck_assert_int_eq(strcmp(before.qdisc, kernel.state.qdisc), 0);
	ck_assert_uint_eq(kernel.state.handle, 0);
	ck_assert_uint_eq(kernel.state.gso_ipv4_max_size, before.gso_ipv4_max_size);
	ck_assert_uint_eq(kernel.state.rx, before.rx);
	ck_assert_int_eq(kernel.state.tso_wanted, before.tso_wanted);
}
END_TEST

START_TEST(a_failing_call_loses_nothing)
{
	const struct target t = resolved(changes[_i].name);
	const struct held from = held_by(&t);
	bool ended = false;

	for (unsigned int n = 1; !ended; n++) {
		struct error e = { 0 };
		enum held_relation now;
		int r;

		fake_os_fail_at(os, fake_os_calls(os) + n, -EIO);
		r = link_kind.check(&place, &t, &from, changes[_i].to, &e);
		ck_assert(r == 0 || e.text[0] != '\0');
		fake_os_fail_at(os, fake_os_calls(os) + n, -EIO);
		r = link_kind.write(&place, &t, changes[_i].to, &e);
		ended = r == 0;
		fake_os_fail_at(os, 0, 0);
		ck_assert_msg(r == 0 || e.text[0] != '\0', "call %u", n);
		now = relation(&t, &from, changes[_i].to);
		ck_assert_msg(now == (r == 0 ? HELD_TO : HELD_FROM), "call %u", n);
		if (now == HELD_TO)
			ck_assert_int_eq(link_kind.restore(&place, &t, &from, &e), 0);
		ck_assert_uint_lt(n, 20);
	}
}
END_TEST

START_TEST(hostile_answers_are_survived)
{
	static const unsigned char flips[] = { 0xff, 0x01, 0x80, 0x08 };
	const struct target t = resolved(changes[_i].name);
	const struct fake_link_state before = kernel.state;
	struct held from = held_by(&t), h;
	unsigned int failures = 0;

	(void)link_kind.check(&place, &t, &from, changes[_i].to, NULL);
	for (size_t i = 0; i < kernel.longest; i++) {
		for (size_t j = 0; j < sizeof(flips); j++) {
			kernel.spoil = i;
			kernel.spoil_with = flips[j];
			failures += link_kind.read(&place, &t, &h, NULL) < 0;
			(void)link_kind.check(&place, &t, &from, changes[_i].to, NULL);
		}
		kernel.spoil_with = 0;
		kernel.cut = i;
		failures += link_kind.read(&place, &t, &h, NULL) < 0;
		(void)link_kind.check(&place, &t, &from, changes[_i].to, NULL);
		kernel.cut = 0;
	}
	ck_assert_uint_gt(failures, 5);
	ck_assert_int_eq(memcmp(&before, &kernel.state, sizeof(before)), 0);
}
END_TEST

START_TEST(another_link_of_the_name_is_not_touched)
{
	const struct target t = resolved("link:eth0/mtu");
	const struct held from = held_by(&t);
	struct error e = { 0 };
	struct held h;

	fake_os_remove_link(os, FAKE_INITIAL_NETNS, "eth0");
	ck_assert_int_eq(link_kind.present(&place, &t, &e), -ESTALE);
	fake_os_add_link(os, FAKE_INITIAL_NETNS, "eth0", 7);
	ck_assert_int_eq(link_kind.present(&place, &t, &e), -ESTALE);
	ck_assert_int_eq(link_kind.read(&place, &t, &h, &e), -ESTALE);
	ck_assert_int_eq(link_kind.write(&place, &t, "9000", &e), -ESTALE);
	ck_assert_int_eq(link_kind.restore(&place, &t, &from, &e), -ESTALE);
	ck_assert_uint_eq(kernel.state.mtu, 1500);
}
END_TEST

/* Whether and why check() refuses. */
static void refuses(const char *name, const char *to, int code, const char *says)
{
	const struct fake_link_state before = kernel.state;
	const struct target t = resolved(name);
	const struct held from = held_by(&t);
	struct error e = { 0 };
	int r = link_kind.check(&place, &t, &from, to, &e);

	ck_assert_msg(r == code && strstr(e.text, says) != NULL, "%s=%s: %d %s", name, to, r,
		      e.text);
	ck_assert_int_eq(memcmp(&before, &kernel.state, sizeof(before)), 0);
}

START_TEST(what_is_not_the_kernels_choice_is_left_alone)
{
	kernel.state.handle = 0x10000;
	refuses("link:eth0/qdisc", "pfifo", -EEXIST, "somebody configured");
	kernel.state.handle = 0;
	(void)snprintf(kernel.state.child, sizeof(kernel.state.child), "fq");
	refuses("link:eth0/qdisc", "pfifo", -EEXIST, "somebody configured");
	kernel.state.child[0] = '\0';
	(void)snprintf(kernel.state.qdisc, sizeof(kernel.state.qdisc), "mq");
	refuses("link:eth0/qdisc", "pfifo", -EOPNOTSUPP, "each of its queues");
}
END_TEST

START_TEST(what_could_not_be_put_back_is_refused)
{
	struct error e = { 0 };
	const struct target t = resolved("link:eth0/qdisc");
	struct held h;

	refuses("link:eth0/qdisc", "fq", -EOPNOTSUPP, "no qdisc \"fq\"");
	refuses("link:eth0/qdisc", "tbf", -EINVAL, "without parameters");
	kernel.state.up = false;
	refuses("link:eth0/qdisc", "pfifo", -EOPNOTSUPP, "down");
	kernel.state.up = true;
	kernel.state.txqueuelen = 0;
	refuses("link:eth0/qdisc", "pfifo", -EOPNOTSUPP, "txqueuelen 0");
	kernel.state.qdisc[0] = '\0';
	ck_assert_int_eq(link_kind.read(&place, &t, &h, &e), -EOPNOTSUPP);
	refuses("link:eth0/mtu", "9001", -EOPNOTSUPP, "at most 9000");
	fake_os_set_sysctl(os, 0, "net.ipv6.conf.eth0.mtu", "1480\n");
	refuses("link:eth0/mtu", "1400", -EOPNOTSUPP, "MTU of its own");
	fake_os_remove_sysctl(os, 0, "net.ipv6.conf.eth0.mtu");
	refuses("link:eth0/gso_max_size", "131073", -EOPNOTSUPP, "at most 131072");
	refuses("link:eth0/channels.rx", "5", -EOPNOTSUPP, "at most 4");
	kernel.state.has_tso = false;
	refuses("link:eth0/offload.tso", "0", -EOPNOTSUPP, "driver");
	fake_os_add_file(os, "/proc/thread-self/status", "CapEff:\t0000000000000000\n");
	refuses("link:eth0/mtu", "1400", -EPERM, "CAP_NET_ADMIN");
}
END_TEST

START_TEST(what_the_kernel_lacks_is_unsupported)
{
	const struct target sizes = resolved("link:eth0/gso_ipv4_max_size");
	const struct target channels = resolved("link:eth0/channels.rx");
	struct error e = { 0 };
	struct held h;

	kernel.state.has_ipv4_sizes = false;
	kernel.state.rx_max = 0;
	ck_assert_int_eq(link_kind.read(&place, &sizes, &h, &e), -EOPNOTSUPP);
	ck_assert_int_eq(e.kind, ERROR_UNSUPPORTED);
	ck_assert_int_eq(link_kind.read(&place, &channels, &h, &e), -EOPNOTSUPP);
	ck_assert_int_eq(e.kind, ERROR_UNSUPPORTED);
}
END_TEST

START_TEST(ours_is_replaced_and_comes_back)
{
	const struct target t = resolved("link:eth0/qdisc");
	const struct held first = held_by(&t);
	struct held second;
	struct error e = { 0 };

	ck_assert_int_eq(link_kind.write(&place, &t, "pfifo", &e), 0);
	second = held_by(&t);
	ck_assert_int_eq(link_kind.check(&place, &t, &second, "bfifo", &e), 0);
	ck_assert_int_eq(link_kind.write(&place, &t, "bfifo", &e), 0);
	ck_assert_str_eq(kernel.state.qdisc, "bfifo");
	ck_assert_int_eq(link_kind.restore(&place, &t, &second, &e), 0);
	ck_assert_str_eq(kernel.state.qdisc, "pfifo");
	ck_assert_int_eq(relation(&t, &second, "bfifo"), HELD_FROM);
	ck_assert_int_eq(link_kind.restore(&place, &t, &first, &e), 0);
	ck_assert_uint_eq(kernel.state.handle, 0);
	second.undo[0] = '\0';
	ck_assert_int_eq(link_kind.restore(&place, &t, &second, &e), -EINVAL);
}
END_TEST

/* Wanted, but not in force: writing takes the wish away, and restoring brings it back. */
START_TEST(an_offload_that_is_only_wanted_stays_wanted)
{
	const struct target t = resolved("link:eth0/offload.tso");
	struct error e = { 0 };
	struct held from;

	kernel.state.tso_possible = false;
	from = held_by(&t);
	ck_assert_str_eq(from.text, "0");
	ck_assert_int_eq(link_kind.write(&place, &t, "0", &e), 0);
	ck_assert_int_ne(relation(&t, &from, "1"), HELD_FROM);
	ck_assert_int_eq(link_kind.restore(&place, &t, &from, &e), 0);
	ck_assert_int_eq(relation(&t, &from, "1"), HELD_FROM);
	ck_assert(kernel.state.tso_wanted);
}
END_TEST

/* ip link property add dev eth0 altname wan */
START_TEST(an_alternative_name_is_the_same_target)
{
	struct target own = resolved("link:eth0/mtu"), other;

	fake_os_add_link(os, FAKE_INITIAL_NETNS, "wan", 2);
	fake_os_add_link(os, FAKE_INITIAL_NETNS, "eth1", 3);
	other = resolved("link:wan/mtu");
	ck_assert_str_eq(other.name, "link:eth0/mtu");
	ck_assert(target_same(&own, &other));
}
END_TEST

START_TEST(malformed_names_are_refused)
{
	static const struct {
		const char *name;
		int result;
	} cases[] = {
		{ "link:eth0/mtus", -EINVAL }, { "link:eth0", -EINVAL },
		{ "link:/mtu", -EINVAL },      { "link:*/mtu", -EINVAL },
		{ "link:a/b/mtu", -EINVAL },   { "link:eth1/mtu", -ENOENT },
		{ "link:../mtu", -EINVAL },
	};
	struct target_list list = { 0 };
	struct error e = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ck_assert_msg(link_kind.resolve(&place, cases[i].name, &list, &e) ==
				      cases[i].result,
			      "%s", cases[i].name);
		ck_assert_int_eq(e.kind, ERROR_INPUT);
	}
}
END_TEST

/* By on and off as by 1 and 0; what is refused is called as it was asked for, not as the row is. */
START_TEST(switches_are_on_or_off)
{
	const struct target t = resolved("link:eth0/offload.tso");
	const struct held now = held_by(&t);
	const char *refusal = "link:eth0/offload.tso: \"maybe\" is neither on nor off; ";
	char to[HELD_TEXT_MAX];
	struct error e = { 0 };

	ck_assert_int_eq(link_kind.want(&place, &t, -1, "off", &now, to, &e), 0);
	ck_assert_str_eq(to, "0");
	ck_assert_int_eq(link_kind.want(&place, &t, -1, "on", &now, to, &e), 0);
	ck_assert_str_eq(to, "1");
	ck_assert_int_eq(link_kind.want(&place, &t, -1, "maybe", &now, to, &e), -EINVAL);
	ck_assert_msg(strncmp(e.text, refusal, strlen(refusal)) == 0, "%s", e.text);
}
END_TEST

Suite *test_link_kind_suite(void)
{
	Suite *s = suite_create("tunables/link");
	TCase *tc = tcase_create("link");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, a_setting_is_written_and_put_back, 0, ARRAY_LEN(changes));
	tcase_add_loop_test(tc, a_failing_call_loses_nothing, 0, ARRAY_LEN(changes));
	tcase_add_loop_test(tc, hostile_answers_are_survived, 0, ARRAY_LEN(changes));
	tcase_add_test(tc, another_link_of_the_name_is_not_touched);
	tcase_add_test(tc, what_is_not_the_kernels_choice_is_left_alone);
	tcase_add_test(tc, what_could_not_be_put_back_is_refused);
	tcase_add_test(tc, what_the_kernel_lacks_is_unsupported);
	tcase_add_test(tc, ours_is_replaced_and_comes_back);
	tcase_add_test(tc, an_offload_that_is_only_wanted_stays_wanted);
	tcase_add_test(tc, an_alternative_name_is_the_same_target);
	tcase_add_test(tc, malformed_names_are_refused);
	tcase_add_test(tc, switches_are_on_or_off);
	suite_add_tcase(s, tc);
	return s;
}
