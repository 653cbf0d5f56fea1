/* A profile_fixture for each file that tests profiles, and what its tests say of it. */
#ifndef NETWRIGHT_TESTS_UNIT_PROFILE_CASE_H
#define NETWRIGHT_TESTS_UNIT_PROFILE_CASE_H

#include "profile_fixture.h"

static struct profile_fixture f;

static inline void setup(void)
{
	profile_fixture_open(&f);
}

static inline void teardown(void)
{
	profile_fixture_close(&f);
}

static inline void load(const char *file, const char *text)
{
	ck_assert_msg(profile_fixture_load(&f, file, text) == 0, "%s", f.e.text);
}

static inline void refused(int r, int code, const char *says)
{
	ck_assert_int_eq(r, code);
	ck_assert_int_eq(f.e.kind, ERROR_INPUT);
	ck_assert_msg(strstr(f.e.text, says) != NULL, "\"%s\" does not say \"%s\"", f.e.text, says);
}

#endif
