/* A guardian, and a transaction for it to guard: transaction 1 of a state directory of its own, in
 * a namespace that there is not, so that rolling back finds it gone and touches nothing.
 */
#ifndef NETWRIGHT_TESTS_GUARDIAN_FIXTURE_H
#define NETWRIGHT_TESTS_GUARDIAN_FIXTURE_H

#include "apply/guardian.h"
#include "apply/store.h"

#include <stdbool.h>
#include <stdint.h>

extern char guarded_directory[256];
extern struct guardian guardian;

void guarded_setup(void);
void guarded_teardown(void);
uint64_t guarded_in_ms(uint64_t ms);
void guarded_sleep_ms(unsigned int ms);
bool guarded_ends(void);
bool guarded_lives_on(void);
void guarded_begin(enum transaction_state state, uint64_t deadline_ns);
enum transaction_state guarded_state(void);
void guarded_set_state(enum transaction_state to);
void guarded_start(void);
void guarded_entrust(uint64_t deadline_ns);

#endif
