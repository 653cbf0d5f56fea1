/* A run that is killed, at each point of its life with a guardian. */
#include "apply/guardian.h"
#include "guardian_fixture.h"
#include "store_fixture.h"

#include <check.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *test_guardian_killed_run_suite(void);

/* Runs `run` in a process that is then killed, with a guardian that it started. */
static void killed_run(void (*run)(void))
{
	int told[2];
	pid_t child;

	ck_assert_int_eq(pipe(told), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		if (guardian_start(guarded_directory, &guardian, NULL) < 0)
			_exit(1);
		run();
		(void)!write(told[1], &guardian, sizeof(guardian));
		for (;;)
			(void)pause();
	}
	(void)close(told[1]);
	ck_assert_int_eq(read(told[0], &guardian, sizeof(guardian)), sizeof(guardian));
	(void)close(told[0]);
	ck_assert(guardian_alive(guardian.pid, guardian.start));
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

static void do_nothing(void)
{
}

START_TEST(run_killed_before_it_began)
{
	killed_run(do_nothing);
	ck_assert(guarded_ends());
}
END_TEST

static void begin_applying(void)
{
	guarded_begin(TRANSACTION_APPLYING, 0);
}

START_TEST(run_killed_in_the_middle)
{
	killed_run(begin_applying);
	ck_assert(guarded_ends());
	ck_assert_int_eq((int)guarded_state(), (int)TRANSACTION_FAILED);
}
END_TEST

static void begin_pending(void)
{
	guarded_begin(TRANSACTION_PENDING, guarded_in_ms(1000));
}

START_TEST(run_killed_before_it_could_entrust)
{
	killed_run(begin_pending);
	ck_assert(guarded_lives_on());
	ck_assert_int_eq((int)guarded_state(), (int)TRANSACTION_PENDING);
	ck_assert(guarded_ends());
	ck_assert_int_eq((int)guarded_state(), (int)TRANSACTION_ROLLED_BACK);
}
END_TEST

static void begin_entrusted(void)
{
	guarded_entrust(guarded_in_ms(1000));
}

START_TEST(run_killed_after_it_has_entrusted)
{
	killed_run(begin_entrusted);
	ck_assert(guarded_lives_on());
	ck_assert_int_eq((int)guarded_state(), (int)TRANSACTION_PENDING);
	ck_assert(guarded_ends());
	ck_assert_int_eq((int)guarded_state(), (int)TRANSACTION_ROLLED_BACK);
}
END_TEST

Suite *test_guardian_killed_run_suite(void)
{
	Suite *suite = suite_create("guardian/killed_run");
	TCase *tc = tcase_create("guardian/killed_run");

	tcase_add_checked_fixture(tc, guarded_setup, guarded_teardown);
	tcase_set_timeout(tc, 180);
	tcase_add_test(tc, run_killed_before_it_began);
	tcase_add_test(tc, run_killed_in_the_middle);
	tcase_add_test(tc, run_killed_before_it_could_entrust);
	tcase_add_test(tc, run_killed_after_it_has_entrusted);
	suite_add_tcase(suite, tc);
	return suite;
}
