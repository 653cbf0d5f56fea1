/* The machine of the tests that are named after promises, and what they look at. */
#ifndef NETWRIGHT_TESTS_UNIT_PROMISE_FIXTURE_H
#define NETWRIGHT_TESTS_UNIT_PROMISE_FIXTURE_H

#include "applier_fixture.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define RMEM	   "net.ipv4.tcp_rmem"
#define RMEM_FROM  "4096 131072 6291456"
#define RMEM_TO	   "8192 262144 67108864"
#define RP_FILTER  "net.ipv4.conf.eth0.rp_filter"
#define SLOW_START "net.ipv4.tcp_slow_start_after_idle"

static struct world world;

static inline void setup(void)
{
	world_init(&world, world_three, 3);
}

static inline void teardown(void)
{
	world_done(&world);
}

static inline void somebody_sets(const char *key, const char *value)
{
	fake_os_set_sysctl(world.os, WORLD_NETNS, key, value);
}

static inline void lie(const char *key, enum fake_lie kind, int code, const char *text,
		       const char *only)
{
	fake_os_lie(world.os, WORLD_NETNS, key, kind, code, text, only);
}

static inline unsigned int writes_of(const char *trace)
{
	unsigned int n = 0;

	for (const char *at = trace; (at = strstr(at, "write 4102 ")) != NULL; at++)
		n++;
	return n;
}

/* What the trace says since `before`, a world_effects(). */
static inline const char *since(size_t before)
{
	return fake_os_trace(world.os) + before;
}

static inline const struct change_record *change_of(const char *name)
{
	for (size_t i = 0; i < world.record.change_count; i++) {
		if (strcmp(world.record.changes[i].change.target.name, name) == 0)
			return &world.record.changes[i];
	}
	ck_abort_msg("no change of %s", name);
}

/* The line of the trace that says that a key was written. */
static inline const char *line_of(const char *key, const char *value)
{
	static char line[TARGET_NAME_MAX + HELD_TEXT_MAX + 32];

	(void)snprintf(line, sizeof(line), "write 4102 %s %s\n", key, value);
	for (char *at = strchr(line, '.'); at != NULL; at = strchr(at, '.'))
		*at = '/';
	return line;
}

static inline const char *find_write(const char *trace, const char *key, const char *value)
{
	const char *found = strstr(trace, line_of(key, value));

	ck_assert_msg(found != NULL, "no %s in:\n%s", line_of(key, value), trace);
	return found;
}

static inline void ck_says(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "\"%s\" does not say \"%s\"", text, part);
}

#endif
