/* What a rule book needs of a host. */
#include "measure/metric.h"
#include "rules/demand.h"
#include "tunables/catalogue.h"

#include <check.h>
#include <string.h>

Suite *test_demand_suite(void);

static struct error e;

#define RULE_OF(scope, when, rest)                                                             \
	"rules = ( {\nid = \"T-01\"; slug = \"test\"; scope = \"" scope "\"; class = \"c\";\n" \
	"title = \"t\"; when = \"" when "\"; severity_ceiling = \"low\"; why = \"w\";\n"       \
	"source = \"s\";\n" rest "} );\n"
#define SETS "set = ( { tunable = \"net.core.somaxconn\"; to = \"2 * current\"; } );\n"

static struct demand demand_of_text(const char *text)
{
	struct rulebook book = { 0 };
	struct demand d = { 0 };

	ck_assert_msg(rulebook_load_text(&book, "x.conf", text, strlen(text), &e) == 0, "%s",
		      e.text);
	ck_assert_int_eq(demand_of(&book, &d), 0);
	rulebook_done(&book);
	return d;
}

static size_t count_tunables(const struct demand *d)
{
	size_t n = 0;

	for (size_t i = 0; i < tunable_count; i++)
		n += d->tunables[i];
	return n;
}

static bool needs_tunable(const struct demand *d, const char *name)
{
	return d->tunables[tunable_find(name) - tunables];
}

START_TEST(an_empty_book_needs_nothing)
{
	const struct rulebook book = { 0 };
	struct demand d;

	ck_assert_int_eq(demand_of(&book, &d), 0);
	ck_assert_uint_eq(count_tunables(&d), 0);
	ck_assert(!d.owners && !d.processes);
	demand_done(&d);
	ck_assert_ptr_null(d.tunables);
}
END_TEST

/* Each setting of a rule names one of its own. */
START_TEST(every_setting_that_names_a_tunable_counts)
{
	static const char *const names[] = {
		"net.core.somaxconn",	       "net.core.rmem_max",
		"net.core.wmem_max",	       "net.ipv4.tcp_fin_timeout",
		"net.ipv4.tcp_max_orphans",    "fs.nr_open",
		"net.ipv4.tcp_max_tw_buckets", "fs.file-max",
		"net.ipv4.tcp_syn_retries",    "net.ipv4.tcp_retries1",
		"net.ipv4.tcp_retries2",       "net.ipv4.tcp_sack",
		"net.ipv4.tcp_synack_retries", "net.ipv4.tcp_orphan_retries",
	};
	struct demand d = demand_of_text(
		"rules = ( { id = \"T-01\"; slug = \"test\"; scope = \"host\"; class = \"c\";\n"
		"title = \"{sysctl('fs.nr_open')}\"; severity_ceiling = \"low\"; why = \"w\";\n"
		"needs = \"sysctl('net.core.rmem_max') > 0B\";\n"
		"when = \"sysctl('net.core.wmem_max') > 0B\";\n"
		"unless = \"sysctl('net.ipv4.tcp_fin_timeout') > 1s\";\n"
		"severity = \"sysctl('net.ipv4.tcp_max_orphans') / 2\"; source = \"s\";\n"
		"evidence = [ \"sysctl('net.ipv4.tcp_max_tw_buckets')\" ];\n"
		"set = ( { tunable = \"net.core.somaxconn\";\n"
		"  when = \"sysctl('net.ipv4.tcp_retries1') > 1\"; to = \"sysctl('fs.file-max')\";\n"
		"  step = \"sysctl('net.ipv4.tcp_syn_retries')\";\n"
		"  note = \"{sysctl('net.ipv4.tcp_retries2')}\"; } );\n"
		"advice = ( { when = \"sysctl('net.ipv4.tcp_orphan_retries') > 1\";\n"
		"  text = \"{sysctl('net.ipv4.tcp_sack')}\"; } );\n"
		"expect = \"sysctl('net.ipv4.tcp_synack_retries') > 1\"; } );\n");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert_msg(needs_tunable(&d, names[i]), "%s", names[i]);
	ck_assert_uint_eq(count_tunables(&d), sizeof(names) / sizeof(names[0]));
	demand_done(&d);
}
END_TEST

START_TEST(guards_count_too)
{
	struct demand d = demand_of_text(
		RULE_OF("host", "tcp.established > 1",
			SETS "guard = [ \"sysctl('net.core.rmem_max') > 0B\" ];\n"));

	ck_assert(needs_tunable(&d, "net.core.rmem_max"));
	ck_assert_uint_eq(count_tunables(&d), 2);
	demand_done(&d);
}
END_TEST

/* What is set of a kind that has many has a row outside of the catalogue. */
START_TEST(the_row_of_a_target_is_no_sysctl)
{
	struct demand d = demand_of_text(RULE_OF(
		"path", "path.flows > 1",
		"set = ( { tunable = \"route:{path.name}/congctl\"; to = \"'bbr'\"; } );\n"));

	ck_assert_uint_eq(count_tunables(&d), 0);
	ck_assert(!d.owners && !d.processes);
	demand_done(&d);
}
END_TEST

static const struct {
	const char *text;
	bool owners, processes, holders;
} lookups[] = {
	/* one that neither sets nor silences anything is found for people */
	{ RULE_OF("owner", "owner.close_wait_kept > 1", ""), false, false, false },
	{ RULE_OF("process", "process.descriptors > 1", ""), false, false, false },
	{ RULE_OF("listener", "listener.process == 'x (1)'", ""), false, false, false },
	/* one that does */
	{ RULE_OF("owner", "tcp.established > 1", SETS), true, false, false },
	{ RULE_OF("owner", "tcp.established > 1", "silences = [ \"T-02\" ];\n"), true, false,
	  false },
	{ RULE_OF("process", "tcp.established > 1", SETS), false, true, false },
	{ RULE_OF("host", "processes.scanned > 1", SETS), false, true, false },
	{ RULE_OF("host", "any(process.descriptors > 1)", SETS), false, true, false },
	{ RULE_OF("host", "tcp.established > 1", SETS), false, false, false },
	{ RULE_OF("cpu", "cpu.processed > 1", SETS), false, false, false },
	{ RULE_OF("listener", "listener.process != 'x (1)'", SETS), true, false, false },
	{ RULE_OF("peer", "peer.ports > 1", SETS "guard = [ \"peer.cgroup == '/x'\" ];\n"), false,
	  false, true },
	{ RULE_OF("listener", "listener.backlog > 1",
		  "set = ( { tunable = \"rlimit:{listener.process}/nofile\"; to = \"4096\"; } );\n"),
	  false, false, true },
	{ RULE_OF("path", "path.goodput > 0",
		  "set = ( { tunable = \"socket:pid {path.sender_pid}/sndbuf\"; to = \"'auto'\"; } );\n"),
	  false, false, true },
	/* what is only said of it */
	{ RULE_OF("listener", "listener.backlog > 1",
		  "evidence = [ \"listener.process\" ];\n"
		  "set = ( { tunable = \"net.core.somaxconn\"; to = \"2 * current\";\n"
		  "note = \"restart {listener.process}\"; } );\n"),
	  false, false, false },
};

START_TEST(processes_are_needed_where_they_decide)
{
	struct demand d = demand_of_text(lookups[_i].text);

	ck_assert_msg(d.owners == lookups[_i].owners && d.processes == lookups[_i].processes &&
			      d.holders == lookups[_i].holders,
		      "owners %d, processes %d, holders %d: %s", d.owners, d.processes, d.holders,
		      lookups[_i].text);
	demand_done(&d);
}
END_TEST

START_TEST(of_a_single_rule_too)
{
	struct rulebook book = { 0 };
	const char *text = lookups[_i].text;

	ck_assert_msg(rulebook_load_text(&book, "x.conf", text, strlen(text), &e) == 0, "%s",
		      e.text);
	ck_assert_int_eq(demand_is_lookup(&book.rules[0]),
			 lookups[_i].owners || lookups[_i].processes || lookups[_i].holders);
	rulebook_done(&book);
}
END_TEST

/* The daemon's load rests on this: the processes behind sockets are for people, and most of the
 * catalogue is of no rule. */
START_TEST(the_built_in_rules_need_little)
{
	struct rulebook book = { 0 };
	struct demand d;

	ck_assert_int_eq(rulebook_load_builtin(&book, &e), 0);
	ck_assert_int_eq(demand_of(&book, &d), 0);
	ck_assert(!d.owners);
	ck_assert(d.processes && d.holders);
	ck_assert(needs_tunable(&d, "net.ipv4.tcp_rmem"));
	ck_assert(needs_tunable(&d, "fs.nr_open"));
	ck_assert_uint_lt(count_tunables(&d), tunable_count / 2);
	demand_done(&d);
	rulebook_done(&book);
}
END_TEST

Suite *test_demand_suite(void)
{
	Suite *s = suite_create("demand");
	TCase *t = tcase_create("demand");

	tcase_add_test(t, an_empty_book_needs_nothing);
	tcase_add_test(t, every_setting_that_names_a_tunable_counts);
	tcase_add_test(t, guards_count_too);
	tcase_add_test(t, the_row_of_a_target_is_no_sysctl);
	tcase_add_loop_test(t, processes_are_needed_where_they_decide, 0,
			    (int)(sizeof(lookups) / sizeof(lookups[0])));
	tcase_add_loop_test(t, of_a_single_rule_too, 0,
			    (int)(sizeof(lookups) / sizeof(lookups[0])));
	tcase_add_test(t, the_built_in_rules_need_little);
	suite_add_tcase(s, t);
	return s;
}
