/* Rule books: files to rules, and what is said about those that are wrong. */
#include "rules/config_text.h"
#include "rules/rulebook.h"
#include "rules/template.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *test_rulebook_suite(void);

static struct error e;

/* The settings that every rule must have, on lines 2 and 3. */
#define REQUIRED                                                                            \
	"rules = ( {\n"                                                                     \
	"id = \"T-01\"; slug = \"test\"; scope = \"path\"; class = \"c\"; title = \"t\";\n" \
	"when = \"path.flows > 1\"; severity_ceiling = \"low\"; why = \"w\"; source = \"s\";\n"
#define END "} );\n"

static int load(struct rulebook *book, const char *text)
{
	return rulebook_load_text(book, "x.conf", text, strlen(text), &e);
}

START_TEST(reads_every_setting)
{
	struct rulebook book = { 0 };
	const struct rule *r;

	ck_assert_msg(
		load(&book, REQUIRED
		     "needs = \"path.flows > 0\"; unless = \"path.min_rtt < 5ms\"; for = 3;\n"
		     "severity = \"path.flows / 2\"; evidence = [ \"path.flows\", "
		     "\"path.min_rtt\" ];\n"
		     "set = ( { tunable = \"net.ipv4.tcp_rmem[2]\"; when = \"current < 1GiB\";\n"
		     "  to = \"clamp(2 * current, current, buffer_cap)\"; step = \"4 * current\";\n"
		     "  note = \"twice {current}\"; },\n"
		     "  { tunable = \"net.ipv4.tcp_congestion_control\"; to = \"'bbr'\"; } );\n"
		     "advice = ( { when = \"path.flows > 2\"; text = \"{path.flows}\"; },\n"
		     "  { text = \"more\"; } );\n"
		     "silences = [ \"T-02\", \"T-03\" ]; expect = \"path.flows > "
		     "before(path.flows)\";\n"
		     "expect_text = \"x\"; guard = [ \"path.flows > 0\" ]; risk = \"r\";\n" END) ==
			0,
		"%s", e.text);
	ck_assert_uint_eq(book.count, 1);
	r = rulebook_find(&book, "T-01");
	ck_assert_ptr_nonnull(r);
	ck_assert_ptr_eq(rulebook_find(&book, "test"), r);
	ck_assert_ptr_null(rulebook_find(&book, "T-0"));
	ck_assert_int_eq(r->scope, ENTITY_PATH);
	ck_assert_int_eq(r->ceiling, SEVERITY_LOW);
	ck_assert_uint_eq(r->hysteresis, 3);
	ck_assert_uint_eq(r->evidence_count, 2);
	ck_assert_uint_eq(r->change_count, 2);
	ck_assert_str_eq(r->changes[0].tunable->name, "net.ipv4.tcp_rmem");
	ck_assert_uint_eq(r->changes[0].element, 2);
	ck_assert_int_eq(expression_type(r->changes[1].to), EXPRESSION_TEXT);
	ck_assert_ptr_null(r->changes[1].step);
	ck_assert_uint_eq(r->advice_count, 2);
	ck_assert_str_eq(template_text(r->advice[1].text), "more");
	ck_assert_uint_eq(r->silence_count, 2);
	ck_assert_uint_eq(r->guard_count, 1);
	ck_assert_str_eq(r->file, "x.conf");
	rulebook_done(&book);
}
END_TEST

START_TEST(defaults)
{
	struct rulebook book = { 0 };

	ck_assert_int_eq(load(&book, REQUIRED "advice = \"do\"; guard = \"path.flows > 1\";" END),
			 0);
	ck_assert_uint_eq(book.rules[0].hysteresis, 0);
	ck_assert_ptr_null(book.rules[0].needs);
	ck_assert_ptr_null(book.rules[0].risk);
	ck_assert_uint_eq(book.rules[0].change_count, 0);
	ck_assert_uint_eq(book.rules[0].advice_count, 1);
	ck_assert_uint_eq(book.rules[0].guard_count, 1);
	rulebook_done(&book);
	ck_assert_int_eq(load(&book, "rules = ( );"), 0);
	ck_assert_uint_eq(book.count, 0);
	ck_assert_ptr_null(rulebook_find(&book, "T-01"));
	rulebook_done(&book);
}
END_TEST

static const struct {
	const char *text, *message;
} mistakes[] = {
	{ REQUIRED "unles = \"path.flows > 1\";" END,
	  "x.conf:4: unles: a rule has no such setting; did you mean \"unless\"?" },
	{ REQUIRED "zzzzzzzz = 1;" END, "x.conf:4: zzzzzzzz: a rule has no such setting" },
	{ REQUIRED "unless = \"path.flows > 1s\";" END,
	  "x.conf:4: unless, column 1: cannot compare pure number with seconds" },
	{ REQUIRED "unless = \"path.flows\";" END, "x.conf:4: unless: must be a condition" },
	{ REQUIRED "unless = 3;" END, "x.conf:4: unless: must be a text in double quotes" },
	{ REQUIRED "unless = \"\";" END, "x.conf:4: unless: is empty" },
	{ REQUIRED "severity = \"path.min_rtt\";" END, "must be a pure number" },
	{ REQUIRED "severity = \"path.flows > 1\";" END, "must be a pure number" },
	{ REQUIRED "for = 0;" END, "for: must be a number of windows from 1 to 1000" },
	{ REQUIRED "for = \"3\";" END, "for: must be a number of windows" },
	{ REQUIRED "for = 1001;" END, "for: must be a number of windows" },
	{ REQUIRED "evidence = [ \"path.flows\", \"path.flows > 1\" ];" END,
	  "evidence 2: must be a number or a text" },
	{ REQUIRED "evidence = [ \"path.flows\", \"path.floww\" ];" END,
	  "x.conf:4: evidence 2, column 1: unknown metric" },
	{ REQUIRED "guard = [ 1 ];" END, "guard 1: must be a text" },
	{ REQUIRED "silences = [ \"T 2\" ];" END, "silences 1: must be at most" },
	{ REQUIRED "set = { tunable = \"x\"; };" END, "set: must be a list" },
	{ REQUIRED "set = ( 1 );" END, "set 1: must be a change" },
	{ REQUIRED "set = ( { to = \"1\"; } );" END, "this change lacks the setting \"tunable\"" },
	{ REQUIRED "set = ( { tunable = \"net.core.somaxconn\"; } );" END,
	  "set 1: this change lacks the setting \"to\"" },
	{ REQUIRED "set = ( { tunable = \"net.core.somaxcon\"; to = \"1\"; } );" END,
	  "tunable: \"net.core.somaxcon\" is not a catalogued tunable; did you mean "
	  "\"net.core.somaxconn\"?" },
	{ REQUIRED "set = ( { tunable = \"../../etc/passwd\"; to = \"1\"; } );" END,
	  "is not a catalogued tunable" },
	{ REQUIRED "set = ( { tunable = \"net.ipv4.conf.eth0.rp_filter\"; to = \"1\"; } );" END,
	  "net.ipv4.conf.*.rp_filter is one setting of each interface" },
	{ REQUIRED "set = ( { tunable = \"net.ipv4.tcp_rmem\"; to = \"1B\"; } );" END,
	  "net.ipv4.tcp_rmem has 3 elements" },
	{ REQUIRED "set = ( { tunable = \"net.ipv4.tcp_rmem[3]\"; to = \"1B\"; } );" END,
	  "net.ipv4.tcp_rmem has 3 elements" },
	{ REQUIRED "set = ( { tunable = \"net.ipv4.tcp_rmem[2\"; to = \"1B\"; } );" END,
	  "has no index such as [2]" },
	{ REQUIRED "set = ( { tunable = \"net.ipv4.tcp_rmem[]\"; to = \"1B\"; } );" END,
	  "has no index such as [2]" },
	{ REQUIRED "set = ( { tunable = \"net.core.somaxconn[0]\"; to = \"1\"; } );" END,
	  "takes no index" },
	{ REQUIRED "set = ( { tunable = \"net.ipv4.tcp_rmem[2]\"; to = \"1s\"; } );" END,
	  "to: is seconds, but net.ipv4.tcp_rmem is bytes" },
	{ REQUIRED "set = ( { tunable = \"net.ipv4.tcp_rmem[2]\"; to = \"'x'\"; } );" END,
	  "takes a number" },
	{ REQUIRED "set = ( { tunable = \"route:{path.name}/congestion\"; to = \"'x'\"; } );" END,
	  "tunable: \"route:{path.name}/congestion\" is no tunable" },
	{ REQUIRED "set = ( { tunable = \"route:{path.nam}/congctl\"; to = \"'x'\"; } );" END,
	  "unknown metric \"path.nam\"" },
	{ REQUIRED "set = ( { tunable = \"route:{path.name}/congctl\"; to = \"1\"; } );" END,
	  "route:*/congctl takes a text such as 'name'" },
	{ REQUIRED "set = ( { tunable = \"route:{path.name}/initcwnd\"; to = \"current\"; } );" END,
	  "\"current\"" },
	{ REQUIRED
	  "set = ( { tunable = \"socket:dst {path.name}/rcvbuf\"; to = \"'autos'\"; } );" END,
	  "socket:rcvbuf takes a number, or 'auto'" },
	{ REQUIRED
	  "set = ( { tunable = \"socket:dst {path.name}/nodelay\"; to = \"'auto'\"; } );" END,
	  "socket:nodelay takes a number" },
	{ REQUIRED "needs = \"matches > 1\"; " END, "\"matches\"" },
	{ REQUIRED "set = ( { tunable = \"net.core.default_qdisc\"; to = \"1\"; } );" END,
	  "takes a text" },
	{ REQUIRED "set = ( { tunable = \"net.core.default_qdisc\"; to = \"'fq'\"; "
		   "when = \"current > 0\"; } );" END,
	  "unknown metric \"current\"" },
	{ REQUIRED "guard = \"path.flows > 0 && current > 0\";" END, "unknown metric \"current\"" },
	{ REQUIRED "advice = [ \"a\" ];" END, "advice: must be a text, or a list" },
	{ REQUIRED "advice = ( { when = \"path.flows > 1\"; } );" END,
	  "this piece of advice lacks the setting \"text\"" },
	{ REQUIRED "advice = \"{path.flows\";" END, "advice, column 1: { without its }" },
	{ REQUIRED "},\n{ id = \"T-01\"; slug = \"u\"; scope = \"host\"; class = \"c\"; title = "
		   "\"t\"; when = \"1 < 2\"; severity_ceiling = \"low\"; why = \"w\"; source = "
		   "\"s\";" END,
	  "id: \"T-01\" is the rule in line" },
	{ REQUIRED "},\n{ id = \"T-02\"; slug = \"test\"; scope = \"host\"; class = \"c\"; title = "
		   "\"t\"; when = \"1 < 2\"; severity_ceiling = \"low\"; why = \"w\"; source = "
		   "\"s\";" END,
	  "slug: \"test\" is that of T-01 already" },
	{ REQUIRED "},\n{ id = \"T-02\"; slug = \"u\"; scope = \"hots\"; class = \"c\"; title = "
		   "\"t\"; when = \"1 < 2\"; severity_ceiling = \"low\"; why = \"w\"; source = "
		   "\"s\";" END,
	  "scope: is host, path, flow, listener, link, udp_socket, cpu, process, peer or owner, not "
	  "\"hots\"" },
	{ "rules = ( { id = \"T-01\"; } );",
	  "x.conf:1: rules 1: this rule lacks the setting \"scope\"" },
	{ "rules = ( 1 );", "must be a rule" },
	{ "rules = { };", "holds no list rules" },
	{ "", "holds no list rules" },
	{ "rules = ( );\nrule = 1;", "x.conf:2: \"rule\" where a file of rules has only rules" },
	{ "rules = (\n{ id = }\n);", "x.conf:2: syntax error" },
	{ "\n  @include \"/etc/passwd\"\n", "x.conf:2: @include is not supported" },
	{ "@include \"/etc/passwd\"\n", "x.conf:1: @include is not supported" },
};

START_TEST(explains_mistakes)
{
	struct rulebook book = { 0 };
	size_t before;

	ck_assert_int_eq(load(&book, "rules = ( );"), 0);
	before = book.count;
	ck_assert_msg(load(&book, mistakes[_i].text) == -EINVAL, "loads: %s", mistakes[_i].text);
	ck_assert_msg(strstr(e.text, mistakes[_i].message) != NULL, "%s -> %s", mistakes[_i].text,
		      e.text);
	ck_assert_uint_eq(book.count, before);
	rulebook_done(&book);
}
END_TEST

START_TEST(refuses_what_is_no_text)
{
	struct rulebook book = { 0 };
	char *large = malloc(CONFIG_TEXT_MAX + 1);

	ck_assert_ptr_nonnull(large);
	ck_assert_int_eq(rulebook_load_text(&book, "x", "rules\0= ( );", 12, &e), -EINVAL);
	ck_assert_ptr_nonnull(strstr(e.text, "not a text file"));
	memset(large, ' ', CONFIG_TEXT_MAX + 1);
	ck_assert_int_eq(rulebook_load_text(&book, "x", large, CONFIG_TEXT_MAX + 1, &e), -EINVAL);
	ck_assert_ptr_nonnull(strstr(e.text, "larger than 1024 KiB"));
	free(large);
}
END_TEST

START_TEST(severities_have_names)
{
	for (enum severity s = SEVERITY_INFO; s <= SEVERITY_CRITICAL; s++) {
		enum severity back;

		ck_assert_int_eq(severity_parse(severity_name(s), &back), 0);
		ck_assert_int_eq(back, s);
	}
	ck_assert_int_eq(severity_parse("LOW", NULL), -EINVAL);
	ck_assert_int_eq(severity_parse("", NULL), -EINVAL);
}
END_TEST

/* --- directories --- */

static char directory[64];

static void make_directory(void)
{
	(void)snprintf(directory, sizeof(directory), "%s/netwright-rules-XXXXXX",
		       getenv("TMPDIR") != NULL && strlen(getenv("TMPDIR")) < 30 ? getenv("TMPDIR")
										 : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void remove_directory(void)
{
	static const char *const names[] = { "10-a.conf", "20-b.conf", "README",
					     ".h.conf",	  "p.conf",    ".conf" };
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		(void)unlink(path);
	}
	ck_assert_int_eq(rmdir(directory), 0);
}

START_TEST(later_files_replace_rules)
{
	struct rulebook book = { 0 };

	ck_assert_int_eq(load(&book, REQUIRED "risk = \"built in\";" END), 0);
	make_directory();
	write_file("20-b.conf", REQUIRED "risk = \"second\";" END);
	write_file("10-a.conf", REQUIRED "risk = \"first\";" END);
	write_file("README", "not a rule book");
	write_file(".h.conf", "hidden");
	ck_assert_msg(rulebook_load_directory(&book, directory, &e) == 0, "%s", e.text);
	ck_assert_uint_eq(book.count, 1);
	ck_assert_str_eq(book.rules[0].risk, "second");
	ck_assert_ptr_nonnull(strstr(book.rules[0].file, "/20-b.conf"));
	rulebook_done(&book);
	remove_directory();
}
END_TEST

START_TEST(one_bad_file_changes_nothing)
{
	struct rulebook book = { 0 };

	ck_assert_int_eq(load(&book, REQUIRED "risk = \"built in\";" END), 0);
	make_directory();
	write_file("10-a.conf", REQUIRED "risk = \"first\";" END);
	write_file("20-b.conf", "rules = (");
	ck_assert_int_eq(rulebook_load_directory(&book, directory, &e), -EINVAL);
	ck_assert_ptr_nonnull(strstr(e.text, "/20-b.conf:1: "));
	ck_assert_uint_eq(book.count, 1);
	ck_assert_str_eq(book.rules[0].risk, "built in");
	rulebook_done(&book);
	remove_directory();
}
END_TEST

START_TEST(a_missing_directory_and_a_pipe_are_named)
{
	struct rulebook book = { 0 };
	char path[128];

	make_directory();
	(void)snprintf(path, sizeof(path), "%s/none", directory);
	ck_assert_int_eq(rulebook_load_directory(&book, path, &e), -ENOENT);
	ck_assert_ptr_nonnull(strstr(e.text, path));
	(void)snprintf(path, sizeof(path), "%s/p.conf", directory);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(rulebook_load_directory(&book, directory, &e), -EINVAL);
	ck_assert_ptr_nonnull(strstr(e.text, "p.conf: is not a regular file"));
	remove_directory();
}
END_TEST

/* --- the books that are built in --- */

/* Follows the rules that `rule` silences; true when that comes back to `origin`. */
static bool silences_itself(const struct rulebook *book, const struct rule *rule,
			    const struct rule *origin, unsigned int depth)
{
	for (size_t i = 0; i < rule->silence_count && depth < 8; i++) {
		const struct rule *symptom = rulebook_find(book, rule->silences[i]);

		if (symptom == origin ||
		    (symptom != NULL && silences_itself(book, symptom, origin, depth + 1)))
			return true;
	}
	return false;
}

START_TEST(builtin_books_load)
{
	struct rulebook book = { 0 };

	ck_assert_msg(rulebook_load_builtin(&book, &e) == 0, "%s", e.text);
	for (size_t i = 0; i < book.count; i++) {
		const struct rule *r = &book.rules[i];

		if (i > 0)
			ck_assert_msg(strcmp(book.rules[i - 1].id, r->id) < 0, "%s", r->id);
		ck_assert_msg(r->change_count + r->advice_count > 0, "%s says nothing to do",
			      r->id);
		for (size_t k = 0; k < r->silence_count; k++)
			ck_assert_msg(rulebook_find(&book, r->silences[k]) != NULL,
				      "%s silences %s", r->id, r->silences[k]);
		ck_assert_msg(!silences_itself(&book, r, r, 0), "%s silences itself", r->id);
	}
	rulebook_done(&book);
}
END_TEST

Suite *test_rulebook_suite(void)
{
	Suite *s = suite_create("rules/rulebook");
	TCase *c = tcase_create("all");

	tcase_add_test(c, reads_every_setting);
	tcase_add_test(c, defaults);
	tcase_add_loop_test(c, explains_mistakes, 0, sizeof(mistakes) / sizeof(mistakes[0]));
	tcase_add_test(c, refuses_what_is_no_text);
	tcase_add_test(c, severities_have_names);
	tcase_add_test(c, later_files_replace_rules);
	tcase_add_test(c, one_bad_file_changes_nothing);
	tcase_add_test(c, a_missing_directory_and_a_pipe_are_named);
	tcase_add_test(c, builtin_books_load);
	suite_add_tcase(s, c);
	return s;
}
