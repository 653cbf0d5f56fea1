#include "fake_source.h"
#include "host/cpus.h"
#include "measure/metric.h"
#include "measure/observer.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <string.h>

Suite *test_cpus_suite(void);

#define STAT                               \
	"cpu  30 0 30 300 10 0 30 0 0 0\n" \
	"cpu0 10 0 10 100 5 0 10 0 0 0\n"  \
	"cpu2 20 0 20 200 5 0 20 0 0 0\n"  \
	"intr 99\n"

/* Linux 6.18: 15 columns, CPU 1 is offline. */
#define SOFTNET_NOW                                                                         \
	"00000100 00000002 00000003 00000000 00000000 00000000 00000000 00000000 00000000 " \
	"00000004 00000005 00000006 00000000 00000006 00000000\n"                           \
	"00000200 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 " \
	"00000000 00000000 00000000 00000002 00000000 00000000\n"

/* Linux 4.18: 11 columns. */
#define SOFTNET_OLD_LINE                                                                    \
	"00000100 00000002 00000003 00000000 00000000 00000000 00000000 00000000 00000000 " \
	"00000004 00000005\n"

static struct cpu_table read_cpus(const char *stat, const char *softnet)
{
	struct source *s = fake_source_new();
	struct cpu_table t;

	if (stat != NULL)
		fake_source_add_file(s, "/proc/stat", stat);
	if (softnet != NULL)
		fake_source_add_file(s, "/proc/net/softnet_stat", softnet);
	ck_assert_int_eq(cpus_read(s, &t, NULL), 0);
	source_free(s);
	return t;
}

START_TEST(lines_are_joined_by_the_cpus_number)
{
	struct cpu_table t = read_cpus(STAT, SOFTNET_NOW);
	const struct cpu_info *c = cpu_find(&t, 0);

	ck_assert_uint_eq(t.count, 2);
	ck_assert_ptr_nonnull(c);
	ck_assert_uint_eq(c->softnet[SOFTNET_PROCESSED], 0x100);
	ck_assert_uint_eq(c->softnet[SOFTNET_DROPPED], 2);
	ck_assert_uint_eq(c->softnet[SOFTNET_SQUEEZED], 3);
	ck_assert_uint_eq(c->softnet[SOFTNET_RECEIVED_RPS], 4);
	ck_assert_uint_eq(c->softnet[SOFTNET_FLOW_LIMITED], 5);
	ck_assert_uint_eq(c->softnet[SOFTNET_BACKLOG], 6);
	ck_assert(c->time_known);
	ck_assert_uint_eq(c->time[CPU_TIME_TOTAL], 135);
	ck_assert_uint_eq(c->time[CPU_TIME_IDLE], 105);
	ck_assert_uint_eq(c->time[CPU_TIME_SOFTIRQ], 10);
	ck_assert_ptr_null(cpu_find(&t, 1));
	c = cpu_find(&t, 2);
	ck_assert_ptr_nonnull(c);
	ck_assert_uint_eq(c->softnet[SOFTNET_PROCESSED], 0x200);
	cpu_table_done(&t);
	ck_assert_ptr_null(cpu_find(&t, 0));
}
END_TEST

START_TEST(lines_without_a_number_follow_the_online_cpus)
{
	struct cpu_table t = read_cpus(STAT, SOFTNET_OLD_LINE SOFTNET_OLD_LINE);

	ck_assert(t.cpus[1].known[SOFTNET_PROCESSED]);
	ck_assert_uint_eq(t.cpus[1].softnet[SOFTNET_FLOW_LIMITED], 5);
	ck_assert(!t.cpus[1].known[SOFTNET_BACKLOG]);
	cpu_table_done(&t);
	/* One line for two CPUs: whose it is cannot be told. */
	t = read_cpus(STAT, SOFTNET_OLD_LINE);
	ck_assert(!t.cpus[0].known[SOFTNET_PROCESSED]);
	ck_assert_ptr_nonnull(strstr(t.softnet_reason, "which CPU"));
	cpu_table_done(&t);
}
END_TEST

START_TEST(what_cannot_be_read_has_a_reason)
{
	struct source *s = fake_source_new();
	struct cpu_table t = read_cpus(STAT, NULL);

	ck_assert_uint_eq(t.count, 2);
	ck_assert(!t.cpus[0].known[SOFTNET_DROPPED]);
	ck_assert_ptr_nonnull(strstr(t.softnet_reason, "/proc/net/softnet_stat: "));
	cpu_table_done(&t);
	fake_source_fail_file(s, "/proc/stat", -EACCES);
	ck_assert_int_eq(cpus_read(s, &t, NULL), 0);
	ck_assert_uint_eq(t.count, 0);
	ck_assert_str_eq(t.time_reason, "/proc/stat: Permission denied");
	cpu_table_done(&t);
	source_free(s);
	t = read_cpus("cpu0 1 2 x 4 5 6 7 8\ncpux 1 2 3 4 5 6 7 8\ncpu1 1 2\n", "zz\n\n");
	ck_assert_uint_eq(t.count, 2);
	ck_assert(!t.cpus[0].time_known && !t.cpus[1].time_known);
	ck_assert(!t.cpus[0].known[SOFTNET_PROCESSED]);
	cpu_table_done(&t);
}
END_TEST

static struct value get(const struct observation *o, const char *name, const void *entity)
{
	const struct metric *m = metric_find(name);

	ck_assert_msg(m != NULL, "%s", name);
	return metric_get(m, o, entity);
}

static void check_number(const struct observation *o, const char *name, const void *entity,
			 double expected)
{
	struct value v = get(o, name, entity);

	ck_assert_msg(v.kind == VALUE_NUMBER, "%s: %s", name, v.text);
	ck_assert_msg(fabs(v.number - expected) < 1e-9, "%s: %g", name, v.number);
}

/* CPU 0 drops, its counter of packets wraps; CPU 2 comes meanwhile. */
static struct observation *observe_two_samples(void)
{
	const struct observe_options options = { 0 };
	struct source *s = fake_source_new();
	struct observation *o = NULL;

	fake_source_set_samples(s, 2);
	fake_source_add_file(s, "/proc/stat", "cpu0 10 0 10 100 0 0 10 0\n");
	fake_source_add_file(s, "/proc/net/softnet_stat",
			     "ffffffff 00000002 1 0 0 0 0 0 0 0 0 0 0\n");
	fake_source_at_sample(s, 2);
	fake_source_add_file(s, "/proc/stat", "cpu0 20 0 20 120 0 0 70 0\ncpu2 1 0 0 0 0 0 0 0\n");
	fake_source_add_file(s, "/proc/net/softnet_stat",
			     "00000009 0000000c 1 0 0 0 0 0 0 0 0 7 0\n"
			     "00000005 00000000 0 0 0 0 0 0 0 0 0 0 2\n");
	ck_assert_int_eq(observe(s, &options, &o, NULL), 0);
	source_free(s);
	return o;
}

START_TEST(gains_shares_and_who_dropped)
{
	struct observation *o = observe_two_samples();
	const void *first = observation_entity(o, ENTITY_CPU, 0);
	const void *late = observation_entity(o, ENTITY_CPU, 1);
	char name[16];

	ck_assert_uint_eq(observation_entities(o, ENTITY_CPU), 2);
	ck_assert_str_eq(observation_entity_name(o, ENTITY_CPU, 1, name, sizeof(name)), "cpu2");
	check_number(o, "cpu.dropped", first, 10);
	check_number(o, "cpu.processed", first, 10);
	check_number(o, "cpu.packet_share", first, 1);
	check_number(o, "cpu.backlog", first, 7);
	check_number(o, "cpu.softirq", first, 0.6);
	check_number(o, "cpu.busy", first, 0.8);
	check_number(o, "host.cpu_softirq_max", o, 0.6);
	ck_assert_str_eq(get(o, "softnet.dropping_cpu", o).text, "cpu0");
	ck_assert_int_eq(get(o, "softnet.squeezed_cpu", o).kind, VALUE_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(get(o, "cpu.processed", late).text, "not online"));
	ck_assert_ptr_nonnull(strstr(get(o, "cpu.busy", late).text, "not online"));
	observation_free(o);
}
END_TEST

Suite *test_cpus_suite(void)
{
	Suite *s = suite_create("cpus");
	TCase *c = tcase_create("files");

	tcase_add_test(c, lines_are_joined_by_the_cpus_number);
	tcase_add_test(c, lines_without_a_number_follow_the_online_cpus);
	tcase_add_test(c, what_cannot_be_read_has_a_reason);
	tcase_add_test(c, gains_shares_and_who_dropped);
	suite_add_tcase(s, c);
	return s;
}
