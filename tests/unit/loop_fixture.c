#include "loop_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sim_realm realm;
struct sim_host *host;
struct loop loop;
struct logbook log_;
size_t published;
struct error e;
static char *log_text;
static size_t log_len;

static void load(struct policy *p, const char *text)
{
	*p = (struct policy){ 0 };
	ck_assert_msg(
		daemon_config_load_text(&p->config, "netwright.conf", text, strlen(text), &e) == 0,
		"%s", e.text);
	/* Most are about what happens once it is tried. */
	if (strstr(text, "patience") == NULL)
		p->config.patience = 1;
	ck_assert_msg(limits_load_text(&p->limits, "netwright.conf", text, strlen(text), &e) == 0,
		      "%s", e.text);
	ck_assert_int_eq(rulebook_load_text(&p->book, "sim.conf", sim_rules, strlen(sim_rules), &e),
			 0);
}

static void publish(void *arg, const struct daemon_status *s)
{
	(void)arg;
	ck_assert_str_ne(s->doing, "");
	published++;
}

void loop_set_up(void)
{
	sim_realm_open(&realm);
	host = &realm.places[0].host;
	logbook_init(&log_, open_memstream(&log_text, &log_len), NULL);
	loop = (struct loop){ .realm = &realm.realm, .log = &log_, .publish = publish };
	load(&loop.policy, NO_HARM);
}

void loop_tear_down(void)
{
	ck_assert_uint_eq(realm.worlds, 0);
	ck_assert_int_eq(host->pending, 0);
	loop_done(&loop);
	sim_realm_close(&realm);
	(void)fclose(log_.out);
	free(log_text);
}

void configure(const char *text)
{
	struct policy p;

	load(&p, text);
	loop_adopt(&loop, &p);
}

void turn(int expected)
{
	int r = loop_turn(&loop, &e);

	ck_assert_msg(r == expected, "%d instead of %d: %s", r, expected, e.text);
}

void turns(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		turn(0);
}

void expect_log(const char *text)
{
	ck_assert_msg(log_len > 0 && strstr(log_text, text) != NULL, "\"%s\" is not in: %s", text,
		      log_len > 0 ? log_text : "");
}

size_t count_in_log(const char *text)
{
	size_t n = 0;

	for (const char *at = log_len > 0 ? strstr(log_text, text) : NULL; at != NULL;
	     at = strstr(at + 1, text))
		n++;
	return n;
}

size_t tries(void)
{
	return count_in_log(": trying ");
}

const struct outcome *outcome_of(const char *tunable)
{
	const struct outcome *o = memory_find(&loop.memory, 7, tunable);

	ck_assert_msg(o != NULL, "nothing is known of %s", tunable);
	return o;
}
