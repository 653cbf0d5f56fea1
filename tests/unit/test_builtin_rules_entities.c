/* The built-in rules about CPUs, processes and congestion controls that cannot be had, and their
 * nearest harmless neighbours. */
#include "builtin_rules_fixture.h"
#include "host/recording.h"
#include "measure/observer.h"

#include <check.h>
#include <string.h>

Suite *test_builtin_rules_entities_suite(void);

static struct process_info process;

static const struct finding *judge_process(const char *id, uint64_t descriptors, uint64_t soft,
					   uint64_t hard)
{
	process.pid = 812;
	process.descriptors = descriptors;
	process.soft = soft;
	process.hard = hard;
	(void)snprintf(process.comm, sizeof(process.comm), "nginx");
	f.o->processes.read = true;
	f.o->processes.processes = &process;
	f.o->processes.count = 1;
	fixture_set(&f, "fs.nr_open", 0, 1048576);
	return judge(id);
}

START_TEST(a_process_near_its_limit)
{
	const struct finding *finding = judge_process("FD-02", 870, 1024, 4096);

	ck_assert_ptr_null(finding); /* 84.96 % */
	finding = judge_process("FD-02", 871, 1024, 4096);
	ck_assert_ptr_nonnull(finding);
	ck_assert_int_eq(finding->severity, SEVERITY_MEDIUM);
	ck_assert_str_eq(finding->entities[0].name, "nginx (812)");
	ck_assert_ptr_nonnull(strstr(finding->advice, "prlimit --pid 812 --nofile=2048:4096"));
	ck_assert_ptr_null(strstr(finding->advice, "LimitNOFILE")); /* its service is not known */
	ck_assert_int_eq(judge_process("FD-02", 949, 1000, 4096)->severity, SEVERITY_MEDIUM);
	ck_assert_int_eq(judge_process("FD-02", 950, 1000, 4096)->severity, SEVERITY_HIGH);
	ck_assert_int_eq(judge_process("FD-02", 850, 1000, 4096)->severity, SEVERITY_MEDIUM);
	ck_assert_ptr_null(judge_process("FD-03", 871, 1024, 4096));
	(void)snprintf(process.cgroup, sizeof(process.cgroup), "/system.slice/nginx.service");
	finding = judge_process("FD-02", 1024, 1024, 1024);
	ck_assert_ptr_nonnull(finding);
	ck_assert_int_eq(finding->severity, SEVERITY_HIGH);
	ck_assert_ptr_nonnull(
		strstr(finding->advice, "as root: prlimit --pid 812 --nofile=2048:2048"));
	ck_assert_ptr_nonnull(strstr(finding->advice, "/system.slice/nginx.service"));
	/* Never above the hard limit. */
	finding = judge_process("FD-02", 1000, 1024, 1500);
	ck_assert_ptr_nonnull(strstr(finding->advice, "--nofile=1500:1500"));
}
END_TEST

START_TEST(the_ceiling_of_all_limits)
{
	const struct finding *finding = judge_process("FD-03", 600000, 700000, 1048576);

	ck_assert_ptr_nonnull(finding);
	ck_assert_double_eq(change_to(finding, "fs.nr_open", 0), 2097152);
	ck_assert_ptr_null(judge_process("FD-03", 500000, 524288, 1048576)); /* 2 * 524288 fits */
	ck_assert_ptr_null(judge_process("FD-03", 400000, 700000, 1048576)); /* it has room */
}
END_TEST

/* Times of `count` CPUs over the window: the first spends `softirq` of 1000 ticks there. */
static const struct finding *judge_cpus(struct cpu_stats *cpus, size_t count, uint64_t softirq)
{
	memset(cpus, 0, count * sizeof(*cpus));
	for (size_t i = 0; i < count; i++) {
		cpus[i].whole = cpus[i].first.time_known = cpus[i].last.time_known = true;
		cpus[i].last.number = (uint32_t)i;
		cpus[i].last.time[CPU_TIME_TOTAL] = 1000;
		(void)snprintf(cpus[i].name, sizeof(cpus[i].name), "cpu%u", (unsigned int)i);
	}
	cpus[0].last.time[CPU_TIME_SOFTIRQ] = softirq;
	f.o->cpus = cpus;
	f.o->cpu_count = count;
	f.o->facts.cpus = (unsigned int)count;
	set_counter(COUNTER_CPU_TOTAL, 0, 1000 * count);
	set_counter(COUNTER_CPU_SOFTIRQ, 0, softirq);
	return judge("CPU-03");
}

START_TEST(one_cpu_does_all_the_work)
{
	struct link_stats link = { .last.hardware = { .queues_known = true,
						      .queues = 1,
						      .queues_max = 4,
						      .interrupts_known = true,
						      .interrupts = 2,
						      .interrupt_cpus = 1 } };
	struct cpu_stats cpus[4];
	const struct finding *finding = judge_cpus(cpus, 4, 800);

	ck_assert_ptr_nonnull(finding);
	ck_assert_str_eq(finding->entities[0].name, "cpu0");
	ck_assert_uint_eq(finding->entity_count, 1);
	ck_assert_ptr_null(judge_cpus(cpus, 4, 799));
	ck_assert_ptr_null(judge_cpus(cpus, 2, 1000)); /* nowhere to go */
	ck_assert_ptr_null(strstr(judge_cpus(cpus, 4, 800)->advice, "channels.combined"));
	f.o->links = &link;
	f.o->link_count = 1;
	finding = judge_cpus(cpus, 4, 800);
	ck_assert_ptr_nonnull(strstr(finding->advice, "channels.combined"));
	ck_assert_ptr_nonnull(strstr(finding->advice, "All interrupts of a link"));
	f.o->link_count = 0;
	f.o->seconds = 2;
	ck_assert_ptr_null(judge_cpus(cpus, 4, 1000)); /* too short to tell */
	f.o->seconds = 10;
	(void)judge_cpus(cpus, 4, 1000);
	set_counter(COUNTER_CPU_SOFTIRQ, 0, 1200); /* the others are busy as well */
	ck_assert_ptr_null(judge("CPU-03"));
}
END_TEST

START_TEST(time_that_others_got)
{
	set_counter(COUNTER_CPU_TOTAL, 0, 1000);
	set_counter(COUNTER_CPU_STEAL, 0, 100);
	ck_assert_ptr_null(judge("CPU-05"));
	set_counter(COUNTER_CPU_STEAL, 0, 101);
	ck_assert_ptr_nonnull(judge("CPU-05"));
}
END_TEST

START_TEST(connections_that_clash)
{
	ck_assert_ptr_null(judge("CT-04"));
	set_counter(COUNTER_CONNTRACK_COUNT, 5000, 5000);
	set_counter(COUNTER_CONNTRACK_LIMIT, 262144, 262144);
	set_counter(COUNTER_CONNTRACK_DROP, 3, 3);
	set_counter(COUNTER_CONNTRACK_INSERT_FAILED, 100, 109);
	ck_assert_ptr_null(judge("CT-04"));
	set_counter(COUNTER_CONNTRACK_INSERT_FAILED, 100, 110);
	ck_assert_ptr_nonnull(judge("CT-04"));
	set_counter(COUNTER_CONNTRACK_DROP, 3, 4); /* full: CT-01 */
	ck_assert_ptr_null(judge("CT-04"));
}
END_TEST

START_TEST(neighbours_that_do_not_answer)
{
	set_counter(COUNTER_NEIGHBOUR4_UNRESOLVED, 0, 100); /* 10 per second */
	set_counter(COUNTER_NEIGHBOUR6_UNRESOLVED, 0, 0);
	ck_assert_ptr_null(judge("NB-02"));
	set_counter(COUNTER_NEIGHBOUR4_UNRESOLVED, 0, 101);
	ck_assert_ptr_nonnull(judge("NB-02"));
	f.o->last.known[COUNTER_NEIGHBOUR6_UNRESOLVED] = false; /* IPv6 may be absent */
	ck_assert_ptr_nonnull(judge("NB-02"));
	set_counter(COUNTER_NEIGHBOUR4_UNRESOLVED, 0, 0);
	set_counter(COUNTER_NEIGHBOUR6_UNRESOLVED, 0, 101);
	ck_assert_ptr_nonnull(judge("NB-02"));
}
END_TEST

static void allow(const char *first, const char *second)
{
	struct fact_names *allowed = &f.o->facts.congestion_allowed;

	allowed->count = 2;
	(void)snprintf(allowed->name[0], sizeof(allowed->name[0]), "%s", first);
	(void)snprintf(allowed->name[1], sizeof(allowed->name[1]), "%s", second);
}

START_TEST(a_default_that_nobody_may_choose)
{
	const struct finding *finding;

	ck_assert_ptr_null(judge("CC-06")); /* neither is known */
	(void)snprintf(f.o->facts.congestion, sizeof(f.o->facts.congestion), "bbr");
	ck_assert_ptr_null(judge("CC-06"));
	allow("reno", "bbr");
	ck_assert_ptr_null(judge("CC-06"));
	allow("reno", "bbr1");
	fixture_set_text(&f, "net.ipv4.tcp_congestion_control", "bbr");
	fixture_set_text(&f, "net.ipv4.tcp_allowed_congestion_control", "reno bbr1");
	finding = judge("CC-06");
	ck_assert_ptr_nonnull(finding);
	ck_assert_int_eq(finding->severity, SEVERITY_INFO);
	ck_assert_ptr_nonnull(strstr(finding->advice, "=\"reno bbr1 bbr\""));
	f.o->facts.congestion_allowed.count = FACTS_NAMES_MAX;
	ck_assert_ptr_null(judge("CC-06")); /* it may be among those that did not fit */
}
END_TEST

static bool is_found(const struct observation *o, const struct tunable_values *values,
		     const char *id)
{
	bool found = false;

	diagnosis_done(&d);
	ck_assert_int_eq(diagnose(&book, o, values, &d, &f.e), 0);
	for (size_t i = 0; i < d.finding_count; i++)
		found = found || strcmp(d.findings[i].rule->id, id) == 0;
	return found;
}

/* The recording of a lossy path, as if its kernel had no bbr. */
START_TEST(without_bbr_the_lossy_path_is_told_so)
{
	const struct observe_options options = { 0 };
	struct tunable_values values = { 0 };
	struct observation *o = NULL;
	struct source *s = NULL;

	ck_assert_int_eq(recording_reader_new("tests/data/random-loss-ipv4.nwr", &s, &f.e), 0);
	ck_assert_int_eq(observe(s, &options, &o, &f.e), 0);
	ck_assert_int_eq(tunable_values_read(s, &values, &f.e), 0);
	ck_assert(is_found(o, &values, "CC-01"));
	ck_assert(!is_found(o, &values, "CC-04"));
	o->facts.congestion_available.count = 0;
	for (size_t i = 0; i < sizeof(o->facts.congestion_module) / sizeof(enum availability); i++)
		o->facts.congestion_module[i] = AVAILABILITY_NO;
	ck_assert(!is_found(o, &values, "CC-01"));
	ck_assert(is_found(o, &values, "CC-04"));
	tunable_values_done(&values);
	observation_free(o);
	source_free(s);
}
END_TEST

Suite *test_builtin_rules_entities_suite(void)
{
	Suite *s = suite_create("builtin_rules_entities");
	TCase *c = tcase_create("entities");

	tcase_add_checked_fixture(c, set_up, tear_down);
	tcase_add_test(c, a_process_near_its_limit);
	tcase_add_test(c, the_ceiling_of_all_limits);
	tcase_add_test(c, one_cpu_does_all_the_work);
	tcase_add_test(c, time_that_others_got);
	tcase_add_test(c, connections_that_clash);
	tcase_add_test(c, neighbours_that_do_not_answer);
	tcase_add_test(c, a_default_that_nobody_may_choose);
	tcase_add_test(c, without_bbr_the_lossy_path_is_told_so);
	suite_add_tcase(s, c);
	return s;
}
