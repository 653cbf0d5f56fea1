/* Wrapped text, tables, phrases, and the commands to apply by hand. */
#include "base/cleanup.h"
#include "cli/by_hand.h"
#include "cli/phrase.h"
#include "cli/plan_export.h"
#include "cli/print.h"
#include "cli/table.h"
#include "cli/terminal.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *test_print_suite(void);

/* --- wrapping --- */

static char *wrap(unsigned int width, unsigned int column, unsigned int indent, const char *text)
{
	char *result = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&result, &len);

	ck_assert_ptr_nonnull(out);
	print_wrapped(out, width, column, indent, text);
	ck_assert_int_eq(fclose(out), 0);
	return result;
}

static const struct {
	unsigned int width, column, indent;
	const char *text, *wanted;
} wraps[] = {
	{ 20, 0, 0, "", "\n" },
	{ 20, 0, 0, "one", "one\n" },
	{ 7, 0, 2, "one two three", "one two\n  three\n" },
	{ 6, 0, 2, "one two three", "one\n  two\n  three\n" },
	{ 11, 4, 4, "one two three", "one two\n    three\n" },
	{ 5, 0, 1, "a-word-too-long b", "a-word-too-long\n b\n" },
	{ 20, 0, 2, "one  two ", "one two\n" },
	{ 20, 0, 2, "one\ntwo", "one\n  two\n" },
	{ 5, 0, 0, "\xc3\xa4\xc3\xb6\xc3\xbc \xc3\xa4", "\xc3\xa4\xc3\xb6\xc3\xbc \xc3\xa4\n" },
	{ 7, 0, 0, "abcd 54 %", "abcd\n54 %\n" }, /* a number and its unit */
	{ 7, 0, 0, "abcd (54 % x", "abcd\n(54 % x\n" },
	{ 7, 0, 0, "abcd 54", "abcd 54\n" },
	{ 7, 0, 0, "abcd 54\n%", "abcd 54\n%\n" },
	{ 7, 0, 0, "abcd 54  %", "abcd 54\n%\n" },
	{ 7, 0, 0, "abcd - %", "abcd -\n%\n" },
	{ 7, 0, 0, "abcd 5a %", "abcd 5a\n%\n" },
	{ 20, 0, 0, "a\033[31mb\tc", "a?[31mb?c\n" },
};

START_TEST(text_is_wrapped)
{
	CLEANUP(free_charp)
	char *got = wrap(wraps[_i].width, wraps[_i].column, wraps[_i].indent, wraps[_i].text);

	ck_assert_str_eq(got, wraps[_i].wanted);
}
END_TEST

START_TEST(labels_without_text_are_left_out)
{
	char *result = NULL;
	size_t len = 0;
	struct terminal t = { .out = open_memstream(&result, &len), .width = 40 };

	print_labelled(&t, "evidence", NULL);
	print_labelled(&t, "evidence", "");
	ck_assert_int_eq(fflush(t.out), 0);
	ck_assert_uint_eq(len, 0);
	print_labelled(&t, "do", "something that takes two lines");
	ck_assert_int_eq(fclose(t.out), 0);
	ck_assert_str_eq(result, "         do        something that takes\n"
				 "                   two lines\n");
	free(result);
}
END_TEST

START_TEST(values)
{
	char buf[PRINT_VALUE_MAX];

	ck_assert_str_eq(print_value(UNIT_SECONDS, value_number(0.1), buf, sizeof(buf)), "100 ms");
	ck_assert_str_eq(print_value(UNIT_TEXT, value_text("bbr"), buf, sizeof(buf)), "bbr");
	ck_assert_str_eq(print_value(UNIT_TEXT, value_text("a\033b"), buf, sizeof(buf)), "a?b");
	ck_assert_str_eq(print_value(UNIT_BYTES, value_unknown("why"), buf, sizeof(buf)),
			 "unknown");
	ck_assert_str_eq(print_value(UNIT_BYTES, value_number((double)NAN), buf, sizeof(buf)),
			 "unknown");
	ck_assert_str_eq(print_count(0, "path", buf, sizeof(buf)), "0 paths");
	ck_assert_str_eq(print_count(1, "path", buf, sizeof(buf)), "1 path");
	ck_assert_str_eq(print_count(2, "path", buf, sizeof(buf)), "2 paths");
}
END_TEST

/* --- tables --- */

static const struct table_column table_columns[] = { { "NAME", false },
						     { "N", true },
						     { "LAST", false } };

static char *print_table(unsigned int indent, unsigned int width, const char *const (*rows)[3],
			 size_t count)
{
	struct table table;
	char *result = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&result, &len);

	table_init(&table, table_columns, ARRAY_LEN(table_columns));
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(table_add(&table, rows[i]), 0);
	table_print(&table, out, indent, width);
	table_done(&table);
	table_done(&table); /* twice is harmless */
	ck_assert_int_eq(fclose(out), 0);
	return result;
}

START_TEST(columns_are_as_wide_as_their_content)
{
	static const char *const rows[][3] = { { "a", "100", "x" }, { "longer", "5", "yy yy" } };
	CLEANUP(free_charp) char *whole = print_table(1, 0, rows, 2);
	CLEANUP(free_charp) char *cut = print_table(0, 10, rows, 2);
	CLEANUP(free_charp) char *empty = print_table(0, 0, rows, 0);

	ck_assert_str_eq(whole, " NAME      N  LAST\n"
				" a       100  x\n"
				" longer    5  yy yy\n");
	ck_assert_str_eq(cut, "NAME  \n"
			      "a     \n"
			      "longer\n");
	ck_assert_str_eq(empty, "");
}
END_TEST

START_TEST(cells_cannot_drive_a_terminal)
{
	static const char *const row[][3] = { { "a\033[2J", "1", "x\ny" } };
	CLEANUP(free_charp) char *text = print_table(0, 0, row, 1);

	ck_assert_ptr_nonnull(strstr(text, "\na?[2J  1  x?y\n"));
}
END_TEST

START_TEST(many_rows)
{
	static const char *const row[][3] = { { "a", "1", "x" } };
	struct table table;

	table_init(&table, table_columns, ARRAY_LEN(table_columns));
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(table_add(&table, row[0]), 0);
	ck_assert_uint_eq(table.row_count, 1000);
	table_done(&table);
}
END_TEST

START_TEST(files_have_no_colour)
{
	struct terminal t;
	char *result = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&result, &len);

	terminal_examine(out, COLOR_AUTO, &t);
	ck_assert(!t.color && !t.is_tty);
	ck_assert_uint_eq(t.width, TERMINAL_WIDTH_FILE);
	terminal_examine(out, COLOR_ALWAYS, &t);
	ck_assert(t.color);
	terminal_examine(out, COLOR_NEVER, &t);
	ck_assert(!t.color);
	(void)fclose(out);
	free(result);
}
END_TEST

/* --- phrases --- */

static const struct {
	const char *expression;
	enum entity_kind scope;
	const char *wanted;
} phrases[] = {
	{ "path.rcvbuf_p95", ENTITY_PATH, "receive buffer p95" },
	{ "path.min_rtt", ENTITY_PATH, "minimum RTT" },
	{ "path.min_rtt", ENTITY_HOST, "path minimum RTT" },
	{ "tcp.retransmit_ratio", ENTITY_PATH, "TCP retransmit ratio" },
	{ "host.cpu_busy", ENTITY_HOST, "CPU busy" },
	{ "sysctl('net.core.somaxconn')", ENTITY_HOST, "net.core.somaxconn" },
	{ "2 * sysctl('net.ipv4.tcp_rmem')[2]", ENTITY_PATH, "2 * net.ipv4.tcp_rmem[2]" },
	{ "sysctl('unfinished", ENTITY_PATH, "sysctl('unfinished" },
	{ "no.such_metric", ENTITY_PATH, "no.such_metric" },
	{ "", ENTITY_PATH, "" },
};

START_TEST(expressions_in_words)
{
	char buf[64];

	ck_assert_str_eq(
		phrase_expression(phrases[_i].expression, phrases[_i].scope, buf, sizeof(buf)),
		phrases[_i].wanted);
}
END_TEST

START_TEST(phrases_fit_their_buffer)
{
	char buf[12];

	phrase_expression("path.rcvbuf_p95", ENTITY_PATH, buf, sizeof(buf));
	ck_assert_str_eq(buf, "receive buf");
	phrase_expression("sysctl('net.core.somaxconn')", ENTITY_PATH, buf, sizeof(buf));
	ck_assert_str_eq(buf, "net.core.so");
	phrase_template("a {path.min_rtt} b", ENTITY_PATH, buf, sizeof(buf));
	ck_assert_str_eq(buf, "a <minimum ");
}
END_TEST

START_TEST(templates_in_words)
{
	char buf[128];

	ck_assert_str_eq(phrase_template("RTT {path.min_rtt}, {{x}", ENTITY_PATH, buf, sizeof(buf)),
			 "RTT <minimum RTT>, {x}");
	ck_assert_str_eq(
		phrase_template("{path.min_rtt:unit-less} end", ENTITY_PATH, buf, sizeof(buf)),
		"<minimum RTT> end");
	ck_assert_str_eq(phrase_template("open {path.min_rtt", ENTITY_PATH, buf, sizeof(buf)),
			 "open <minimum RTT>");
	ck_assert_str_eq(phrase_template("", ENTITY_PATH, buf, sizeof(buf)), "");
}
END_TEST

/* --- commands --- */

static const struct {
	const char *word, *wanted;
} words[] = {
	{ "bbr", "bbr" },
	{ "4096 131072 6291456", "\"4096 131072 6291456\"" },
	{ "", "\"\"" },
	{ "a;b", "'a;b'" },
	{ "$(reboot)", "'$(reboot)'" },
	{ "a b`c`", "'a b`c`'" },
	{ "it's", "'it'\\''s'" },
	{ "a\"b", "'a\"b'" },
	{ "~x", "'~x'" },
};

START_TEST(words_are_quoted_for_the_shell)
{
	CLEANUP(bytes_done) struct bytes b = { 0 };

	ck_assert_int_ge(by_hand_append_word(&b, words[_i].word), 0);
	ck_assert_str_eq(b.data, words[_i].wanted);
}
END_TEST

static char id[] = "X-01", slug[] = "example";
static const struct rule rule = { .id = id, .slug = slug };

/* A host whose settings are all unknown but for two, and one finding that changes them. */
struct situation {
	struct tunable_values values;
	struct finding_change changes[3];
	struct finding finding;
	struct diagnosis diagnosis;
};

static struct tunable_value *value_of(struct situation *s, const char *name)
{
	const struct tunable *t = tunable_find(name);

	ck_assert_ptr_nonnull(t);
	return &s->values.values[t - tunables];
}

static void situation_init(struct situation *s)
{
	*s = (struct situation){ 0 };
	s->values.values = calloc(tunable_count, sizeof(*s->values.values));
	ck_assert_ptr_nonnull(s->values.values);
	(void)snprintf(value_of(s, "net.ipv4.tcp_rmem")->text, 32, "4096 131072 6291456");
	(void)snprintf(value_of(s, "net.core.somaxconn")->text, 32, "128");
	s->changes[0] = (struct finding_change){ .tunable = tunable_find("net.ipv4.tcp_rmem"),
						 .element = 2,
						 .to = value_number(67108864) };
	s->changes[1] = (struct finding_change){ .tunable = tunable_find("net.core.somaxconn"),
						 .to = value_number(4096) };
	s->finding = (struct finding){ .rule = &rule, .changes = s->changes, .change_count = 2 };
	s->diagnosis = (struct diagnosis){ .findings = &s->finding, .finding_count = 1 };
}

START_TEST(commands_carry_the_full_vector)
{
	CLEANUP(bytes_done) struct bytes b = { 0 };
	struct situation s;

	situation_init(&s);
	ck_assert_int_eq(by_hand_append(&b, &s.diagnosis, &s.values, ""), 2);
	ck_assert_ptr_nonnull(strstr(b.data, "  sysctl -w net.core.somaxconn=4096"));
	ck_assert_ptr_nonnull(
		strstr(b.data, "  sysctl -w net.ipv4.tcp_rmem=\"4096 131072 67108864\""));
	free(s.values.values);
}
END_TEST

START_TEST(commands_enter_the_namespace)
{
	CLEANUP(bytes_done) struct bytes named = { 0 }, process = { 0 }, hostile = { 0 };
	struct situation s;

	situation_init(&s);
	ck_assert_int_eq(by_hand_append(&named, &s.diagnosis, &s.values, "blue"), 2);
	ck_assert_ptr_nonnull(strstr(named.data, "ip netns exec blue sysctl -w net.ipv4"));
	ck_assert_int_eq(by_hand_append(&process, &s.diagnosis, &s.values, "99999999"), 2);
	ck_assert_ptr_nonnull(strstr(process.data, "nsenter -t 99999999 -n sysctl -w net.ipv4"));
	ck_assert_int_eq(by_hand_append(&hostile, &s.diagnosis, &s.values, "x;reboot"), 2);
	ck_assert_ptr_nonnull(strstr(hostile.data, "ip netns exec 'x;reboot' sysctl"));
	free(s.values.values);
}
END_TEST

START_TEST(commands_need_the_present_value)
{
	CLEANUP(bytes_done) struct bytes b = { 0 };
	struct situation s;
	struct tunable_values nothing = { 0 };

	situation_init(&s);
	ck_assert_int_eq(by_hand_append(&b, &s.diagnosis, &nothing, ""), 0);
	(void)snprintf(value_of(&s, "net.ipv4.tcp_rmem")->text, 32, "4096 131072");
	ck_assert_int_eq(by_hand_append(&b, &s.diagnosis, &s.values, ""), 1);
	ck_assert_ptr_null(strstr(b.data, "tcp_rmem"));
	s.diagnosis.finding_count = 0;
	ck_assert_int_eq(by_hand_append(&b, &s.diagnosis, &s.values, ""), 0);
	free(s.values.values);
}
END_TEST

/* Of routes and connections no present value is needed: they are set as a whole. */
START_TEST(other_kinds_are_set_by_netwright)
{
	static const struct {
		const char *target, *namespace, *line;
	} lines[] = {
		{ "route:198.51.100.0/24/congctl", "",
		  "  netwright set route:198.51.100.0/24/congctl=bbr   # for new connections\n" },
		{ "socket:dst 2001:db8::/64/congestion", "",
		  "  netwright set \"socket:dst 2001:db8::/64/congestion=bbr\"\n" },
		{ "socket:dst 2001:db8::/64/congestion", "x;reboot",
		  "  netwright set --netns 'x;reboot' "
		  "\"socket:dst 2001:db8::/64/congestion=bbr\"\n" },
	};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		CLEANUP(bytes_done) struct bytes b = { 0 };
		struct situation s;

		situation_init(&s);
		s.changes[0] = (struct finding_change){ .tunable = kind_row_find(lines[i].target),
							.to = value_text("bbr") };
		(void)snprintf(s.changes[0].target, TARGET_NAME_MAX, "%s", lines[i].target);
		ck_assert_int_eq(by_hand_append(&b, &s.diagnosis, &s.values, lines[i].namespace),
				 2);
		ck_assert_ptr_nonnull(strstr(b.data, "sysctl -w net.core.somaxconn=4096"));
		ck_assert_msg(strstr(b.data, lines[i].line) != NULL, "%s", b.data);
		free(s.values.values);
	}
}
END_TEST

START_TEST(what_does_not_reach_its_reader_is_an_error)
{
	FILE *full = fopen("/dev/full", "w"), *none = fopen("/dev/null", "w");

	ck_assert_ptr_nonnull(full);
	ck_assert_ptr_nonnull(none);
	ck_assert_int_eq(print_flush(0, none), 0);
	ck_assert_int_eq(print_flush(-ENOMEM, none), -ENOMEM);
	ck_assert_int_eq(fputs("text", full), 1);
	ck_assert_int_eq(print_flush(0, full), -ENOSPC);
	/* The text is gone, and with it the reason. */
	ck_assert_int_eq(print_flush(0, full), -EIO);
	(void)fclose(full);
	(void)fclose(none);
}
END_TEST

static struct plan_change change_of(const char *name, const char *row, const char *to,
				    const char *why)
{
	struct plan_change c = { .target = { .kind = kind_of_target(name),
					     .tunable = kind_row_find(row) } };

	(void)snprintf(c.target.name, sizeof(c.target.name), "%s", name);
	(void)snprintf(c.from.text, sizeof(c.from.text), "1");
	(void)snprintf(c.to, sizeof(c.to), "%s", to);
	(void)snprintf(c.why, sizeof(c.why), "%s", why);
	return c;
}

static char *exported(const struct plan *plan, const struct wish *wishes, size_t n,
		      enum export_form form)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct error e = { 0 };

	ck_assert_ptr_nonnull(out);
	ck_assert_msg(plan_export(plan, wishes, n, form, out, &e) == 0, "%s", e.text);
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

/* A process and its descriptor mean nothing to whoever runs the commands later: the selector does,
 * once, however many connections it has now. What holds already is in no plan, and needs none. */
START_TEST(a_plan_is_exported_as_it_was_wished_for)
{
	static const struct wish wishes[] = {
		{ "socket:dst 198.51.100.0/24/rcvbuf", "auto", "RCV-04 buffer-locked", WISH_SET },
		{ "net.core.somaxconn", "8KiB", "LST-01 backlog", WISH_SET },
		{ "route:198.51.100.0/24/congctl", "bbr", "CC-01 loss", WISH_SET },
		{ "socket:dst 203.0.113.0/24/sndbuf", "auto", "SND-02 buffer-locked", WISH_SET },
		{ "link:eth0/txqueuelen", "5000", "Q-01 queue", WISH_SET },
	};
	struct plan_change changes[] = {
		change_of("net.core.somaxconn", "net.core.somaxconn", "8192", wishes[1].why),
		change_of("socket:812/5/rcvbuf", "socket:rcvbuf", "auto", wishes[0].why),
		change_of("socket:812/6/rcvbuf", "socket:rcvbuf", "auto", wishes[0].why),
		change_of("route:198.51.100.0/24/congctl", wishes[2].tunable, "bbr",
			  "CC-01 loss, CC-02 more"),
		change_of("link:eth0/txqueuelen", wishes[4].tunable, "5000", wishes[4].why),
	};
	const struct plan plan = { .netns = "x y",
				   .changes = changes,
				   .count = ARRAY_LEN(changes) };
	const struct plan nothing = { .netns = "" };
	CLEANUP(free_charp)
	char *commands = exported(&plan, wishes, ARRAY_LEN(wishes), EXPORT_COMMANDS);
	CLEANUP(free_charp)
	char *file = exported(&plan, wishes, ARRAY_LEN(wishes), EXPORT_SYSCTL_D);
	CLEANUP(free_charp)
	char *none = exported(&nothing, wishes, ARRAY_LEN(wishes), EXPORT_COMMANDS);

	ck_assert_str_eq(
		commands,
		"ip netns exec \"x y\" sysctl -w net.core.somaxconn=8192   # for new connections\n"
		"netwright set --netns \"x y\" \"socket:dst 198.51.100.0/24/rcvbuf=auto\"\n"
		"netwright set --netns \"x y\" route:198.51.100.0/24/congctl=bbr   # for new "
		"connections\n"
		"netwright set --netns \"x y\" link:eth0/txqueuelen=5000\n");
	ck_assert_str_eq(
		file,
		"# LST-01 backlog; was 1\nnet.core.somaxconn = 8192\n"
		"# no sysctl: netwright set --netns \"x y\" \"socket:dst "
		"198.51.100.0/24/rcvbuf=auto\"\n"
		"# no sysctl: netwright set --netns \"x y\" route:198.51.100.0/24/congctl=bbr   # for "
		"new connections\n"
		"# no sysctl: netwright set --netns \"x y\" link:eth0/txqueuelen=5000\n");
	ck_assert_str_eq(none, "");
}
END_TEST

Suite *test_print_suite(void)
{
	Suite *suite = suite_create("print");
	TCase *text = tcase_create("text");
	TCase *commands = tcase_create("commands");

	tcase_add_loop_test(text, text_is_wrapped, 0, (int)ARRAY_LEN(wraps));
	tcase_add_test(text, labels_without_text_are_left_out);
	tcase_add_test(text, values);
	tcase_add_test(text, columns_are_as_wide_as_their_content);
	tcase_add_test(text, cells_cannot_drive_a_terminal);
	tcase_add_test(text, many_rows);
	tcase_add_test(text, files_have_no_colour);
	tcase_add_test(text, what_does_not_reach_its_reader_is_an_error);
	tcase_add_loop_test(text, expressions_in_words, 0, (int)ARRAY_LEN(phrases));
	tcase_add_test(text, phrases_fit_their_buffer);
	tcase_add_test(text, templates_in_words);
	tcase_add_loop_test(commands, words_are_quoted_for_the_shell, 0, (int)ARRAY_LEN(words));
	tcase_add_test(commands, commands_carry_the_full_vector);
	tcase_add_test(commands, commands_enter_the_namespace);
	tcase_add_test(commands, commands_need_the_present_value);
	tcase_add_test(commands, other_kinds_are_set_by_netwright);
	tcase_add_test(commands, a_plan_is_exported_as_it_was_wished_for);
	suite_add_tcase(suite, text);
	suite_add_tcase(suite, commands);
	return suite;
}
