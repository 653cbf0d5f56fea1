/* A daemon's loop over one simulated place, "self", with its log in memory. */
#ifndef NETWRIGHT_TESTS_UNIT_LOOP_FIXTURE_H
#define NETWRIGHT_TESTS_UNIT_LOOP_FIXTURE_H

#include "daemon/loop.h"
#include "sim_realm.h"

#include <stddef.h>

#define NO_HARM "tune = { except = [ \"HARM-01\" ]; };"

extern struct sim_realm realm;
extern struct sim_host *host; /* of the first place */
extern struct loop loop;
extern struct logbook log_;
extern size_t published;
extern struct error e;

void loop_set_up(void);
void loop_tear_down(void);
void configure(const char *text);
void turn(int expected);
void turns(unsigned int n);
void expect_log(const char *text);
size_t count_in_log(const char *text);
size_t tries(void); /* trials that were begun */
const struct outcome *outcome_of(const char *tunable);

#endif
