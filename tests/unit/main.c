/* Runs every suite of tests/unit: one test_NAME_suite() per test_NAME.c, listed by the Makefile.
 *
 *   unit-tests [PART PARTS]
 *
 * With PART (from 0) and PARTS every PARTS-th suite only, so that several can run side by side.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define SUITE(name) Suite *name(void);
#include "suites.h"
#undef SUITE

int main(int argc, char **argv)
{
	const long part = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
	const long parts = argc == 3 ? strtol(argv[2], NULL, 10) : 1;
	SRunner *runner = srunner_create(NULL);
	long suite = 0;
	int run, failed;

	if (part < 0 || part >= parts || (argc != 1 && argc != 3)) {
		fprintf(stderr, "usage: unit-tests [PART PARTS]\n");
		return 2;
	}
#define SUITE(name)                  \
	if (suite++ % parts == part) \
		srunner_add_suite(runner, name());
#include "suites.h"
#undef SUITE
	srunner_run_all(runner, CK_ENV);
	run = srunner_ntests_run(runner);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	printf("%d passed, %d failed\n", run - failed, failed);
	return failed == 0 && run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
