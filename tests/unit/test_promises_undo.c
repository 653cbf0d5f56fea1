/* P11 of each kind: what could not be put back is refused before anything is written, whatever else
 * is in the plan; and the same change is made where it could be. What is peculiar to links,
 * queueing disciplines and routes is in the tests of their kinds. */
#include "base/cleanup.h"
#include "promise_fixture.h"

#include <errno.h>

#define CC	"net.ipv4.tcp_congestion_control"
#define ALLOWED "net.ipv4.tcp_allowed_congestion_control"
#define PRIVATE "net.ipv4.site_key"

static void may(bool all)
{
	fake_os_add_file(world.os, "/proc/thread-self/status",
			 all ? "CapEff:\t000001ffffffffff\n" : "CapEff:\t0000000000000000\n");
}

/* A congestion control that the namespace could not choose again. */
static void congestion(bool bad)
{
	fake_os_add_sysctl(world.os, 0, "net.ipv4.tcp_available_congestion_control",
			   "reno cubic dctcp\n");
	fake_os_add_sysctl(world.os, 0, ALLOWED, "reno cubic\n");
	fake_os_add_sysctl(world.os, WORLD_NETNS, CC, bad ? "dctcp" : "cubic");
}

/* Something is mounted over the key. */
static void vector(bool bad)
{
	if (bad)
		fake_os_set_sysctl(world.os, WORLD_NETNS, RMEM, "");
}

/* A key of no catalogue that holds something else than text. */
static void uncatalogued(bool bad)
{
	fake_os_add_sysctl(world.os, WORLD_NETNS, PRIVATE, "7");
	if (bad)
		fake_os_set_sysctl(world.os, WORLD_NETNS, PRIVATE, "7\033[2J");
}

/* A hard limit that could be lowered, and never raised. */
static void limit(bool bad)
{
	fake_os_add_process(world.os, 812, "nginx", 5000, FAKE_INITIAL_NETNS, "/");
	fake_os_set_limit(world.os, 812, RLIMIT_NOFILE, 1024, 8192);
	may(!bad);
}

static struct fake_tcp *add_connection(void)
{
	fake_os_add_process(world.os, 812, "nginx", 5000, WORLD_NETNS, "/");
	fake_os_add_socket(world.os, 11, WORLD_NETNS, 443, "198.51.100.7", 40001);
	fake_os_hold_socket(world.os, 812, 7, 11);
	may(true);
	return fake_os_socket(world.os, 11);
}

/* An option that holds what no program could have set. */
static void option(bool bad)
{
	add_connection()->user_timeout = bad ? -5 : 0;
}

/* A locked buffer, which takes a right that the restoring run would need as well. */
static void buffer(bool bad)
{
	(void)add_connection();
	may(!bad);
}

static const struct {
	void (*prepare)(bool bad);
	const char *tunable, *value;
	int code;
	const char *word;
} cases[] = {
	{ congestion, CC, "reno", -EPERM, "could not be put back" },
	{ vector, RMEM, RMEM_TO, -EIO, "could not be put back" },
	{ uncatalogued, "uncatalogued:" PRIVATE, "9", -EBADMSG, "could not be put back" },
	{ limit, "rlimit:812/nofile", "1024:4096", -EPERM, "could not be undone" },
	{ option, "socket:812/7/user_timeout", "5s", -EOPNOTSUPP, "could not be written back" },
	{ buffer, "socket:812/7/rcvbuf", "1MiB", -EPERM, "putting it back" },
};

static int plan_for(int i)
{
	const struct wish wishes[] = { { SLOW_START, "0", "by hand", WISH_SET },
				       { cases[i].tunable, cases[i].value, "by hand", WISH_SET } };
	struct place p;
	int r;

	plan_done(&world.plan);
	ck_assert_int_eq(place_open(world.os, "blue", &p, &world.error), 0);
	r = plan_make(&p, wishes, ARRAY_LEN(wishes), &world.plan, &world.error);
	place_close(&p);
	return r;
}

START_TEST(test_p11_what_could_not_be_put_back_is_refused)
{
	size_t before;

	cases[_i].prepare(true);
	before = world_effects(&world);
	ck_assert_int_eq(plan_for(_i), cases[_i].code);
	ck_says(world.error.text, cases[_i].word);
	ck_assert_str_eq(since(before), "");
}
END_TEST

/* It came to be so after the plan was made. */
START_TEST(test_p11_or_when_it_is_applied)
{
	size_t before;

	cases[_i].prepare(false);
	ck_assert_msg(plan_for(_i) == 0, "%s", world.error.text);
	ck_assert_uint_eq(world.plan.count, 2);
	cases[_i].prepare(true);
	before = world_effects(&world);
	ck_assert_int_lt(world_apply(&world), 0);
	ck_assert_uint_eq(writes_of(since(before)), 0);
	ck_assert_ptr_null(strstr(since(before), "prlimit"));
	ck_assert_ptr_null(strstr(since(before), "setsockopt"));
	ck_assert_int_eq(world.record.id, 0);
}
END_TEST

/* The control. */
START_TEST(test_p11_what_can_be_put_back_is)
{
	cases[_i].prepare(false);
	ck_assert_msg(plan_for(_i) == 0, "%s", world.error.text);
	ck_assert_msg(world_apply(&world) == 0, "%s", world.error.text);
	ck_assert_msg(world_roll_back(&world, false) == 0, "%s", world.error.text);
	for (size_t i = 0; i < world.record.change_count; i++)
		ck_assert_int_eq(world.record.changes[i].outcome, CHANGE_RESTORED);
}
END_TEST

/* What is done for good is not done on approval. */
START_TEST(test_p11_what_cannot_be_undone_is_not_confirmed)
{
	const struct wish wish = { "rlimit:812/cpu", "3600", "by hand", WISH_SET };
	struct place p;

	limit(false);
	fake_os_set_limit(world.os, 812, RLIMIT_CPU, 7200, 7200);
	plan_done(&world.plan);
	ck_assert_int_eq(place_open(world.os, "blue", &p, &world.error), 0);
	ck_assert_int_eq(plan_make(&p, &wish, 1, &world.plan, &world.error), 0);
	place_close(&p);
	world.confirm_s = 60;
	ck_assert_int_eq(world_apply(&world), -EINVAL);
	ck_says(world.error.text, "--confirm");
	ck_assert_uint_eq(fake_os_limit(world.os, 812, RLIMIT_CPU).rlim_cur, 7200);
	world.confirm_s = 0;
	ck_assert_int_eq(world_apply(&world), 0);
	ck_assert_uint_eq(fake_os_limit(world.os, 812, RLIMIT_CPU).rlim_cur, 3600);
}
END_TEST

Suite *test_promises_undo_suite(void);
Suite *test_promises_undo_suite(void)
{
	Suite *s = suite_create("promises_undo");
	TCase *c = tcase_create("kinds");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 180);
	tcase_add_loop_test(c, test_p11_what_could_not_be_put_back_is_refused, 0, ARRAY_LEN(cases));
	tcase_add_loop_test(c, test_p11_or_when_it_is_applied, 0, ARRAY_LEN(cases));
	tcase_add_test(c, test_p11_what_cannot_be_undone_is_not_confirmed);
	tcase_add_loop_test(c, test_p11_what_can_be_put_back_is, 0, ARRAY_LEN(cases));
	suite_add_tcase(s, c);
	return s;
}
