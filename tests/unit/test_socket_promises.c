/* Transactions over connections whose process is killed, or fails, at every call: once recovery has
 * run, each connection is as it was, or as it was to be. */
#include "applier_fixture.h"
#include "base/cleanup.h"

#include <check.h>
#include <errno.h>
#include <string.h>

Suite *test_socket_promises_suite(void);

#define PID 812
enum { GROWING = 11, LOCKED = 12, SLOW = 13 }; /* cookies */

static struct world world;
static struct fake_tcp before[3];

static void add_connection(uint64_t cookie, int fd)
{
	fake_os_add_socket(world.os, cookie, WORLD_NETNS, 443, "198.51.100.7", 40001);
	fake_os_hold_socket(world.os, PID, fd, cookie);
}

/* One buffer to be locked, one to be released, and a congestion control. */
static void make_plan(void)
{
	static const struct wish wishes[] = {
		{ "socket:812/7/sndbuf", "2MiB", "by hand", WISH_SET },
		{ "socket:812/8/rcvbuf", "auto", "by hand", WISH_SET },
		{ "socket:812/9/congestion", "bbr", "by hand", WISH_SET },
	};
	struct place p;
	struct error e = { 0 };

	world_init(&world, world_three, 3);
	fake_os_add_process(world.os, PID, "nginx", 173529, WORLD_NETNS, "/");
	add_connection(GROWING, 7);
	add_connection(LOCKED, 8);
	add_connection(SLOW, 9);
	fake_os_socket(world.os, LOCKED)->rcvbuf = 65536;
	fake_os_socket(world.os, LOCKED)->lock = 3;
	fake_os_add_sysctl(world.os, 0, "net.ipv4.tcp_available_congestion_control",
			   "reno cubic bbr\n");
	fake_os_add_file(world.os, "/proc/thread-self/status", "CapEff:\t000001ffffffffff\n");
	for (size_t i = 0; i < ARRAY_LEN(before); i++)
		before[i] = *fake_os_socket(world.os, GROWING + i);
	plan_done(&world.plan);
	ck_assert_int_eq(place_open(world.os, "blue", &p, &e), 0);
	ck_assert_msg(plan_make(&p, wishes, ARRAY_LEN(wishes), &world.plan, &e) == 0, "%s", e.text);
	ck_assert_uint_eq(world.plan.count, ARRAY_LEN(wishes));
	place_close(&p);
}

static void check_before(unsigned int call)
{
	for (size_t i = 0; i < ARRAY_LEN(before); i++)
		ck_assert_msg(memcmp(fake_os_socket(world.os, GROWING + i), &before[i],
				     sizeof(before[i])) == 0,
			      "call %u: connection %zu is not as it was", call, GROWING + i);
}

static void check_after(unsigned int call)
{
	const struct fake_tcp *grown = fake_os_socket(world.os, GROWING);

	ck_assert_msg(grown->sndbuf == 2097152 && grown->lock == 1 &&
			      fake_os_socket(world.os, LOCKED)->lock == 1 &&
			      strcmp(fake_os_socket(world.os, SLOW)->congestion, "bbr") == 0,
		      "call %u: kept, and not all hold it", call);
}

static void check_settled(unsigned int call)
{
	if (world.record.id != 0 && world.record.state == TRANSACTION_KEPT)
		check_after(call);
	else
		check_before(call);
	ck_assert_msg(world.record.id == 0 || world.record.state == TRANSACTION_KEPT ||
			      world.record.state == TRANSACTION_FAILED ||
			      world.record.state == TRANSACTION_ROLLED_BACK,
		      "call %u: ends as %s (%s)", call, transaction_state_name(world.record.state),
		      world.record.reason);
	ck_assert_msg(fake_os_open_files(world.os) == 0, "call %u: descriptors leak", call);
}

START_TEST(applied_and_rolled_back)
{
	make_plan();
	ck_assert_msg(world_apply(&world) == 0, "%s", world.error.text);
	check_after(0);
	/* What the kernel does with the one that was released is nobody's change. */
	fake_os_socket(world.os, LOCKED)->rcvbuf = 6291456;
	ck_assert_msg(world_roll_back(&world, false) == 0, "%s", world.error.text);
	check_before(0);
	world_done(&world);
}
END_TEST

/* _i 0: the call fails; 1: the process is killed after it, and its roll-back, begun by the
 * recovery, some calls later as well. */
START_TEST(every_call_may_be_the_last)
{
	unsigned int call = 0;
	bool reached;

	do {
		make_plan();
		if (_i == 0)
			fake_os_fail_at(world.os, ++call, -EIO);
		else
			fake_os_die_at(world.os, ++call, true);
		(void)world_apply(&world);
		reached = fake_os_calls(world.os) >= call;
		if (_i == 1) {
			world_kill(&world, FAKE_LOSE_NOTHING, call);
			fake_os_die_at(world.os, 40 + call % 97, true);
			(void)world_recover(&world);
		}
		world_kill(&world, FAKE_LOSE_NOTHING, call);
		ck_assert_msg(world_recover(&world) == 0, "call %u: %s", call, world.error.text);
		check_settled(call);
		world_done(&world);
	} while (reached);
	ck_assert_uint_gt(call, 100);
}
END_TEST

/* Connections close when they like: during the setsockopt() of this number, before it has an effect
 * (0: before the plan is applied). */
static struct {
	const struct os_ops *ops;
	unsigned int at, calls;
	const int *fds;
	size_t count;
} closing;

static void close_them(void)
{
	for (size_t i = 0; i < closing.count; i++)
		fake_os_drop_socket(world.os, PID, closing.fds[i]);
}

static int set_and_close(struct os *os, int fd, int level, int name, const void *value,
			 socklen_t len)
{
	if (++closing.calls == closing.at)
		close_them();
	return closing.ops->setsockopt(os, fd, level, name, value, len);
}

static int apply_while_closing(unsigned int at, const int *fds, size_t count)
{
	static struct os_ops ops;
	int r;

	make_plan();
	ops = *world.os->ops;
	ops.setsockopt = set_and_close;
	closing.ops = world.os->ops;
	closing.at = at;
	closing.calls = 0;
	closing.fds = fds;
	closing.count = count;
	if (at == 0)
		close_them();
	world.os->ops = &ops;
	r = world_apply(&world);
	world.os->ops = closing.ops;
	return r;
}

/* Before the plan is applied, while another one is set, while it is set itself, and after. */
START_TEST(one_that_closes_is_left_out)
{
	static const int gone[] = { 8 };

	ck_assert_msg(apply_while_closing((unsigned int)_i, gone, 1) == 0, "%s", world.error.text);
	ck_assert_int_eq(world.record.state, TRANSACTION_KEPT);
	ck_assert_int_eq(world.record.changes[0].outcome, CHANGE_WRITTEN);
	ck_assert_int_eq(world.record.changes[1].outcome, CHANGE_GONE);
	ck_assert_ptr_nonnull(strstr(world.record.changes[1].note, "socket:812/8/rcvbuf"));
	ck_assert_int_eq(world.record.changes[2].outcome, CHANGE_WRITTEN);
	ck_assert_str_eq(fake_os_socket(world.os, SLOW)->congestion, "bbr");
	ck_assert_msg(world_roll_back(&world, false) == 0, "%s", world.error.text);
	ck_assert_int_eq(world.record.state, TRANSACTION_ROLLED_BACK);
	ck_assert_mem_eq(fake_os_socket(world.os, GROWING), &before[0], sizeof(before[0]));
	ck_assert_mem_eq(fake_os_socket(world.os, SLOW), &before[2], sizeof(before[2]));
	world_done(&world);
}
END_TEST

START_TEST(when_all_close_nothing_was_done)
{
	static const int gone[] = { 7, 8, 9 };

	ck_assert_int_eq(apply_while_closing((unsigned int)_i, gone, 3), -ESTALE);
	ck_assert_ptr_nonnull(strstr(world.error.text, "closed"));
	if (_i == 0)
		ck_assert_int_eq(world.record.id, 0);
	else
		ck_assert_int_eq(world.record.state, TRANSACTION_FAILED);
	world_done(&world);
}
END_TEST

Suite *test_socket_promises_suite(void)
{
	Suite *s = suite_create("tunables/socket promises");
	TCase *t = tcase_create("socket promises");

	tcase_set_timeout(t, 180);
	tcase_add_test(t, applied_and_rolled_back);
	tcase_add_loop_test(t, one_that_closes_is_left_out, 0, 6);
	tcase_add_loop_test(t, when_all_close_nothing_was_done, 0, 2);
	tcase_add_loop_test(t, every_call_may_be_the_last, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
