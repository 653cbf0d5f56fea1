#include "cli/print.h"

#include "base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* Columns that a word takes: bytes that continue a UTF-8 character take none. */
static unsigned int word_columns(const char *word, size_t len)
{
	unsigned int columns = 0;

	for (size_t i = 0; i < len; i++)
		columns += ((unsigned char)word[i] & 0xc0) != 0x80;
	return columns;
}

/* How much of the text is not to be broken: a word, and after a number the unit or noun that it
 * counts ("54.8 us", "3 flows"). */
static size_t unbreakable(const char *text)
{
	size_t len = strcspn(text, " \n");
	bool number = strspn(text, "0123456789.,<>()+-") == len &&
		      strcspn(text, "0123456789") < len;

	if (number && text[len] == ' ' && strchr(" \n", text[len + 1]) == NULL)
		len += 1 + strcspn(text + len + 1, " \n");
	return len;
}

void print_tamed(FILE *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		(void)fputc(c < 0x20 || c == 0x7f ? '?' : c, out);
	}
}

void print_wrapped(FILE *out, unsigned int width, unsigned int column, unsigned int indent,
		   const char *text)
{
	bool at_start = true;

	while (*text != '\0') {
		size_t len;
		unsigned int columns;

		if (*text == '\n') {
			(void)fprintf(out, "\n%*s", text[1] != '\n' ? (int)indent : 0, "");
			column = indent;
			at_start = true;
			text++;
			continue;
		}
		if (*text == ' ') {
			text++;
			continue;
		}
		len = unbreakable(text);
		columns = word_columns(text, len);
		if (!at_start && column + 1 + columns > width) {
			(void)fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!at_start) {
			(void)fputc(' ', out);
			column++;
		}
		print_tamed(out, text, len);
		column += columns;
		at_start = false;
		text += len;
	}
	(void)fputc('\n', out);
}

void print_labelled(const struct terminal *t, const char *label, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	(void)fprintf(t->out, "%*s%-*s", PRINT_INDENT, "", PRINT_LABEL_WIDTH, label);
	print_wrapped(t->out, t->width, PRINT_INDENT + PRINT_LABEL_WIDTH,
		      PRINT_INDENT + PRINT_LABEL_WIDTH, text);
}

const char *print_value(enum unit unit, struct value value, char *buf, size_t len)
{
	switch (value.kind) {
	case VALUE_NUMBER:
		return unit_format(unit, value.number, buf, len);
	case VALUE_TEXT:
		text_copy_printable(buf, len, value.text, strlen(value.text));
		return buf;
	case VALUE_UNKNOWN:
	default:
		(void)snprintf(buf, len, "unknown");
		return buf;
	}
}

const char *print_count(size_t n, const char *noun, char *buf, size_t len)
{
	(void)snprintf(buf, len, "%zu %s%s", n, noun, n == 1 ? "" : "s");
	return buf;
}

int print_flush(int printed, FILE *out)
{
	if (printed != 0)
		return printed;
	errno = 0;
	if (fflush(out) == 0 && !ferror(out))
		return 0;
	return errno != 0 ? -errno : -EIO;
}
