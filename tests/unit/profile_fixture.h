/* Profiles from texts, on a host made by hand, for the tests of profiles/. */
#ifndef NETWRIGHT_TESTS_UNIT_PROFILE_FIXTURE_H
#define NETWRIGHT_TESTS_UNIT_PROFILE_FIXTURE_H

#include "base/text.h"
#include "profiles/inherit.h"
#include "profiles/profile.h"
#include "profiles/resolve.h"
#include "rules_fixture.h"

#include <check.h>
#include <string.h>

/* The beginning of a profile, the end of a setting, and that of the profile. */
#define HEAD(NAME) "profile = { name = \"" NAME "\"; summary = \"s\";\n"
#define WHY	   " why = \"w\"; source = \"s\"; }"
#define END	   "};\n"

struct profile_fixture {
	struct rules_fixture rules;
	struct link_stats links[2];
	struct profile_library library;
	struct flat_profile flat;
	struct resolved_profile resolved;
	struct profile_host host;
	struct error e;
};

static inline void profile_fixture_open(struct profile_fixture *f)
{
	*f = (struct profile_fixture){ 0 };
	fixture_open(&f->rules);
	f->rules.o->last.known[COUNTER_MEMORY_TOTAL] = true;
	f->rules.o->last.value[COUNTER_MEMORY_TOTAL] = 16ull << 30;
	f->rules.o->facts.memory_bytes = 16ull << 30;
	f->rules.o->facts.page_bytes = 4096;
	f->rules.o->links = f->links;
	for (size_t i = 0; i < tunable_count; i++) {
		struct tunable_value *v = &f->rules.settings.values[i];

		(void)snprintf(v->reason, sizeof(v->reason), "%s does not exist here",
			       tunables[i].name);
	}
	f->host.observation = f->rules.o;
	f->host.tunables = &f->rules.settings;
}

static inline void profile_fixture_close(struct profile_fixture *f)
{
	resolved_profile_done(&f->resolved);
	flat_profile_done(&f->flat);
	profile_library_done(&f->library);
	fixture_close(&f->rules);
}

/* A key as this host has it, whole: "4096 131072 6291456". */
static inline void profile_fixture_has(struct profile_fixture *f, const char *key, const char *text)
{
	const struct tunable *t = tunable_find(key);
	struct tunable_value *v;
	struct text_span rest = { text, strlen(text) }, word;
	int64_t number;

	ck_assert_msg(t != NULL, "%s", key);
	v = &f->rules.settings.values[t - tunables];
	v->exists = true;
	(void)snprintf(v->text, sizeof(v->text), "%s", text);
	v->element[0] = value_text(v->text);
	for (unsigned int i = 0; i < t->elements && text_next_word(&rest, &word); i++) {
		if (text_parse_i64(word.at, word.len, &number) == 0)
			v->element[i] = value_number(tunable_from_kernel(t, number));
	}
}

/* Loads, or says why not. */
static inline int profile_fixture_load(struct profile_fixture *f, const char *file,
				       const char *text)
{
	return profile_library_load_text(&f->library, file, text, strlen(text), NULL, &f->e);
}

static inline int profile_fixture_flatten(struct profile_fixture *f, const char *name)
{
	const struct profile *p = NULL;
	int r = profile_library_get(&f->library, name, &p, &f->e);

	resolved_profile_done(&f->resolved);
	flat_profile_done(&f->flat);
	return r < 0 ? r : profile_flatten(&f->library, p, &f->flat, &f->e);
}

static inline int profile_fixture_resolve(struct profile_fixture *f, const char *name,
					  const char *const *inputs, size_t n)
{
	int r = profile_fixture_flatten(f, name);

	return r < 0 ? r : profile_resolve(&f->flat, &f->host, inputs, n, &f->resolved, &f->e);
}

static inline const struct resolved_setting *profile_fixture_setting(
	const struct profile_fixture *f, const char *name)
{
	char buf[256];

	for (size_t i = 0; i < f->flat.setting_count; i++) {
		if (strcmp(profile_setting_name(f->flat.settings[i].setting, buf, sizeof(buf)),
			   name) == 0)
			return &f->resolved.settings[i];
	}
	return NULL;
}

#endif
