/* Rules written in a test, judging the observation of rules_fixture.h. */
#ifndef NETWRIGHT_TESTS_UNIT_DIAGNOSE_FIXTURE_H
#define NETWRIGHT_TESTS_UNIT_DIAGNOSE_FIXTURE_H

#include "rules/diagnose.h"
#include "rules_fixture.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

/* A rule without its `when` and what follows, and one that always matches. */
#define RULE(id, scope, ceiling, title, rest)                                               \
	"{ id = \"" id "\"; slug = \"s-" id "\"; scope = \"" scope "\"; class = \"c\"; "    \
	"why = \"w\"; source = \"s\"; severity_ceiling = \"" ceiling "\"; title = \"" title \
	"\"; " rest " }"
#define ALWAYS "when = \"1 == 1\"; "

static struct rules_fixture f;
static struct rulebook book;
static struct diagnosis d;

static inline void open_fixture(void)
{
	fixture_open(&f);
	book = (struct rulebook){ 0 };
	d = (struct diagnosis){ 0 };
}

static inline void close_fixture(void)
{
	diagnosis_done(&d);
	rulebook_done(&book);
	fixture_close(&f);
}

static inline void run(const char *rules)
{
	char text[8192];

	(void)snprintf(text, sizeof(text), "rules = (\n%s\n);", rules);
	ck_assert_msg(rulebook_load_text(&book, "x.conf", text, strlen(text), &f.e) == 0, "%s",
		      f.e.text);
	ck_assert_int_eq(diagnose(&book, f.o, &f.settings, &d, &f.e), 0);
}

#endif
