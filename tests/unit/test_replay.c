/* Replays the recordings of the provoked situations (tests/data, made by `make recordings`) through
 * the whole program but for the kernel: decoders, flows, metrics, rules. What a system test demands
 * of the live situation holds for its recording as well.
 */
#include "host/recording.h"
#include "measure/metric.h"
#include "measure/observer.h"
#include "rules/diagnose.h"
#include "tunables/catalogue.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *test_replay_suite(void);

#define IDS_MAX 4

struct situation {
	const char *name;	     /* tests/data/NAME-ipv4.nwr and -ipv6.nwr */
	const char *found[IDS_MAX];  /* must be reported */
	const char *absent[IDS_MAX]; /* prefixes of ids that must not be */
	const char *limiter;	     /* of the busiest path; NULL: not looked at */
	enum severity worst;	     /* no finding may be above */
};

static const struct situation situations[] = {
	{ "receive-capped-sender",
	  { "RCV-01" },
	  { "SND-", "LOSS-", "BLOAT-01" },
	  "receiver-window",
	  SEVERITY_MEDIUM },
	{ "receive-capped-receiver", { "RCV-02" }, { "SND-", "RCV-04" }, NULL, SEVERITY_MEDIUM },
	{ "receive-free-sender", { NULL }, { "RCV-", "SND-" }, NULL, SEVERITY_MEDIUM },
	{ "receive-free-receiver", { NULL }, { "RCV-", "SND-" }, NULL, SEVERITY_MEDIUM },
	{ "send-capped",
	  { "SND-01" },
	  { "RCV-", "SND-02", "LOSS-" },
	  "send-buffer",
	  SEVERITY_MEDIUM },
	{ "send-capped-receiver", { NULL }, { "RCV-" }, NULL, SEVERITY_LOW },
	{ "send-fixed", { "SND-02" }, { "SND-01", "RCV-" }, "send-buffer", SEVERITY_MEDIUM },
	{ "send-enough", { NULL }, { "SND-", "RCV-" }, NULL, SEVERITY_MEDIUM },
	{ "random-loss",
	  { "LOSS-01", "CC-01" },
	  { "RCV-", "SND-", "CC-02" },
	  "random-loss",
	  SEVERITY_HIGH },
	{ "no-loss", { NULL }, { "LOSS-", "CC-", "RCV-", "SND-" }, NULL, SEVERITY_LOW },
	{ "deep-queue",
	  { "BLOAT-01" },
	  { "RCV-", "SND-01", "SND-02", "CC-" },
	  NULL,
	  SEVERITY_MEDIUM },
	{ "fitting-queue", { NULL }, { "BLOAT-01", "RCV-", "SND-" }, NULL, SEVERITY_LOW },
	{ "shallow-queue",
	  { "CC-02" },
	  { "CC-01", "RCV-", "SND-", "BLOAT-01" },
	  NULL,
	  SEVERITY_HIGH },
	{ "ample-queue", { NULL }, { "CC-", "LOSS-" }, NULL, SEVERITY_LOW },
	{ "listener-own-backlog", { "LST-01" }, { "LST-02" }, NULL, SEVERITY_HIGH },
	{ "listener-somaxconn", { "LST-01" }, { "LST-02" }, NULL, SEVERITY_HIGH },
	{ "listener-near-full", { "LST-02" }, { "LST-01" }, NULL, SEVERITY_MEDIUM },
	{ "listener-accepting", { NULL }, { "LST-" }, NULL, SEVERITY_LOW },
	{ "slow-reader",
	  { "RCV-07" },
	  { "RCV-01", "RCV-02", "RCV-04", "SND-" },
	  "application",
	  SEVERITY_MEDIUM },
	{ "stalled-reader",
	  { "RCV-07" },
	  { "RCV-01", "RCV-02", "RCV-04", "SND-" },
	  NULL,
	  SEVERITY_MEDIUM },
	{ "stalled-reader-sender",
	  { NULL },
	  { "RCV-", "SND-01", "SND-02" },
	  "peer-application",
	  SEVERITY_LOW },
	{ "fast-reader", { NULL }, { "RCV-" }, NULL, SEVERITY_LOW },
	{ "settings-default",
	  { NULL },
	  { "RCV-05", "RCV-06", "LOSS-03", "CC-05" },
	  NULL,
	  SEVERITY_LOW },
	{ "settings-harmful",
	  { "RCV-05", "RCV-06", "LOSS-03", "CC-05" },
	  { NULL },
	  NULL,
	  SEVERITY_HIGH },
	{ "receive-fixed", { "RCV-04" }, { "RCV-01", "RCV-02", "SND-" }, NULL, SEVERITY_MEDIUM },
	{ "receive-scale",
	  { "RCV-12" },
	  { "RCV-02", "RCV-04", "SND-" },
	  "receiver-window",
	  SEVERITY_MEDIUM },
	{ "receive-tuned", { NULL }, { "RCV-" }, NULL, SEVERITY_LOW },
	{ "idle-restarts", { "IDLE-01" }, { "RCV-", "SND-" }, NULL, SEVERITY_LOW },
	{ "idle-kept", { NULL }, { "IDLE-01" }, NULL, SEVERITY_LOW },
	{ "idle-bbr", { NULL }, { "IDLE-01" }, NULL, SEVERITY_LOW },
	{ "thin-stalled", { "THIN-01" }, { "RCV-", "SND-", "KA-" }, NULL, SEVERITY_LOW },
	{ "thin-linear", { NULL }, { "THIN-", "RCV-", "SND-" }, NULL, SEVERITY_LOW },
	{ "thin-healthy", { NULL }, { "THIN-", "KA-", "RCV-", "SND-" }, NULL, SEVERITY_LOW },
	{ "unsent-answers", { "SND-03" }, { "RCV-", "SND-01", "SND-02" }, NULL, SEVERITY_LOW },
	{ "unsent-bounded", { NULL }, { "SND-" }, NULL, SEVERITY_LOW },
	{ "unsent-bulk", { NULL }, { "SND-" }, NULL, SEVERITY_LOW },
	{ "half-open-cookies", { "LST-03" }, { "LST-01", "LST-04" }, NULL, SEVERITY_MEDIUM },
	{ "half-open-drops", { "LST-04" }, { "LST-01", "LST-03", "LST-05" }, NULL, SEVERITY_HIGH },
	{ "answered-cookies-0", { NULL }, { "LST-" }, NULL, SEVERITY_LOW },
	{ "answered-cookies-1", { NULL }, { "LST-" }, NULL, SEVERITY_LOW },
	{ "time-wait-overflow", { "TW-02" }, { "TW-01" }, NULL, SEVERITY_MEDIUM },
	{ "time-wait-kept", { NULL }, { "TW-" }, NULL, SEVERITY_LOW },
	{ "udp-closed-port", { "UDP-03" }, { "UDP-02" }, NULL, SEVERITY_LOW },
	{ "udp-few", { NULL }, { "UDP-" }, NULL, SEVERITY_LOW },
	{ "udp-stalled", { "UDP-01" }, { "UDP-02" }, NULL, SEVERITY_HIGH },
	{ "udp-bursts", { "UDP-01" }, { "UDP-02" }, NULL, SEVERITY_HIGH },
	{ "udp-read", { NULL }, { "UDP-" }, NULL, SEVERITY_LOW },
	{ "ports-in-use", { "PORT-01" }, { "PORT-02", "PORT-04" }, NULL, SEVERITY_MEDIUM },
	{ "ports-time-wait",
	  { "PORT-01", "PORT-02" },
	  { "PORT-04", "TW-" },
	  NULL,
	  SEVERITY_CRITICAL },
	{ "ports-wide", { "PORT-04" }, { "PORT-01", "PORT-02" }, NULL, SEVERITY_LOW },
	{ "shared-port-idle", { "LST-07" }, { "LST-01", "LST-02" }, NULL, SEVERITY_LOW },
	{ "shared-port-fair", { NULL }, { "LST-" }, NULL, SEVERITY_LOW },
	{ "half-open-held", { "LST-08" }, { "LST-01", "LST-02" }, NULL, SEVERITY_LOW },
	{ "close-wait-leak", { "CW-01" }, { "FIN-", "PORT-" }, NULL, SEVERITY_MEDIUM },
	{ "close-wait-none", { NULL }, { "CW-", "FIN-" }, NULL, SEVERITY_LOW },
	{ "fin-wait2", { "FIN-01" }, { "CW-" }, NULL, SEVERITY_LOW },
	{ "files-near-limit", { "FD-02" }, { "FD-01", "FD-03" }, NULL, SEVERITY_MEDIUM },
	{ "files-elsewhere", { NULL }, { "FD-" }, NULL, SEVERITY_LOW },
	{ "files-raised", { NULL }, { "FD-" }, NULL, SEVERITY_LOW },
	{ "files-few", { NULL }, { "FD-" }, NULL, SEVERITY_LOW },
	{ "fifo-short", { "Q-01" }, { NULL }, NULL, SEVERITY_MEDIUM },
	{ "fifo-usual", { NULL }, { "Q-" }, NULL, SEVERITY_LOW },
	{ "shaper", { NULL }, { "Q-" }, NULL, SEVERITY_LOW },
	{ "healthy-idle", { NULL }, { NULL }, NULL, SEVERITY_LOW },
	{ "healthy-lan-sender", { NULL }, { NULL }, NULL, SEVERITY_LOW },
	{ "healthy-lan-receiver", { NULL }, { NULL }, NULL, SEVERITY_LOW },
	{ "healthy-application", { NULL }, { NULL }, "application", SEVERITY_LOW },
	{ "healthy-full-link", { NULL }, { NULL }, NULL, SEVERITY_LOW },
};

#define SITUATIONS (sizeof(situations) / sizeof(situations[0]))

static bool reported(const struct diagnosis *d, const char *id)
{
	for (size_t i = 0; i < d->finding_count; i++) {
		if (strcmp(d->findings[i].rule->id, id) == 0)
			return true;
	}
	return false;
}

static void check_findings(const struct situation *s, const struct diagnosis *d)
{
	for (int k = 0; k < IDS_MAX && s->found[k] != NULL; k++)
		ck_assert_msg(reported(d, s->found[k]), "%s: %s is missing", s->name, s->found[k]);
	for (size_t i = 0; i < d->finding_count; i++) {
		const struct finding *f = &d->findings[i];

		ck_assert_msg(f->severity <= s->worst, "%s: %s is %s", s->name, f->rule->id,
			      severity_name(f->severity));
		for (int k = 0; k < IDS_MAX && s->absent[k] != NULL; k++)
			ck_assert_msg(strncmp(f->rule->id, s->absent[k], strlen(s->absent[k])) != 0,
				      "%s: %s must not appear", s->name, f->rule->id);
	}
}

static void check_limiter(const struct situation *s, const struct observation *o)
{
	struct value v;

	if (s->limiter == NULL)
		return;
	ck_assert_uint_gt(o->path_count, 0);
	v = metric_get(metric_find("path.limiter"), o, &o->paths[0]);
	ck_assert_int_eq(v.kind, VALUE_TEXT);
	ck_assert_msg(strcmp(v.text, s->limiter) == 0, "%s: limiter %s, expected %s", s->name,
		      v.text, s->limiter);
}

static void replay(const struct situation *s, int family)
{
	struct observe_options options = { .find_owners = true };
	struct observation *observation = NULL;
	struct tunable_values values = { 0 };
	struct diagnosis diagnosis = { 0 };
	struct rulebook book = { 0 };
	struct source *source = NULL;
	struct error e = { 0 };
	char path[128];

	(void)snprintf(path, sizeof(path), "tests/data/%s-ipv%d.nwr", s->name, family);
	ck_assert_msg(recording_reader_new(path, &source, &e) == 0, "%s", e.text);
	ck_assert_msg(observe(source, &options, &observation, &e) == 0, "%s: %s", path, e.text);
	ck_assert_int_eq(tunable_values_read(source, &values, &e), 0);
	ck_assert_msg(rulebook_load_builtin(&book, &e) == 0, "%s", e.text);
	ck_assert_int_eq(diagnose(&book, observation, &values, &diagnosis, &e), 0);
	check_findings(s, &diagnosis);
	check_limiter(s, observation);
	diagnosis_done(&diagnosis);
	rulebook_done(&book);
	tunable_values_done(&values);
	observation_free(observation);
	source_free(source);
}

START_TEST(replay_ipv4)
{
	replay(&situations[_i], 4);
}
END_TEST

START_TEST(replay_ipv6)
{
	replay(&situations[_i], 6);
}
END_TEST

Suite *test_replay_suite(void)
{
	Suite *suite = suite_create("replay");
	TCase *recordings = tcase_create("recordings");

	tcase_set_timeout(recordings, 180);
	tcase_add_loop_test(recordings, replay_ipv4, 0, (int)SITUATIONS);
	tcase_add_loop_test(recordings, replay_ipv6, 0, (int)SITUATIONS);
	suite_add_tcase(suite, recordings);
	return suite;
}
