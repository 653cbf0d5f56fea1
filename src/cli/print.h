/* Text for people: wrapped paragraphs, labelled lines and values. */
#ifndef NETWRIGHT_CLI_PRINT_H
#define NETWRIGHT_CLI_PRINT_H

#include "base/unit.h"
#include "cli/terminal.h"
#include "measure/value.h"

#include <stdio.h>

/* Prints `len` bytes, control characters as '?': names of files, texts of rule books and words of
 * the command line must not drive a terminal. */
void print_tamed(FILE *out, const char *text, size_t len);

/* Prints `text` wrapped at blanks to `width` columns, and a newline. The cursor stands at `column`;
 * further lines are indented by `indent`. A newline in the text starts a new line. Words that do
 * not fit are not broken, so that commands and names can be copied whole, and a number stays with
 * its unit. Control characters are shown as '?'. */
void print_wrapped(FILE *out, unsigned int width, unsigned int column, unsigned int indent,
		   const char *text);

/* "         evidence  <wrapped text>": a line below a finding's first one. Nothing when the text
 * is NULL or empty. */
#define PRINT_INDENT	  9  /* the longest severity, "CRITICAL", and a blank */
#define PRINT_LABEL_WIDTH 10 /* the longest label, "evidence", and two blanks */
void print_labelled(const struct terminal *t, const char *label, const char *text);

/* A value for people: a number in its unit, a text, or "unknown". Returns buf. */
#define PRINT_VALUE_MAX 128
const char *print_value(enum unit unit, struct value value, char *buf, size_t len);

/* "1 path", "3 paths". Returns buf. */
const char *print_count(size_t n, const char *noun, char *buf, size_t len);

/* After everything was printed, which came to `printed`, 0 or a negative errno: 0 when it has
 * reached its reader, else what is wrong, -EIO when nobody knows. */
int print_flush(int printed, FILE *out);

#endif
