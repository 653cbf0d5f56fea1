#include "guardian_fixture.h"

#include "apply/boot.h"
#include "base/os.h"
#include "store_fixture.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NS_PER_MS UINT64_C(1000000)
/* Long enough for a loaded machine; nothing waits for it but a test that fails. */
#define PATIENCE_MS 20000

char guarded_directory[256];
struct guardian guardian;

void guarded_setup(void)
{
	(void)fixture_directory();
	(void)snprintf(guarded_directory, sizeof(guarded_directory), "%s", fixture_path("."));
	guarded_directory[strlen(guarded_directory) - 2] = '\0';
	guardian = (struct guardian){ .channel = -1 };
}

void guarded_teardown(void)
{
	if (guardian.pid > 0 && guardian_alive(guardian.pid, guardian.start))
		(void)kill((pid_t)guardian.pid, SIGKILL);
	fixture_remove();
}

uint64_t guarded_in_ms(uint64_t ms)
{
	return os_live()->ops->boottime_ns(os_live()) + ms * NS_PER_MS;
}

void guarded_sleep_ms(unsigned int ms)
{
	(void)usleep(ms * 1000);
}

bool guarded_ends(void)
{
	for (int ms = 0; ms < PATIENCE_MS; ms += 10) {
		if (!guardian_alive(guardian.pid, guardian.start))
			return true;
		guarded_sleep_ms(10);
	}
	return false;
}

bool guarded_lives_on(void)
{
	guarded_sleep_ms(200);
	return guardian_alive(guardian.pid, guardian.start);
}

/* A transaction of this boot, in a namespace that there is not. */
void guarded_begin(enum transaction_state state, uint64_t deadline_ns)
{
	struct transaction_record t;
	struct error e = { 0 };

	fixture_transaction(&t, 1);
	ck_assert_int_eq(boot_id_read(t.boot_id, &e), 0);
	t.state = state;
	t.persistence = PERSISTENCE_NONE;
	t.netns[0] = '\0';
	t.netns_cookie = INT64_MAX - 1;
	(void)snprintf(t.changes[0].change.target.identity, TARGET_IDENTITY_MAX, "netns %lld",
		       (long long)t.netns_cookie);
	t.deadline_boottime_ns = deadline_ns;
	t.guardian_pid = guardian.pid;
	t.guardian_start = guardian.start;
	fixture_begin(&t);
	ck_assert_int_eq(t.id, 1);
	transaction_record_done(&t);
}

enum transaction_state guarded_state(void)
{
	struct store *s = fixture_open(STORE_READ);
	struct transaction_record t = { 0 };
	struct error e = { 0 };
	enum transaction_state found;

	ck_assert_msg(store_load(s, 1, &t, &e) == 0, "%s", e.text);
	found = t.state;
	transaction_record_done(&t);
	store_close(s);
	return found;
}

void guarded_set_state(enum transaction_state to)
{
	struct store *s = fixture_open(STORE_WRITE);
	struct transaction_record t = { 0 };

	ck_assert_int_eq(store_load(s, 1, &t, NULL), 0);
	t.state = to;
	ck_assert_int_eq(store_update(s, &t, NULL), 0);
	transaction_record_done(&t);
	store_close(s);
}

void guarded_start(void)
{
	struct error e = { 0 };

	ck_assert_msg(guardian_start(guarded_directory, &guardian, &e) == 0, "%s", e.text);
	ck_assert(guardian_alive(guardian.pid, guardian.start));
}

void guarded_entrust(uint64_t deadline_ns)
{
	struct error e = { 0 };

	guarded_begin(TRANSACTION_PENDING, deadline_ns);
	ck_assert_msg(guardian_entrust(&guardian, 1, deadline_ns, &e) == 0, "%s", e.text);
}
