/* The profiles that come with the program, on hosts before and after the defaults of Linux 6.16,
 * small and large: each resolves, none makes worse what the kernel has by itself, none asks for
 * what its kernel lacks, and none does what our own lints call wrong. */
#include "fake_source.h"
#include "profile_fixture.h"
#include "rules/lint.h"
#include "rules/rulebook.h"
#include "tunables/tunable_setting.h"

#include <errno.h>
#include <fnmatch.h>

Suite *test_builtin_profiles_suite(void);

static const char *const names[] = {
	"base",		"bulk-wan",	   "container-host", "database-cache",	   "desktop",
	"http-client",	"low-latency",	   "mobile-clients", "reverse-proxy",	   "router-nat",
	"udp-quic-dns", "video-streaming", "web-server",     "websocket-realtime",
};
#define NAMES (sizeof(names) / sizeof(names[0]))

struct key {
	const char *key, *before, *since; /* value before and since Linux 6.16; NULL: not there */
};

/* As Linux 5.15 and 6.18 boot with 16 GiB. */
static const struct key keys[] = {
	{ "fs.epoll.max_user_watches", "3600000", "3600000" },
	{ "fs.file-max", "1620000", "9223372036854775807" },
	{ "fs.inotify.max_user_instances", "128", "128" },
	{ "fs.inotify.max_user_watches", "123000", "123000" },
	{ "fs.nr_open", "1048576", "1048576" },
	{ "net.core.busy_poll", "0", "0" },
	{ "net.core.busy_read", "0", "0" },
	{ "net.core.default_qdisc", "fq_codel", "fq_codel" },
	{ "net.core.netdev_budget", "300", "300" },
	{ "net.core.netdev_max_backlog", "1000", "1000" },
	{ "net.core.rmem_default", "212992", "212992" },
	{ "net.core.rmem_max", "212992", "4194304" },
	{ "net.core.somaxconn", "4096", "4096" },
	{ "net.core.wmem_default", "212992", "212992" },
	{ "net.core.wmem_max", "212992", "4194304" },
	{ "net.ipv4.ip_early_demux", "1", "1" },
	{ "net.ipv4.ip_local_port_range", "32768 60999", "32768 60999" },
	{ "net.ipv4.neigh.default.gc_thresh1", "128", "128" },
	{ "net.ipv4.neigh.default.gc_thresh2", "512", "512" },
	{ "net.ipv4.neigh.default.gc_thresh3", "1024", "1024" },
	{ "net.ipv4.tcp_abort_on_overflow", "0", "0" },
	{ "net.ipv4.tcp_congestion_control", "cubic", "cubic" },
	{ "net.ipv4.tcp_dsack", "1", "1" },
	{ "net.ipv4.tcp_early_retrans", "3", "3" },
	{ "net.ipv4.tcp_fin_timeout", "60", "60" },
	{ "net.ipv4.tcp_frto", "2", "2" },
	{ "net.ipv4.tcp_keepalive_intvl", "75", "75" },
	{ "net.ipv4.tcp_keepalive_probes", "9", "9" },
	{ "net.ipv4.tcp_keepalive_time", "7200", "7200" },
	{ "net.ipv4.tcp_max_orphans", "65536", "65536" },
	{ "net.ipv4.tcp_moderate_rcvbuf", "1", "1" },
	{ "net.ipv4.tcp_mtu_probing", "0", "0" },
	{ "net.ipv4.tcp_no_ssthresh_metrics_save", "1", "1" },
	{ "net.ipv4.tcp_notsent_lowat", "4294967295", "4294967295" },
	{ "net.ipv4.tcp_orphan_retries", "0", "0" },
	{ "net.ipv4.tcp_recovery", "1", "1" },
	{ "net.ipv4.tcp_rmem", "4096 131072 6291456", "4096 131072 33554432" },
	{ "net.ipv4.tcp_rto_min_us", NULL, "200000" },
	{ "net.ipv4.tcp_sack", "1", "1" },
	{ "net.ipv4.tcp_slow_start_after_idle", "1", "1" },
	{ "net.ipv4.tcp_syn_retries", "6", "6" },
	{ "net.ipv4.tcp_syncookies", "1", "1" },
	{ "net.ipv4.tcp_thin_linear_timeouts", "0", "0" },
	{ "net.ipv4.tcp_timestamps", "1", "1" },
	{ "net.ipv4.tcp_tw_reuse", "2", "2" },
	{ "net.ipv4.tcp_window_scaling", "1", "1" },
	{ "net.ipv4.tcp_wmem", "4096 16384 4194304", "4096 16384 4194304" },
	{ "net.netfilter.nf_conntrack_buckets", "65536", NULL },
	{ "net.netfilter.nf_conntrack_max", "262144", NULL },
	{ "net.netfilter.nf_conntrack_tcp_timeout_established", "432000", NULL },
	{ "net.netfilter.nf_conntrack_tcp_timeout_time_wait", "120", NULL },
	{ "net.netfilter.nf_conntrack_udp_timeout_stream", "120", NULL },
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

/* What more of is never worse: for these no profile may mean less. */
static const char *const limits[] = {
	"net.core.rmem_default", "net.core.rmem_max", "net.core.somaxconn",
	"net.core.wmem_default", "net.core.wmem_max", "net.ipv4.tcp_max_orphans",
	"net.ipv4.tcp_rmem",	 "net.ipv4.tcp_wmem", "net.netfilter.nf_conntrack_max",
	"fs.file-max",		 "fs.nr_open",	      "net.core.netdev_max_backlog",
};

static struct profile_fixture f;
static bool since;

static const char *held(const struct key *k)
{
	return since ? k->since : k->before;
}

static void set_memory(uint64_t bytes)
{
	f.rules.o->last.value[COUNTER_MEMORY_TOTAL] = bytes;
	f.rules.o->facts.memory_bytes = bytes;
}

static void open_host(bool after)
{
	struct facts *facts;

	since = after;
	profile_fixture_open(&f);
	facts = &f.rules.o->facts;
	facts->kernel_major = after ? 6 : 5;
	facts->kernel_minor = after ? 18 : 15;
	for (size_t i = 0; i < 4; i++)
		facts->congestion_module[i] = AVAILABILITY_YES;
	for (size_t i = 0; i < 8; i++)
		facts->qdisc_module[i] = AVAILABILITY_YES;
	for (size_t i = 0; i < KEYS; i++) {
		struct tunable_value *v =
			&f.rules.settings.values[tunable_find(keys[i].key) - tunables];

		v->exists = false;
		if (held(&keys[i]) != NULL)
			profile_fixture_has(&f, keys[i].key, held(&keys[i]));
	}
	ck_assert_int_eq(profile_library_load_builtin(&f.library, &f.e), 0);
}

static void setup_before(void)
{
	open_host(false);
}

static void setup_since(void)
{
	open_host(true);
}

static void teardown(void)
{
	profile_fixture_close(&f);
}

static void resolve(const char *name, const char *const *inputs, size_t n)
{
	ck_assert_msg(profile_fixture_resolve(&f, name, inputs, n) == 0, "%s: %s", name, f.e.text);
}

START_TEST(there_are_fourteen)
{
	ck_assert_uint_eq(f.library.count, NAMES);
	for (size_t i = 0; i < NAMES; i++) {
		const struct profile *p = profile_library_find(&f.library, names[i]);
		char file[64];

		ck_assert_msg(p != NULL, "%s", names[i]);
		(void)snprintf(file, sizeof(file), "%s.conf", names[i]);
		ck_assert_str_eq(p->file, file);
		ck_assert_msg(i == 0 || p->advice_count > 0, "%s has no advice", names[i]);
		ck_assert_msg(p->watch_count > 0, "%s is watched by nothing", names[i]);
		ck_assert_uint_eq(p->include_count, i == 0 ? 0 : 1);
	}
}
END_TEST

START_TEST(rules_that_watch_exist)
{
	struct rulebook book = { 0 };

	ck_assert_int_eq(rulebook_load_builtin(&book, &f.e), 0);
	for (size_t i = 0; i < f.library.count; i++) {
		const struct profile *p = &f.library.profiles[i];

		for (size_t k = 0; k < p->watch_count; k++) {
			size_t n = 0;

			for (size_t r = 0; r < book.count; r++)
				n += fnmatch(p->watch[k], book.rules[r].id, 0) == 0;
			ck_assert_msg(n > 0, "%s: no rule is %s", p->name, p->watch[k]);
		}
	}
	rulebook_done(&book);
}
END_TEST

static bool is_limit(const char *key)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		if (strcmp(limits[i], key) == 0)
			return true;
	}
	return false;
}

static void check_limits(const char *profile)
{
	for (size_t i = 0; i < f.flat.setting_count; i++) {
		const struct resolved_setting *s = &f.resolved.settings[i];

		if (s->state != RESOLVED_DIFFERS || !is_limit(s->flat->setting->name))
			continue;
		ck_assert_msg(strtoll(s->value, NULL, 10) > strtoll(s->present, NULL, 10),
			      "%s lowers %s from %s to %s", profile, s->flat->setting->name,
			      s->present, s->value);
	}
}

/* 2, 16 and 512 GiB; a link that tells nothing, 1 and 400 Gbit/s. */
START_TEST(no_limit_is_lowered)
{
	static const uint64_t memory[] = { 2ull << 30, 16ull << 30, 512ull << 30 };
	static const double speed[] = { 0, 1e9 / 8, 4e11 / 8 };

	f.rules.o->link_count = 1;
	for (size_t m = 0; m < 3; m++) {
		for (size_t l = 0; l < 3; l++) {
			set_memory(memory[m]);
			f.links[0].last = (struct link_info){ .up = true, .speed = speed[l] };
			resolve(names[_i], NULL, 0);
			check_limits(names[_i]);
		}
	}
}
END_TEST

START_TEST(what_the_kernel_lacks_is_left_out_with_a_reason)
{
	size_t missing = 0;

	resolve(names[_i], NULL, 0);
	for (size_t i = 0; i < f.flat.setting_count; i++) {
		const struct resolved_setting *s = &f.resolved.settings[i];
		const struct tunable_value *v = tunable_value_of(&f.rules.settings,
								 s->flat->setting->tunable);

		ck_assert_int_eq(s->state == RESOLVED_LEFT_OUT, s->reason[0] != '\0');
		ck_assert_msg(v->exists || s->state == RESOLVED_LEFT_OUT, "%s sets %s", names[_i],
			      s->flat->setting->name);
		missing += !v->exists;
	}
	/* router-nat has what the later fixture lacks. */
	ck_assert(!since || strcmp(names[_i], "router-nat") != 0 || missing > 0);
}
END_TEST

/* Applies what was resolved. */
static void put_all(void)
{
	for (size_t i = 0; i < f.flat.setting_count; i++) {
		const struct resolved_setting *s = &f.resolved.settings[i];
		const struct profile_setting *p = s->flat->setting;
		struct tunable_setting whole;
		char text[HELD_TEXT_MAX];

		if (s->state != RESOLVED_DIFFERS)
			continue;
		(void)snprintf(text, sizeof(text), "%s", s->value);
		if (p->element >= 0) {
			const struct tunable_value *v = tunable_value_of(&f.rules.settings,
									 p->tunable);

			ck_assert_int_eq(tunable_parse_element(p->tunable, (unsigned int)p->element,
							       v->text, s->value, &whole, &f.e),
					 0);
			(void)snprintf(text, sizeof(text), "%s", whole.text);
		}
		profile_fixture_has(&f, p->tunable->name, text);
	}
}

START_TEST(nothing_comes_out_differently_once_applied)
{
	char name[256];

	resolve(names[_i], NULL, 0);
	put_all();
	resolve(names[_i], NULL, 0);
	for (size_t i = 0; i < f.flat.setting_count; i++)
		ck_assert_msg(f.resolved.settings[i].state != RESOLVED_DIFFERS,
			      "%s: %s is %s, not %s", names[_i],
			      profile_setting_name(f.flat.settings[i].setting, name, sizeof(name)),
			      f.resolved.settings[i].present, f.resolved.settings[i].value);
}
END_TEST

/* What the host holds once the profile is applied, as our lints see it. */
static void add_files(struct source *source)
{
	for (size_t i = 0; i < tunable_count; i++) {
		char path[160];

		if (f.rules.settings.values[i].exists && !tunable_is_pattern(&tunables[i]) &&
		    tunable_path(&tunables[i], path, sizeof(path)) != NULL)
			fake_source_add_file(source, path, f.rules.settings.values[i].text);
	}
	fake_source_add_file(source, "/proc/net/route", "Iface\n");
	fake_source_add_file(source, "/proc/net/dev", "Inter-|\n");
	fake_source_add_file(source, "/proc/cpuinfo", "flags : fpu\n");
	fake_source_add_file(source, "/proc/sys/net/ipv4/tcp_ehash_entries", "131072\n");
}

static void lint(const char *name, size_t wanted)
{
	struct sysctl_settings none = { 0 };
	struct source *source = fake_source_new();
	struct lint_report report = { 0 };
	const struct lint_host host = {
		.settings = &none,
		.source = source,
		.facts = &f.rules.o->facts,
	};

	add_files(source);
	ck_assert_int_eq(lint_run(&host, true, &report, &f.e), 0);
	ck_assert_msg(report.count == wanted, "%s: %zu findings, %s of %s", name, report.count,
		      report.count > 0 ? report.findings[0].id : "",
		      report.count > 0 ? report.findings[0].key : "");
	lint_report_done(&report);
	source_free(source);
}

START_TEST(our_own_lints_are_silent)
{
	lint("nothing", 0);
	resolve(names[_i], NULL, 0);
	put_all();
	lint(names[_i], 0);
}
END_TEST

START_TEST(and_would_not_be_silent_about_a_mistake)
{
	profile_fixture_has(&f, "net.ipv4.tcp_sack", "0");
	lint("tcp_sack = 0", 1);
}
END_TEST

START_TEST(bulk_wan_has_room_for_the_path)
{
	const char *const inputs[] = { "rate=1Gbit", "rtt=100ms", "flows=1" };
	const struct resolved_setting *s;

	resolve("bulk-wan", inputs, 3);
	s = profile_fixture_setting(&f, "net.ipv4.tcp_rmem[2]");
	ck_assert_ptr_nonnull(s);
	ck_assert_str_eq(s->value, "50000000");
	s = profile_fixture_setting(&f, "net.ipv4.tcp_wmem[2]");
	ck_assert_str_eq(s->value, "38461538");
	/* A small host gives a sixteenth of its memory. */
	set_memory(1ull << 30);
	resolve("bulk-wan", inputs, 3);
	s = profile_fixture_setting(&f, "net.ipv4.tcp_wmem[2]");
	ck_assert_str_eq(s->value, "38461538");
	set_memory(256ull << 20);
	resolve("bulk-wan", inputs, 3);
	s = profile_fixture_setting(&f, "net.ipv4.tcp_wmem[2]");
	ck_assert_str_eq(s->value, "16777216");
}
END_TEST

START_TEST(no_bbr_no_fq)
{
	f.rules.o->facts.congestion_module[0] = AVAILABILITY_NO;
	f.rules.o->facts.qdisc_module[0] = AVAILABILITY_NO;
	resolve("video-streaming", NULL, 0);
	ck_assert_int_eq(profile_fixture_setting(&f, "net.ipv4.tcp_congestion_control")->state,
			 RESOLVED_LEFT_OUT);
	ck_assert_int_eq(profile_fixture_setting(&f, "net.core.default_qdisc")->state,
			 RESOLVED_LEFT_OUT);
	ck_assert_int_eq(profile_fixture_setting(&f, "net.ipv4.tcp_slow_start_after_idle")->state,
			 RESOLVED_DIFFERS);
}
END_TEST

static TCase *cases(const char *name, SFun setup)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, there_are_fourteen);
	tcase_add_test(tc, rules_that_watch_exist);
	tcase_add_loop_test(tc, no_limit_is_lowered, 0, (int)NAMES);
	tcase_add_loop_test(tc, what_the_kernel_lacks_is_left_out_with_a_reason, 0, (int)NAMES);
	tcase_add_loop_test(tc, nothing_comes_out_differently_once_applied, 0, (int)NAMES);
	tcase_add_loop_test(tc, our_own_lints_are_silent, 0, (int)NAMES);
	tcase_add_test(tc, and_would_not_be_silent_about_a_mistake);
	tcase_add_test(tc, bulk_wan_has_room_for_the_path);
	tcase_add_test(tc, no_bbr_no_fq);
	return tc;
}

Suite *test_builtin_profiles_suite(void)
{
	Suite *s = suite_create("builtin_profiles");

	suite_add_tcase(s, cases("before 6.16", setup_before));
	suite_add_tcase(s, cases("since 6.16", setup_since));
	return s;
}
