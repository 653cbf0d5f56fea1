/* The profile that an import becomes, as text. */
#include "base/cleanup.h"
#include "profiles/import.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *const modes[] = {
	[IMPORT_SET] = "set",
	[IMPORT_RAISE] = "raise_to",
	[IMPORT_LOWER] = "lower_to",
};

/* Whatever drives a terminal, or ends a line, as '?'. */
static int print_character(struct bytes *out, char c)
{
	return bytes_append(out, c < ' ' || c > '~' ? "?" : &c, 1);
}

/* Between quotes of libconfig. */
static int print_quoted(struct bytes *out, const char *text)
{
	int r = bytes_append(out, "\"", 1);

	for (const char *c = text; *c != '\0' && r == 0; c++) {
		if (*c == '"' || *c == '\\')
			r = bytes_append(out, "\\", 1);
		if (r == 0)
			r = print_character(out, *c);
	}
	return r == 0 ? bytes_append(out, "\"", 1) : r;
}

static int print_comment(struct bytes *out, const char *heading, const char *text)
{
	int r = bytes_printf(out, "# %s", heading);

	for (; *text != '\0' && r == 0; text++)
		r = print_character(out, *text);
	return r == 0 ? bytes_append(out, "\n", 1) : r;
}

/* What makes a formula of a number of the kernel's own: 50 of net.core.busy_read is 50us. */
static const struct {
	enum unit unit;
	double scale;
	const char *suffix;
} forms[] = {
	{ UNIT_COUNT, 1, "" },	      { UNIT_RATIO, 0.01, "%" },
	{ UNIT_BYTES, 1, "B" },	      { UNIT_BYTES, 1024, "KiB" },
	{ UNIT_SECONDS, 1, "s" },     { UNIT_SECONDS, 1e-3, "ms" },
	{ UNIT_SECONDS, 1e-6, "us" }, { UNIT_SECONDS, 1e-9, " * 0.001us" },
	{ UNIT_SEGMENTS, 1, "seg" },  { UNIT_BYTES_PER_SEGMENT, 1, "B / 1seg" },
	{ UNIT_PAGES, 1, "pages" },
};

/* A number without a form stands alone, and `profile check` says what it lacks. */
static void format_number(const struct tunable *t, const char *value, char *buf, size_t len)
{
	const char *suffix = "";

	for (size_t i = 0; i < ARRAY_LEN(forms) && strcmp(value, "0") != 0; i++) {
		if (forms[i].unit == t->unit && forms[i].scale == t->scale)
			suffix = forms[i].suffix;
	}
	(void)snprintf(buf, len, "%s%s", value, suffix);
}

/* A list, a whole vector and a word are taken as they are. */
static int print_value(struct bytes *out, const struct imported_setting *s)
{
	char number[64];

	if (s->tunable->elements > 1 || s->tunable->unit == UNIT_TEXT)
		return print_quoted(out, s->value);
	format_number(s->tunable, s->value, number, sizeof(number));
	return print_quoted(out, number);
}

static int print_setting(struct bytes *out, const struct imported_setting *s)
{
	CLEANUP(bytes_done) struct bytes source = { 0 };
	int r = bytes_printf(out, "\t\t{ tunable = ");

	if (r == 0)
		r = import_origin_print(s->origin, &source);
	if (r == 0)
		r = print_quoted(out, s->name);
	if (r == 0)
		r = bytes_printf(out, "; %s = ", modes[s->mode]);
	if (r == 0)
		r = print_value(out, s);
	if (r == 0)
		r = bytes_printf(out, ";\n\t\t  why = \"The imported profile sets it.\";\n"
				      "\t\t  source = ");
	if (r == 0)
		r = print_quoted(out, source.data);
	return r == 0 ? bytes_printf(out, "; }") : r;
}

int import_note_print(const struct import_note *n, struct bytes *ret)
{
	int r = import_origin_print(n->origin, ret);

	return r == 0 ? bytes_printf(ret, ": %s: %s", n->what, n->why) : r;
}

static int print_notes(struct bytes *out, const char *heading, const struct import_note *notes,
		       size_t count)
{
	int r = count > 0 ? bytes_printf(out, "#\n# %s\n", heading) : 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		CLEANUP(bytes_done) struct bytes line = { 0 };

		r = import_note_print(&notes[i], &line);
		if (r == 0)
			r = print_comment(out, "  ", line.data);
	}
	return r;
}

int import_print(const struct import *im, struct bytes *out)
{
	int r = print_comment(out, "Imported by netwright profile import: ", im->name);

	if (r == 0)
		r = print_notes(out, "Not carried over:", im->left_out, im->left_out_count);
	if (r == 0)
		r = print_notes(out, "To look at:", im->remarks, im->remark_count);
	if (r == 0)
		r = bytes_printf(out, "\nprofile = {\n\tname = ");
	if (r == 0)
		r = print_quoted(out, im->name);
	if (r == 0)
		r = bytes_printf(out, ";\n\tsummary = ");
	if (r == 0)
		r = print_quoted(out, im->summary);
	if (r == 0)
		r = bytes_printf(out, ";\n\tsettings = (");
	for (size_t i = 0; i < im->count && r == 0; i++) {
		r = bytes_printf(out, "%s\n", i > 0 ? "," : "");
		if (r == 0)
			r = print_setting(out, &im->settings[i]);
	}
	return r == 0 ? bytes_printf(out, "\n\t);\n};\n") : r;
}
