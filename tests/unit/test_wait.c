/* The daemon's waiting: the clock, signals, the watchdog. */
#include "daemon/wait.h"

#include "host/live_window.h"

#include <check.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *test_wait_suite(void);

#define MS UINT64_C(1000000)

static int fed, asked;
static struct waiter w;

static void on_watchdog(void *arg)
{
	(void)arg;
	fed++;
}

static void on_status(void *arg)
{
	(void)arg;
	asked++;
}

static void begin(uint64_t watchdog_ns)
{
	const struct waiter_options options = { .watchdog_ns = watchdog_ns,
						.on_watchdog = on_watchdog,
						.on_status = on_status };
	struct error e = { 0 };

	ck_assert_msg(waiter_open(&w, &options, &e) == 0, "%s", e.text);
}

static void end(void)
{
	waiter_close(&w);
}

/* Whatever fails, the test ends. */
static uint64_t in_a_minute(void)
{
	return live_window_now_ns() + 60000 * MS;
}

START_TEST(until_the_instant)
{
	uint64_t until;

	begin(0);
	until = live_window_now_ns() + 30 * MS;
	ck_assert(waiter_wait(&w, until));
	ck_assert_uint_ge(live_window_now_ns(), until);
	ck_assert(waiter_wait(&w, 0));
	ck_assert(waiter_wait(&w, until));
	ck_assert_int_eq(fed, 0);
	end();
}
END_TEST

/* A signal that came while nobody waited is not lost, and no wait begins after it. */
START_TEST(a_signal_ends_the_run)
{
	static const int signals[] = { SIGTERM, SIGINT };

	begin(0);
	ck_assert(!waiter_is_over(&w));
	ck_assert_int_eq(kill(getpid(), signals[_i]), 0);
	ck_assert(!waiter_wait(&w, in_a_minute()));
	ck_assert_int_eq(w.ending, 1);
	ck_assert(waiter_is_over(&w));
	ck_assert(!waiter_wait(&w, 0));
	end();
}
END_TEST

START_TEST(a_second_signal_kills)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		begin(0);
		(void)kill(getpid(), SIGTERM);
		(void)waiter_wait(&w, in_a_minute());
		(void)kill(getpid(), SIGTERM);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGTERM);
}
END_TEST

START_TEST(a_reload_ends_only_what_it_may)
{
	begin(0);
	ck_assert_int_eq(kill(getpid(), SIGHUP), 0);
	ck_assert(waiter_wait(&w, live_window_now_ns() + MS));
	ck_assert(!waiter_is_over(&w));
	w.reload_ends = true;
	ck_assert(waiter_is_over(&w));
	ck_assert(!waiter_wait(&w, in_a_minute()));
	ck_assert(waiter_take_reload(&w));
	ck_assert(!waiter_take_reload(&w));
	ck_assert(waiter_wait(&w, live_window_now_ns() + MS));
	ck_assert_int_eq(w.ending, 0);
	end();
}
END_TEST

START_TEST(status_is_told_while_waiting)
{
	begin(0);
	ck_assert_int_eq(kill(getpid(), SIGUSR1), 0);
	ck_assert(waiter_wait(&w, live_window_now_ns() + MS));
	ck_assert_int_eq(asked, 1);
	ck_assert(waiter_wait(&w, live_window_now_ns() + MS));
	ck_assert_int_eq(asked, 1);
	end();
}
END_TEST

START_TEST(the_watchdog_is_fed_in_a_long_wait)
{
	begin(20 * MS);
	ck_assert(waiter_wait(&w, live_window_now_ns() + 110 * MS));
	/* Five are due; on a busy machine some turns fall together. */
	ck_assert_int_ge(fed, 2);
	ck_assert_int_le(fed, 5);
	end();
}
END_TEST

START_TEST(signals_are_as_before_afterwards)
{
	sigset_t now;

	begin(0);
	end();
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, NULL, &now), 0);
	ck_assert_int_eq(sigismember(&now, SIGTERM), 0);
	ck_assert_int_eq(sigismember(&now, SIGHUP), 0);
}
END_TEST

Suite *test_wait_suite(void)
{
	Suite *suite = suite_create("wait");
	TCase *tests = tcase_create("wait");

	tcase_add_test(tests, until_the_instant);
	tcase_add_loop_test(tests, a_signal_ends_the_run, 0, 2);
	tcase_add_test(tests, a_second_signal_kills);
	tcase_add_test(tests, a_reload_ends_only_what_it_may);
	tcase_add_test(tests, status_is_told_while_waiting);
	tcase_add_test(tests, the_watchdog_is_fed_in_a_long_wait);
	tcase_add_test(tests, signals_are_as_before_afterwards);
	suite_add_tcase(suite, tests);
	return suite;
}
