/* generate TEMPLATE: a manual page, from a template (man/NAME.in) in which a line "@rules@",
 * "@lints@", "@metrics@", "@profiles@" or "@tunables@" stands for the entries of that table of the
 * program. They come through the writer of `netwright explain`, and so say the same. See `make
 * man`. */
#include "base/cleanup.h"
#include "cli/explain.h"
#include "cli/explain_profile.h"
#include "tunables/rlimit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Sources of manual pages are read and compared as text, too. */
enum { LINE_WIDTH = 80 };

struct page {
	FILE *out;
	bool open; /* the list of an entry's lines */
};

/* --- text as mdoc source ------------------------------------------------------------------------
 */

static void print_escaped(FILE *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\')
			(void)fputs("\\e", out);
		else
			(void)fputc(text[i], out);
	}
}

/* The end of a sentence is the end of a line, from which the width of the gap is taken. An
 * abbreviation is followed by a small letter, a number or a bracket. */
static bool ends_sentence(const char *word, size_t len, const char *next)
{
	return len > 1 && word[len - 1] == '.' && *next >= 'A' && *next <= 'Z';
}

/* Words from one blank to the next, in lines of at most LINE_WIDTH where words allow it. */
static void print_text(FILE *out, const char *text)
{
	size_t column = 0;
	bool ended = false;

	for (const char *word = text + strspn(text, " \n"); *word != '\0';) {
		size_t len = strcspn(word, " \n");
		const char *next;

		if (column > 0 && (ended || column + 1 + len > LINE_WIDTH)) {
			(void)fputc('\n', out);
			column = 0;
		}
		if (column > 0)
			column += fputc(' ', out) != EOF;
		else if (strchr(".'", word[0]) != NULL) /* would be a request */
			(void)fputs("\\&", out);
		print_escaped(out, word, len);
		column += len;
		next = word + len + strspn(word + len, " \n");
		ended = ends_sentence(word, len, next);
		word = next;
	}
	(void)fputc('\n', out);
}

/* One argument of a macro. */
static void print_argument(FILE *out, const char *text)
{
	(void)fputc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			(void)fputc('"', out);
		print_escaped(out, text, 1);
	}
	(void)fputs("\"\n", out);
}

/* --- entries ------------------------------------------------------------------------------------
 */

static void close_entry(struct page *p)
{
	if (p->open)
		(void)fputs(".El\n", p->out);
	p->open = false;
}

static void write_heading(void *arg, const char *text)
{
	struct page *p = arg;

	close_entry(p);
	(void)fputs(".It ", p->out);
	print_argument(p->out, text);
	(void)fputs(".Bl -tag -width \"defined in\" -compact\n", p->out);
	p->open = true;
}

static void write_line(void *arg, const char *label, const char *text)
{
	struct page *p = arg;

	/* A manual knows neither the host nor the line of a source file. */
	if (strcmp(label, EXPLAIN_NOW) == 0 || strcmp(label, EXPLAIN_DEFINED_IN) == 0)
		return;
	(void)fprintf(p->out, ".It %s\n", label);
	print_text(p->out, text);
}

static int write_rules(const struct explain_writer *w)
{
	struct rulebook book = { 0 };
	struct error e = { 0 };
	int r = rulebook_load_builtin(&book, &e);

	for (size_t i = 0; i < book.count; i++)
		explain_rule(w, &book.rules[i]);
	rulebook_done(&book);
	if (r < 0)
		(void)fprintf(stderr, "generate: %s\n", e.text);
	return r;
}

static int write_lints(const struct explain_writer *w)
{
	for (size_t i = 0; i < line_lint_count; i++)
		explain_lint(w, &line_lints[i]);
	/* explain_lint() says all keys of an id at once. */
	for (size_t i = 0; i < lint_count; i++)
		if (i == 0 || strcmp(lints[i].id, lints[i - 1].id) != 0)
			explain_lint(w, &lints[i]);
	return 0;
}

static int write_metrics(const struct explain_writer *w)
{
	for (size_t i = 0; i < metric_count; i++)
		explain_metric(w, &metrics[i], NULL);
	return 0;
}

static int write_profiles(const struct explain_writer *w)
{
	struct profile_library library = { 0 };
	struct error e = { 0 };
	int r = profile_library_load_builtin(&library, &e);

	for (size_t i = 0; i < library.count; i++)
		explain_profile(w, &library.profiles[i]);
	profile_library_done(&library);
	if (r < 0)
		(void)fprintf(stderr, "generate: %s\n", e.text);
	return r;
}

static int write_tunables(const struct explain_writer *w)
{
	const struct tunable_values unread = { 0 };

	for (size_t i = 0; i < tunable_count; i++)
		explain_tunable(w, &tunables[i], &unread);
	for (size_t i = 0; i < *rlimit_kind.row_count; i++)
		explain_tunable(w, &rlimit_kind.rows[i], &unread);
	return 0;
}

static const struct {
	const char *name;
	int (*write)(const struct explain_writer *w);
} tables[] = {
	{ "lints", write_lints }, { "metrics", write_metrics },	  { "profiles", write_profiles },
	{ "rules", write_rules }, { "tunables", write_tunables },
};

static int write_table(const char *name)
{
	struct page page = { .out = stdout };
	const struct explain_writer writer = { write_heading, write_line, &page };

	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		int r;

		if (strcmp(tables[i].name, name) != 0)
			continue;
		(void)fputs(".Bl -tag -width Ds\n", page.out);
		r = tables[i].write(&writer);
		close_entry(&page);
		(void)fputs(".El\n", page.out);
		return r;
	}
	(void)fprintf(stderr, "generate: no table is called %s\n", name);
	return -1;
}

int main(int argc, char **argv)
{
	CLEANUP(free_charp) char *line = NULL;
	FILE *template = argc == 2 ? fopen(argv[1], "re") : NULL;
	size_t size = 0;
	ssize_t len;
	int r = 0;

	if (template == NULL) {
		(void)fprintf(stderr, "usage: generate TEMPLATE, a file that can be read\n");
		return 2;
	}
	while (r == 0 && (len = getline(&line, &size, template)) > 0) {
		if (len > 3 && line[0] == '@' && line[len - 2] == '@') {
			line[len - 2] = '\0';
			r = write_table(line + 1);
		} else {
			(void)fputs(line, stdout);
		}
	}
	if (ferror(template))
		r = -1;
	(void)fclose(template);
	return r < 0 || fflush(stdout) != 0 ? 1 : 0;
}
