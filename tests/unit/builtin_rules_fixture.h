/* The built-in rule books, judging an observation made by hand. */
#ifndef NETWRIGHT_TESTS_UNIT_BUILTIN_RULES_FIXTURE_H
#define NETWRIGHT_TESTS_UNIT_BUILTIN_RULES_FIXTURE_H

#include "rules/diagnose.h"
#include "rules_fixture.h"

#include <check.h>
#include <string.h>

static struct rules_fixture f;
static struct rulebook book;
static struct diagnosis d;

static inline void set_up(void)
{
	fixture_open(&f);
	f.o->path_count = 0;
	f.o->listener_count = 0;
	ck_assert_msg(rulebook_load_builtin(&book, &f.e) == 0, "%s", f.e.text);
}

static inline void tear_down(void)
{
	diagnosis_done(&d);
	rulebook_done(&book);
	fixture_close(&f);
}

static inline void set_counter(enum counter c, uint64_t first, uint64_t last)
{
	f.o->first.known[c] = f.o->last.known[c] = true;
	f.o->first.value[c] = first;
	f.o->last.value[c] = last;
	f.o->gauge_max[c] = last > first ? last : first;
}

static inline const struct finding *judge(const char *id)
{
	diagnosis_done(&d);
	d = (struct diagnosis){ 0 };
	ck_assert_int_eq(diagnose(&book, f.o, &f.settings, &d, &f.e), 0);
	for (size_t i = 0; i < d.finding_count; i++) {
		if (strcmp(d.findings[i].rule->id, id) == 0)
			return &d.findings[i];
	}
	return NULL;
}

static inline const struct finding *found(const char *id)
{
	const struct finding *finding = judge(id);

	ck_assert_msg(finding != NULL, "%s is not found", id);
	return finding;
}

static inline double change_to(const struct finding *finding, const char *tunable,
			       unsigned int element)
{
	for (size_t i = 0; i < finding->change_count; i++) {
		const struct finding_change *c = &finding->changes[i];

		if (strcmp(c->tunable->name, tunable) == 0 && c->element == element)
			return c->to.number;
	}
	return -1;
}

#endif
