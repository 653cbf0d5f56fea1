/* An observation and settings made by hand, for the tests of rules/. Two paths, two listeners. */
#ifndef NETWRIGHT_TESTS_UNIT_RULES_FIXTURE_H
#define NETWRIGHT_TESTS_UNIT_RULES_FIXTURE_H

#include "measure/metric.h"
#include "rules/expression.h"
#include "tunables/catalogue.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

struct rules_fixture {
	struct observation *o;
	struct path_stats paths[3];
	struct listener_stats listeners[2];
	struct tunable_values settings;
	struct error e;
};

static inline void fixture_set(struct rules_fixture *f, const char *key, unsigned int element,
			       double number)
{
	const struct tunable *t = tunable_find(key);

	ck_assert_ptr_nonnull(t);
	f->settings.values[t - tunables].exists = true;
	f->settings.values[t - tunables].element[element] = value_number(number);
}

static inline void fixture_set_text(struct rules_fixture *f, const char *key, const char *text)
{
	struct tunable_value *v = &f->settings.values[tunable_find(key) - tunables];

	v->exists = true;
	(void)snprintf(v->text, sizeof(v->text), "%s", text);
	v->element[0] = value_text(v->text);
}

static inline void fixture_open(struct rules_fixture *f)
{
	*f = (struct rules_fixture){ 0 };
	f->o = calloc(1, sizeof(*f->o));
	f->settings.values = calloc(tunable_count, sizeof(*f->settings.values));
	ck_assert(f->o != NULL && f->settings.values != NULL);
	for (size_t i = 0; i < tunable_count; i++) {
		for (size_t k = 0; k < TUNABLE_ELEMENTS_MAX; k++)
			f->settings.values[i].element[k] = value_unknown("not in this test");
	}
	(void)snprintf(f->o->facts.hostname, sizeof(f->o->facts.hostname), "web-3");
	f->o->facts.netns_is_init = true;
	f->o->facts.cpus = 4;
	f->o->facts.memory_bytes = 4ull << 30;
	f->o->seconds = 10;
	f->o->samples = 11;
	f->o->paths = f->paths;
	f->o->path_count = 2;
	f->o->listeners = f->listeners;
	f->o->listener_count = 2;
	(void)snprintf(f->paths[0].name, sizeof(f->paths[0].name), "198.51.100.0/24");
	(void)snprintf(f->paths[1].name, sizeof(f->paths[1].name), "203.0.113.0/24");
	(void)snprintf(f->paths[2].name, sizeof(f->paths[2].name), "192.0.2.0/24");
	for (size_t i = 0; i < 3; i++) {
		f->paths[i].link = UINT32_MAX;
		f->paths[i].flows = (uint32_t)(3 + i);
		f->paths[i].min_rtt_us = 100000;
	}
	f->listeners[0].backlog = 511;
	f->listeners[1].backlog = 4096;
	fixture_set(f, "net.ipv4.tcp_rmem", 0, 4096);
	fixture_set(f, "net.ipv4.tcp_rmem", 1, 131072);
	fixture_set(f, "net.ipv4.tcp_rmem", 2, 6291456);
	fixture_set(f, "net.core.somaxconn", 0, 4096);
	fixture_set_text(f, "net.ipv4.tcp_congestion_control", "cubic");
}

static inline void fixture_close(struct rules_fixture *f)
{
	free(f->o);
	free(f->settings.values);
}

#endif
