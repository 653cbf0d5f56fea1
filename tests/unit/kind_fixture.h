/* What the tests of every kind ask of it. */
#ifndef NETWRIGHT_TESTS_UNIT_KIND_FIXTURE_H
#define NETWRIGHT_TESTS_UNIT_KIND_FIXTURE_H

#include "tunables/kind.h"

#include <check.h>

/* The first target of a name, which its kind knows again. */
static inline struct target kind_resolved(const struct kind *k, const struct place *p,
					  const char *name)
{
	struct target_list list = { 0 };
	struct error e = { 0 };
	struct target t;

	ck_assert_msg(k->resolve(p, name, &list, &e) == 0, "%s: %s", name, e.text);
	t = list.all[0];
	for (size_t i = 0; i < list.count; i++)
		ck_assert_ptr_eq(k->recall(list.all[i].name, list.all[i].identity),
				 list.all[i].tunable);
	target_list_done(&list);
	return t;
}

static inline struct held kind_held(const struct place *p, const struct target *t)
{
	struct error e = { 0 };
	struct held h = { 0 };

	ck_assert_msg(t->kind->read(p, t, &h, &e) == 0, "%s: %s", t->name, e.text);
	return h;
}

static inline enum held_relation kind_relation(const struct place *p, const struct target *t,
					       const struct held *from, const char *to)
{
	const struct held now = kind_held(p, t);

	return t->kind->relate(t, &now, from, to);
}

struct kind_mistake {
	const char *name;
	int result;
};

/* Each name is refused with that errno, as a person's mistake. */
static inline void kind_refuses(const struct kind *k, const struct place *p,
				const struct kind_mistake *mistakes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct target_list list = { 0 };
		struct error e = { 0 };
		int r = k->resolve(p, mistakes[i].name, &list, &e);

		ck_assert_msg(r == mistakes[i].result, "%s: %d %s", mistakes[i].name, r, e.text);
		ck_assert_msg(e.kind == ERROR_INPUT, "%s", mistakes[i].name);
		ck_assert_ptr_null(list.all);
	}
}

#endif
