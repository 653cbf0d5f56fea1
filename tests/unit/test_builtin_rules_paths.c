/* The built-in rules about paths: what they propose for one path, for the whole host, or, where the
 * process is not known or the program is not to blame, not at all. */
#include "builtin_rules_fixture.h"
#include "host/recording.h"
#include "measure/observer.h"
#include "measure/path.h"

#include <check.h>
#include <string.h>

Suite *test_builtin_rules_paths_suite(void);

/* A recording, to be judged once its paths were changed. */
struct replayed {
	struct observation *o;
	struct tunable_values values;
	struct source *s;
};

static void open_recording(struct replayed *r, const char *recording)
{
	const struct observe_options options = { .find_owners = true };

	*r = (struct replayed){ 0 };
	ck_assert_int_eq(recording_reader_new(recording, &r->s, &f.e), 0);
	ck_assert_int_eq(observe(r->s, &options, &r->o, &f.e), 0);
	ck_assert_int_eq(tunable_values_read(r->s, &r->values, &f.e), 0);
	ck_assert_uint_gt(r->o->path_count, 0);
}

static void judge_again(struct replayed *r)
{
	diagnosis_done(&d);
	d = (struct diagnosis){ 0 };
	ck_assert_int_eq(diagnose(&book, r->o, &r->values, &d, &f.e), 0);
}

static void close_recording(struct replayed *r)
{
	diagnosis_done(&d); /* it points into the observation */
	d = (struct diagnosis){ 0 };
	tunable_values_done(&r->values);
	observation_free(r->o);
	source_free(r->s);
}

static const struct finding *finding_of(const char *id)
{
	for (size_t i = 0; i < d.finding_count; i++) {
		if (strcmp(d.findings[i].rule->id, id) == 0)
			return &d.findings[i];
	}
	return NULL;
}

static void lose_nothing(struct path_stats *p)
{
	p->sum.bytes_retrans = p->sum.total_retrans = 0;
}

static void queue_nothing(struct path_stats *p)
{
	p->notsent_delay = (struct quantiles){ 0 };
}

#define PID_MAX 4194304 /* the highest number of a process: 2^22 */

/* A rule that cures a path alone, or the whole host. */
struct scoped_rule {
	const char *recording, *id;
	void (*make_well)(struct path_stats *);
	const char *route, *socket; /* of the path; NULL: none */
	const char *host;
};

static const struct scoped_rule lossy = {
	"tests/data/random-loss-ipv4.nwr",
	"CC-01",
	lose_nothing,
	"route:%s/congctl",
	"socket:dst %s/congestion",
	"net.ipv4.tcp_congestion_control",
};
static const struct scoped_rule unsent = {
	"tests/data/unsent-answers-ipv4.nwr",
	"SND-03",
	queue_nothing,
	NULL,
	"socket:pid 4194304 and dst %s/notsent_lowat",
	"net.ipv4.tcp_notsent_lowat",
};
static const struct scoped_rule fixed_receive = {
	"tests/data/receive-fixed-ipv6.nwr",	"RCV-04", lose_nothing, NULL,
	"socket:pid 4194304 and dst %s/rcvbuf", NULL,
};
static const struct scoped_rule fixed_send = {
	"tests/data/send-fixed-ipv6.nwr",	"SND-02", lose_nothing, NULL,
	"socket:pid 4194304 and dst %s/sndbuf", NULL,
};

/* The recording's path, several times; the last `others` of them are well, and send. */
static const struct {
	const struct scoped_rule *rule;
	size_t ill, others, loopback; /* paths */
	bool host_wide;
	bool several; /* processes hold the connections of a path: which is ill nobody can tell */
} scopes[] = {
	{ &lossy, 1, 0, 0, false, false }, /* one says nothing about the others there will be */
	{ &lossy, 1, 1, 0, false, false },	   { &lossy, 2, 0, 0, true, false },
	{ &lossy, 2, 1, 0, false, false },	   { &lossy, 2, 0, 1, true, false },
	{ &lossy, 3, 0, 0, true, false },	   { &lossy, 3, 2, 0, true, false },
	{ &unsent, 1, 0, 0, true, false }, /* no route would cure what is opened later */
	{ &unsent, 1, 1, 0, false, false },	   { &unsent, 2, 1, 0, false, false },
	{ &unsent, 2, 0, 1, true, false },	   { &unsent, 3, 1, 0, true, false },
	{ &fixed_receive, 3, 0, 0, false, false }, { &fixed_send, 3, 0, 0, false, false },
	{ &fixed_receive, 1, 0, 0, false, true },  { &fixed_send, 1, 0, 0, false, true },
	{ &unsent, 1, 1, 0, false, true },	   { &unsent, 1, 0, 0, true, true },
};

static void copy_paths(struct path_stats *paths, const struct path_stats *ill, int row)
{
	size_t count = scopes[row].ill + scopes[row].others + scopes[row].loopback;

	for (size_t i = 0; i < count; i++) {
		paths[i] = *ill;
		paths[i].sender_pid = paths[i].receiver_pid = scopes[row].several
								      ? PATH_SEVERAL_HOLDERS
								      : PID_MAX;
		(void)snprintf(paths[i].name, sizeof(paths[i].name), "198.51.%zu.0/24", i);
		if (i >= scopes[row].ill)
			scopes[row].rule->make_well(&paths[i]);
		if (i >= scopes[row].ill + scopes[row].others) {
			struct prefix own;

			ck_assert_int_eq(prefix_parse("127.0.0.1/32", &own), 0);
			paths[i].remote = own.address;
			paths[i].senders = 1;
		}
	}
}

/* The next change of the finding is that of the path, where the rule has one. */
static size_t assert_path_change(const struct finding *finding, size_t at, const char *format)
{
	const char *star = format == NULL ? NULL : strstr(format, "%s");
	char wanted[TARGET_NAME_MAX], name[TARGET_NAME_MAX];

	if (star == NULL)
		return at;
	ck_assert_uint_lt(at, finding->change_count);
	(void)snprintf(wanted, sizeof(wanted), "%.*s%s%s", (int)(star - format), format,
		       finding->entities[0].name, star + 2);
	ck_assert_str_eq(finding_change_name(&finding->changes[at], name), wanted);
	return at + 1;
}

static void assert_scope(size_t row)
{
	const struct scoped_rule *rule = scopes[row].rule;
	size_t found = 0, changes;

	for (size_t i = 0; i < d.finding_count; i++) {
		const struct finding *finding = &d.findings[i];
		char name[TARGET_NAME_MAX];

		if (strcmp(finding->rule->id, rule->id) != 0)
			continue;
		found++;
		if (scopes[row].host_wide) {
			ck_assert_uint_eq(finding->entity_count, scopes[row].ill);
			ck_assert_uint_eq(finding->change_count, 1);
			ck_assert_str_eq(finding_change_name(&finding->changes[0], name),
					 rule->host);
			continue;
		}
		ck_assert_uint_eq(finding->entity_count, 1);
		changes = assert_path_change(finding, 0, rule->route);
		if (!scopes[row].several)
			changes = assert_path_change(finding, changes, rule->socket);
		/* Who it is, or that it cannot be told. */
		ck_assert_uint_gt(strlen(finding->advice) + changes, 0);
		ck_assert_uint_eq(finding->change_count, changes);
	}
	ck_assert_uint_eq(found, scopes[row].host_wide ? 1 : scopes[row].ill);
}

START_TEST(what_ails_a_path_is_cured_on_that_path)
{
	struct path_stats *paths = calloc(8, sizeof(*paths)), *recorded;
	struct replayed r;
	size_t count;

	ck_assert_ptr_nonnull(paths);
	open_recording(&r, scopes[_i].rule->recording);
	recorded = r.o->paths;
	count = r.o->path_count;
	copy_paths(paths, recorded, _i);
	r.o->paths = paths;
	r.o->path_count = scopes[_i].ill + scopes[_i].others + scopes[_i].loopback;
	judge_again(&r);
	assert_scope((size_t)_i);
	r.o->paths = recorded;
	r.o->path_count = count;
	close_recording(&r);
	free(paths);
}
END_TEST

static void leave_unsent(struct path_stats *p, double bytes)
{
	quantiles_done(&p->notsent);
	p->notsent = (struct quantiles){ 0 };
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(quantiles_add(&p->notsent, bytes), 0);
}

/* It waits just as long, but the program has set a bound of its own, which ours would raise. */
START_TEST(a_programs_own_bound_is_not_raised)
{
	struct replayed r;

	open_recording(&r, "tests/data/unsent-answers-ipv4.nwr");
	leave_unsent(&r.o->paths[0], 220000);
	judge_again(&r);
	ck_assert_ptr_nonnull(finding_of("SND-03"));
	leave_unsent(&r.o->paths[0], 150000);
	judge_again(&r);
	ck_assert_ptr_null(finding_of("SND-03"));
	close_recording(&r);
}
END_TEST

/* The receiver's RTT over its minimum: most of the time, and in every fifth sample. */
static const struct {
	double mostly, sometimes;
	bool capped;
} queues[] = {
	{ 1.02, 1.02, true }, { 1.2, 1.2, true },
	{ 1.6, 1.6, false }, /* what is allowed already stands in a queue */
	{ 1.6, 1.8, true },  /* others' */
	{ 3, 4, false },     /* and leaves nothing to gain */
};

START_TEST(a_queue_of_others_does_not_hide_a_capped_window)
{
	struct replayed r;
	struct path_stats *p;

	open_recording(&r, "tests/data/receive-capped-receiver-ipv4.nwr");
	p = &r.o->paths[0];
	quantiles_done(&p->rcv_rtt);
	p->rcv_rtt = (struct quantiles){ 0 };
	for (int i = 0; i < 20; i++) {
		const double times = i % 5 == 0 ? queues[_i].sometimes : queues[_i].mostly;

		ck_assert_int_eq(quantiles_add(&p->rcv_rtt, times * p->min_rtt_us / 1e6), 0);
	}
	judge_again(&r);
	ck_assert((finding_of("RCV-02") != NULL) == queues[_i].capped);
	close_recording(&r);
}
END_TEST

START_TEST(a_window_at_its_scale_is_not_the_programs)
{
	struct path_samples *n;
	struct replayed r;

	open_recording(&r, "tests/data/receive-fixed-ipv4.nwr");
	n = &r.o->paths[0].samples;
	n->wscale_full = (n->receiving - 1) / 2;
	judge_again(&r);
	ck_assert_ptr_nonnull(finding_of("RCV-04"));
	ck_assert_ptr_null(finding_of("RCV-12"));
	n->wscale_full = (n->receiving + 1) / 2;
	judge_again(&r);
	ck_assert_ptr_null(finding_of("RCV-04"));
	ck_assert_ptr_nonnull(finding_of("RCV-12"));
	ck_assert_uint_eq(finding_of("RCV-12")->change_count, 0);
	close_recording(&r);
}
END_TEST

/* The recorded path's flows, as if several processes held them, or nobody knew who does. */
START_TEST(a_path_knows_the_one_process_of_its_flows)
{
	struct flow_stats *flow;
	struct replayed r;
	struct owner *owner;
	int pid;

	open_recording(&r, "tests/data/receive-fixed-ipv4.nwr");
	ck_assert_uint_ge(r.o->flow_count, 1);
	pid = r.o->paths[0].receiver_pid;
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(r.o->paths[0].sender_pid, PATH_NO_FLOWS);
	flow = flow_table_stats(r.o->flows, 0);
	owner = (struct owner *)(uintptr_t)owner_lookup(&r.o->owners, flow->inode);
	ck_assert_ptr_nonnull(owner);
	ck_assert_int_eq(owner->pid, pid);
	/* Judged once more, it holds a flow of another's as well. */
	owner->pid = pid + 1;
	paths_judge(r.o);
	ck_assert_int_eq(r.o->paths[0].receiver_pid, PATH_SEVERAL_HOLDERS);
	flow->sending = 3;
	paths_judge(r.o);
	ck_assert_int_eq(r.o->paths[0].sender_pid, pid + 1);
	flow->inode++;
	paths_judge(r.o);
	ck_assert_int_eq(r.o->paths[0].sender_pid, PATH_HOLDER_UNKNOWN);
	ck_assert_int_eq(r.o->paths[0].receiver_pid, PATH_HOLDER_UNKNOWN);
	flow->inode--;
	paths_judge(r.o);
	ck_assert_int_eq(r.o->paths[0].sender_pid, PATH_HOLDER_UNKNOWN);
	/* One that is closed is nobody's. */
	r.o->paths[0].sender_pid = PATH_NO_FLOWS;
	flow->closed_in_window = true;
	paths_judge(r.o);
	ck_assert_int_eq(r.o->paths[0].sender_pid, PATH_NO_FLOWS);
	close_recording(&r);
}
END_TEST

Suite *test_builtin_rules_paths_suite(void)
{
	Suite *s = suite_create("builtin_rules_paths");
	TCase *c = tcase_create("paths");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_loop_test(c, what_ails_a_path_is_cured_on_that_path, 0,
			    sizeof(scopes) / sizeof(scopes[0]));
	tcase_add_test(c, a_programs_own_bound_is_not_raised);
	tcase_add_loop_test(c, a_queue_of_others_does_not_hide_a_capped_window, 0, 5);
	tcase_add_test(c, a_window_at_its_scale_is_not_the_programs);
	tcase_add_test(c, a_path_knows_the_one_process_of_its_flows);
	suite_add_tcase(s, c);
	return s;
}
