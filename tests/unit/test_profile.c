/* Profiles: files to profiles, profiles with what they include, and what they come to on a host. */
#include "profile_case.h"

#include <errno.h>

Suite *test_profile_suite(void);

START_TEST(reads_every_setting)
{
	const struct profile *p;

	load("x.conf",
	     HEAD("x") "include = [ \"base\", \"more\" ];\n"
		       "inputs = { rtt = \"100ms\"; n = { default = \"4\"; help = \"h\"; }; };\n"
		       "settings = (\n"
		       "{ tunable = \"net.ipv4.tcp_rmem[2]\"; raise_to = \"64MiB\"; when = \"n > 1\";" WHY
		       ",\n"
		       "{ tunable = \"rlimit:nginx/nofile\"; set = \"65536\";" WHY ",\n"
		       "{ tunable = \"net.ipv4.conf.eth0/1.rp_filter\"; lower_to = \"2\";" WHY
		       ");\n"
		       "rules = { watch = [ \"RCV-*\" ]; }; advice = [ \"a\", \"b\" ];\n" END);
	p = profile_library_find(&f.library, "x");
	ck_assert_ptr_nonnull(p);
	ck_assert_str_eq(p->summary, "s");
	ck_assert_uint_eq(p->include_count, 2);
	ck_assert_uint_eq(p->include_line, 2);
	ck_assert_uint_eq(p->input_count, 2);
	ck_assert_str_eq(p->inputs[1].help, "h");
	ck_assert_uint_eq(p->setting_count, 3);
	ck_assert_str_eq(p->settings[0].name, "net.ipv4.tcp_rmem");
	ck_assert_int_eq(p->settings[0].element, 2);
	ck_assert_int_eq(p->settings[0].mode, PROFILE_RAISE);
	ck_assert_uint_eq(p->settings[0].value_line, 5);
	ck_assert_str_eq(p->settings[1].tunable->name, "rlimit:nofile");
	ck_assert_int_eq(p->settings[2].mode, PROFILE_LOWER);
	ck_assert_uint_eq(p->watch_count, 1);
	ck_assert_uint_eq(p->advice_count, 2);
	ck_assert_ptr_null(profile_library_find(&f.library, "y"));
}
END_TEST

/* Each with the line of the mistake. */
static const struct {
	const char *text, *says;
} broken[] = {
	{ "profile = { name = ", "x.conf:1: syntax error" },
	{ "", "x.conf:1: is no profile" },
	{ "rules = ( );", "x.conf:1: rules: a file of profiles has one setting" },
	{ "profile = {\nsummary = \"s\"; };", "lacks the setting \"name\"" },
	{ "profile = {\nname = \"../x\"; summary = \"s\"; };", "x.conf:2: name: must be at most" },
	{ HEAD("x") "inclde = \"y\";" END, "x.conf:2: inclde: a profile has no such setting" },
	{ HEAD("x") "inputs = { Rtt = \"1s\"; };" END, "x.conf:2: Rtt: an input is called" },
	{ HEAD("x") "settings = {};" END, "x.conf:2: settings: must be a list" },
	{ HEAD("x") "settings = (\n{ tunable = \"net.core.somaxcon\"; set = \"1\";" WHY ");" END,
	  "did you mean" },
	{ HEAD("x") "settings = (\n{ tunable = \"net.core.somaxcon\"; set = \"1\";" WHY ");" END,
	  "x.conf:3: tunable:" },
	{ HEAD("x") "settings = ({ tunable = \"net.netfilter.nf_hooks_lwtunnel\"; set = \"1\";" WHY
		    ");" END,
	  "x.conf:2: tunable:" },
	{ HEAD("x") "settings = ({ tunable = \"uncatalogued:net.foo\"; set = \"1\";" WHY ");" END,
	  "by hand only" },
	{ HEAD("x") "settings = ({ tunable = \"rlimit:nginx/nofiles\"; set = \"1\";" WHY ");" END,
	  "is not a tunable" },
	{ HEAD("x") "settings = ({ tunable = \"net.ipv4.conf.*.rp_filter\"; set = \"1\";" WHY
		    ");" END,
	  "x.conf:2: tunable:" },
	{ HEAD("x") "settings = ({ tunable = \"net.ipv4.tcp_rmem[3]\"; set = \"1\";" WHY ");" END,
	  "x.conf:2: tunable:" },
	{ HEAD("x") "settings = ({ tunable = \"net.core.somaxconn\"; " WHY ");" END,
	  "lacks a value: one of set, raise_to, lower_to" },
	{ HEAD("x") "settings = ({ tunable = \"net.core.somaxconn\"; set = \"1\";\n"
		    "raise_to = \"2\";" WHY ");" END,
	  "x.conf:3: raise_to: set is here already" },
	{ HEAD("x") "settings = (\n{ tunable = \"net.core.somaxconn\"; set = \"1\";" WHY ",\n"
		    "{ tunable = \"net.core.somaxconn\"; set = \"2\";" WHY ");" END,
	  "net.core.somaxconn is in line 3 already" },
	{ HEAD("x") "settings = ({ tunable = \"net.ipv4.tcp_rmem\"; set = \"1 2 3\";" WHY ",\n"
		    "{ tunable = \"net.ipv4.tcp_rmem[2]\"; set = \"4KiB\";" WHY ");" END,
	  "is in line 2 already" },
};

START_TEST(says_what_is_wrong_in_a_file)
{
	refused(profile_fixture_load(&f, "x.conf", broken[_i].text), -EINVAL, broken[_i].says);
	ck_assert_uint_eq(f.library.count, 0);
}
END_TEST

#define ONE(TUNABLE, VALUE)                                                                        \
	HEAD("x")                                                                                  \
	"inputs = { rtt = \"100ms\"; };\nsettings = ({ tunable = \"" TUNABLE "\";\n" VALUE ";" WHY \
	");" END

static const struct {
	const char *text, *says;
} unfit[] = {
	{ ONE("net.ipv4.tcp_fin_timeout", "set = \"64KiB\""),
	  "x.conf:4: set of net.ipv4.tcp_fin_timeout: is bytes, and the tunable is seconds" },
	{ ONE("net.ipv4.tcp_fin_timeout", "set = \"30\""), "is pure number" },
	{ ONE("net.core.somaxconn", "set = \"rtt\""), "x.conf:4: set of net.core.somaxconn" },
	{ ONE("net.core.somaxconn", "set = \"rt\""), "x.conf:4: set, column 1" },
	{ ONE("net.core.somaxconn", "set = \"tcp.sockets\""), "changes from moment to moment" },
	{ ONE("net.core.somaxconn", "set = \"1 < 2\""), "is a condition" },
	{ ONE("net.core.somaxconn", "set = \"'many'\""), "is a text, and has to be a number" },
	{ ONE("net.ipv4.tcp_rmem", "set = \"4096 131072\""), "x.conf:4: set of net.ipv4.tcp_rmem" },
	{ ONE("net.ipv4.tcp_rmem", "raise_to = \"4096 131072 6291456\""), "use set" },
	{ ONE("net.ipv4.tcp_congestion_control", "lower_to = \"bbr\""), "use set" },
	{ ONE("net.core.somaxconn", "set = \"1\"; when = \"rtt\""), "x.conf:4: when: must be a" },
	{ ONE("net.core.somaxconn", "set = \"2 * sysctl('net.core.somaxconn')\""),
	  "which the profile sets in x.conf:3" },
	{ ONE("link:eth0/qdisc", "set = \"nonsense\""),
	  "x.conf:4: set of link:eth0/qdisc: \"nonsense\" is none that works without parameters" },
	{ ONE("link:eth0/qdisc", "set = \"f q!\""), "x.conf:4: set of link:eth0/qdisc: \"f q!\"" },
	{ ONE("route:default/congctl", "set = \"b b!\""),
	  "x.conf:4: set of route:default/congctl" },
	{ ONE("socket:port 443/congestion", "set = \"b b!\""),
	  "x.conf:4: set of socket:port 443/congestion" },
	{ HEAD("x") "inputs = {\na = \"b\"; b = \"1\"; };" END, "x.conf:3: a, column 1" },
	{ HEAD("x") "inputs = {\na = \"'text'\"; };" END, "x.conf:3: a: an input is a number" },
};

START_TEST(says_what_is_wrong_in_a_formula)
{
	load("x.conf", unfit[_i].text);
	refused(profile_fixture_flatten(&f, "x"), -EINVAL, unfit[_i].says);
}
END_TEST

START_TEST(includes_come_first_and_later_ones_win)
{
	static const char setting[] = "settings = ({ tunable = \"net.core.somaxconn\"; set = ";
	static const char *const order[] = { "a", "b", "c", "x" };
	char text[512];

	load("a.conf", HEAD("a") "inputs = { n = \"1\"; m = \"n\"; };" END);
	(void)snprintf(text, sizeof(text), "%s%s\"n\";%s);%s",
		       HEAD("b") "include = \"a\"; inputs = { n = \"20\"; };", setting, WHY, END);
	load("b.conf", text);
	(void)snprintf(text, sizeof(text), "%s%s\"30\";%s);%s", HEAD("c") "include = \"a\";",
		       setting, WHY, END);
	load("c.conf", text);
	load("x.conf", HEAD("x") "include = [ \"b\", \"c\" ];" END);
	profile_fixture_has(&f, "net.core.somaxconn", "4096");
	ck_assert_msg(profile_fixture_resolve(&f, "x", NULL, 0) == 0, "%s", f.e.text);
	ck_assert_uint_eq(f.flat.order_count, 4);
	for (size_t i = 0; i < 4; i++)
		ck_assert_str_eq(f.flat.order[i]->name, order[i]);
	ck_assert_uint_eq(f.flat.setting_count, 1);
	ck_assert_str_eq(f.resolved.settings[0].value, "30");
	ck_assert_uint_eq(f.flat.input_count, 2);
	ck_assert_str_eq(f.flat.inputs[0].origin->name, "b");
	/* An input of the one included sees what the other one made of the first. */
	ck_assert(f.resolved.inputs[1].value.number >= 20 &&
		  f.resolved.inputs[1].value.number <= 20);
	ck_assert_msg(profile_fixture_resolve(&f, "b", NULL, 0) == 0, "%s", f.e.text);
	ck_assert_str_eq(f.resolved.settings[0].value, "20");
}
END_TEST

START_TEST(an_include_that_leads_back_is_told_with_its_chain)
{
	load("a.conf", HEAD("a") "include = \"b\";" END);
	load("b.conf", HEAD("b") "\ninclude = \"c\";" END);
	load("c.conf", HEAD("c") "include = \"a\";" END);
	load("d.conf", HEAD("d") "include = \"b\";" END);
	load("e.conf", HEAD("e") "include = \"e\";" END);
	load("g.conf", HEAD("g") "include = \"aa\";" END);
	refused(profile_fixture_flatten(&f, "a"), -EINVAL,
		"c.conf:2: include: leads back: a includes b includes c includes a");
	refused(profile_fixture_flatten(&f, "d"), -EINVAL,
		"a.conf:2: include: leads back: b includes c includes a includes b");
	refused(profile_fixture_flatten(&f, "e"), -EINVAL, "e.conf:2: include: leads back: e");
	refused(profile_fixture_flatten(&f, "g"), -EINVAL,
		"g.conf:2: include: no profile is called");
	refused(profile_fixture_flatten(&f, "bb"), -ENOENT, "no profile is called \"bb\"");
}
END_TEST

START_TEST(an_element_of_what_another_sets_whole_is_refused)
{
	load("a.conf", HEAD("a") "settings = ({ tunable = \"net.ipv4.tcp_rmem\"; set = "
				 "\"4096 131072 6291456\";" WHY ");" END);
	load("b.conf", HEAD("b") "include = \"a\"; settings = ({ tunable = "
				 "\"net.ipv4.tcp_rmem[2]\"; set = \"8MiB\";" WHY ");" END);
	load("c.conf", HEAD("c") "settings = ({ tunable = \"net.ipv4.tcp_rmem[1]\"; set = "
				 "\"64KiB\";" WHY ",{ tunable = \"net.ipv4.tcp_rmem[2]\"; set = "
				 "\"8MiB\";" WHY ");" END);
	load("d.conf", HEAD("d") "include = [ \"c\", \"a\" ];" END);
	refused(profile_fixture_flatten(&f, "b"), -EINVAL,
		"b.conf:2: net.ipv4.tcp_rmem[2]: is one element of what a.conf:2 sets whole");
	ck_assert_int_eq(profile_fixture_flatten(&f, "d"), 0);
	ck_assert_uint_eq(f.flat.setting_count, 1);
}
END_TEST

START_TEST(raises_and_lowers_only_what_is_not_better)
{
	static const struct {
		const char *mode, *now, *value;
		enum resolved_state state;
	} cases[] = {
		{ "set", "4096", "4096", RESOLVED_HOLDS },
		{ "set", "8192", "4096", RESOLVED_DIFFERS },
		{ "raise_to", "4095", "4096", RESOLVED_DIFFERS },
		{ "raise_to", "4096", "4096", RESOLVED_HOLDS },
		{ "raise_to", "4097", "4096", RESOLVED_BETTER },
		{ "lower_to", "4097", "4096", RESOLVED_DIFFERS },
		{ "lower_to", "4096", "4096", RESOLVED_HOLDS },
		{ "lower_to", "4095", "4096", RESOLVED_BETTER },
	};
	char text[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(
			text, sizeof(text),
			"%ssettings = ({ tunable = \"net.core.somaxconn\"; %s = \"%s\";%s);%s",
			HEAD("x"), cases[i].mode, cases[i].value, WHY, END);
		load("x.conf", text);
		profile_fixture_has(&f, "net.core.somaxconn", cases[i].now);
		ck_assert_int_eq(profile_fixture_resolve(&f, "x", NULL, 0), 0);
		ck_assert_msg(f.resolved.settings[0].state == cases[i].state, "%s %s of %s: %s",
			      cases[i].mode, cases[i].value, cases[i].now,
			      resolved_state_name(f.resolved.settings[0].state));
		ck_assert_str_eq(f.resolved.settings[0].present, cases[i].now);
	}
}
END_TEST

#define BULK                                                               \
	HEAD("x")                                                          \
	"inputs = { rate = \"host.link_speed_max\"; rtt = \"100ms\"; };\n" \
	"settings = ({ tunable = \"net.ipv4.tcp_rmem[2]\";\n"              \
	"raise_to = \"min(2 * rate * rtt / 0.5, host.memory_total / 16)\";" WHY ");" END

START_TEST(formulas_follow_the_host_and_the_inputs)
{
	const char *const inputs[] = { "rate=1Gbit", "rtt=200ms" };

	load("x.conf", BULK);
	profile_fixture_has(&f, "net.ipv4.tcp_rmem", "4096 131072 6291456");
	/* No link tells its speed: left out, not guessed. */
	ck_assert_int_eq(profile_fixture_resolve(&f, "x", NULL, 0), 0);
	ck_assert_int_eq(f.resolved.settings[0].state, RESOLVED_LEFT_OUT);
	ck_assert_msg(strstr(f.resolved.settings[0].reason, "give --input rate=") != NULL, "%s",
		      f.resolved.settings[0].reason);
	ck_assert_str_eq(f.resolved.settings[0].value, "");
	ck_assert_int_eq(profile_fixture_resolve(&f, "x", inputs, 1), 0);
	ck_assert_str_eq(f.resolved.settings[0].value, "50000000");
	ck_assert(f.resolved.inputs[0].given && !f.resolved.inputs[1].given);
	ck_assert_int_eq(profile_fixture_resolve(&f, "x", inputs, 2), 0);
	ck_assert_str_eq(f.resolved.settings[0].value, "100000000");
	f.rules.o->link_count = 2;
	f.links[0].last = (struct link_info){ .up = true, .speed = 1e9 / 8 };
	f.links[1].last = (struct link_info){ .up = false, .speed = 1e11 / 8 };
	ck_assert_int_eq(profile_fixture_resolve(&f, "x", NULL, 0), 0);
	ck_assert_str_eq(f.resolved.settings[0].value, "50000000");
	f.links[1].last.up = true;
	ck_assert_int_eq(profile_fixture_resolve(&f, "x", NULL, 0), 0);
	ck_assert_str_eq(f.resolved.settings[0].value, "1073741824"); /* memory / 16 */
}
END_TEST

START_TEST(inputs_are_checked)
{
	static const struct {
		const char *given[2];
		size_t count;
		const char *says;
	} cases[] = {
		{ { "rtt" }, 1, "is not NAME=VALUE" },
		{ { "=1" }, 1, "is not NAME=VALUE" },
		{ { "rtt=" }, 1, "is not NAME=VALUE" },
		{ { "rt=1s" }, 1, "did you mean rtt" },
		{ { "rtt=1MiB" }, 1, "has to be in seconds" },
		{ { "rtt=100" }, 1, "has to be in seconds" },
		{ { "rtt=100msec" }, 1, "is no number" },
		{ { "rtt=1s2" }, 1, "is no number" },
		{ { "rtt=1s", "rtt=2s" }, 2, "given twice" },
	};

	load("x.conf", BULK);
	load("y.conf", HEAD("y") END);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		refused(profile_fixture_resolve(&f, "x", cases[i].given, cases[i].count), -EINVAL,
			cases[i].says);
	refused(profile_fixture_resolve(&f, "y", cases[0].given, 1), -EINVAL, "is not NAME=VALUE");
	refused(profile_fixture_resolve(&f, "y", cases[4].given, 1), -EINVAL, "has no inputs");
}
END_TEST

START_TEST(a_value_out_of_range_is_an_error_here)
{
	const char *const inputs[] = { "n=1e12" };

	load("x.conf", HEAD("x") "inputs = { n = \"1000\"; };\nsettings = ({ tunable = "
				 "\"net.core.somaxconn\";\nset = \"n\";" WHY ");" END);
	profile_fixture_has(&f, "net.core.somaxconn", "4096");
	ck_assert_int_eq(profile_fixture_resolve(&f, "x", NULL, 0), 0);
	refused(profile_fixture_resolve(&f, "x", inputs, 1), -ERANGE,
		"x.conf:4: set of net.core.somaxconn: comes to 1000000000000 on this host");
}
END_TEST

START_TEST(what_the_host_lacks_is_left_out)
{
	load("x.conf",
	     HEAD("x") "settings = (\n"
		       "{ tunable = \"net.ipv4.tcp_rto_min_us\"; set = \"5ms\";" WHY ",\n"
		       "{ tunable = \"net.ipv4.tcp_congestion_control\"; set = \"bbr\";" WHY ",\n"
		       "{ tunable = \"net.core.default_qdisc\"; set = \"fq\"; when = "
		       "\"available('qdisc', 'fq')\";" WHY ",\n"
		       "{ tunable = \"net.core.busy_poll\"; set = \"50us\";" WHY ",\n"
		       "{ tunable = \"rlimit:nginx/nofile\"; set = \"65536\";" WHY ");" END);
	profile_fixture_has(&f, "net.ipv4.tcp_congestion_control", "cubic");
	profile_fixture_has(&f, "net.core.default_qdisc", "pfifo_fast");
	profile_fixture_has(&f, "net.core.busy_poll", "0");
	f.rules.o->facts.congestion_module[0] = AVAILABILITY_NO;
	f.rules.o->facts.qdisc_module[0] = AVAILABILITY_NO;
	ck_assert_msg(profile_fixture_resolve(&f, "x", NULL, 0) == 0, "%s", f.e.text);
	ck_assert_msg(strstr(f.resolved.settings[0].reason, "does not exist here") != NULL, "%s",
		      f.resolved.settings[0].reason);
	ck_assert_str_eq(f.resolved.settings[1].reason,
			 "this kernel has no congestion control bbr");
	ck_assert_str_eq(f.resolved.settings[2].reason, "not here: available('qdisc', 'fq')");
	ck_assert_int_eq(f.resolved.settings[3].state, RESOLVED_DIFFERS);
	ck_assert_str_eq(f.resolved.settings[3].value, "50");
	ck_assert_int_eq(f.resolved.settings[4].state, RESOLVED_LEFT_OUT);
	/* Within a namespace, what is the whole host's cannot be set, nor what it does not allow.
	 */
	f.rules.o->facts.congestion_module[0] = AVAILABILITY_YES;
	f.rules.o->facts.netns_is_init = false;
	f.rules.o->facts.congestion_allowed.count = 1;
	(void)snprintf(f.rules.o->facts.congestion_allowed.name[0], 16, "reno");
	ck_assert_int_eq(profile_fixture_resolve(&f, "x", NULL, 0), 0);
	ck_assert_msg(strstr(f.resolved.settings[1].reason, "must allow it first") != NULL, "%s",
		      f.resolved.settings[1].reason);
	ck_assert_msg(strstr(f.resolved.settings[3].reason, "initial network") != NULL, "%s",
		      f.resolved.settings[3].reason);
}
END_TEST

START_TEST(one_of_ones_own_replaces_the_built_in)
{
	ck_assert_int_eq(profile_library_load_builtin(&f.library, &f.e), 0);
	load("/etc/base.conf", HEAD("base") END);
	ck_assert_str_eq(profile_library_find(&f.library, "base")->file, "/etc/base.conf");
}
END_TEST

Suite *test_profile_suite(void)
{
	Suite *s = suite_create("profile");
	TCase *tc = tcase_create("profile");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, reads_every_setting);
	tcase_add_loop_test(tc, says_what_is_wrong_in_a_file, 0,
			    (int)(sizeof(broken) / sizeof(broken[0])));
	tcase_add_loop_test(tc, says_what_is_wrong_in_a_formula, 0,
			    (int)(sizeof(unfit) / sizeof(unfit[0])));
	tcase_add_test(tc, includes_come_first_and_later_ones_win);
	tcase_add_test(tc, an_include_that_leads_back_is_told_with_its_chain);
	tcase_add_test(tc, an_element_of_what_another_sets_whole_is_refused);
	tcase_add_test(tc, raises_and_lowers_only_what_is_not_better);
	tcase_add_test(tc, formulas_follow_the_host_and_the_inputs);
	tcase_add_test(tc, inputs_are_checked);
	tcase_add_test(tc, a_value_out_of_range_is_an_error_here);
	tcase_add_test(tc, what_the_host_lacks_is_left_out);
	tcase_add_test(tc, one_of_ones_own_replaces_the_built_in);
	suite_add_tcase(s, tc);
	return s;
}
