#include "daemon/logbook.h"

#include "base/text.h"

#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#define LINE_MAX_BYTES 1024

void logbook_init(struct logbook *l, FILE *out, const char *journal_stream)
{
	struct text_span rest, device;
	uint64_t dev = 0, ino = 0;
	struct stat st;
	const char *colon;

	*l = (struct logbook){ .out = out };
	colon = journal_stream != NULL ? strchr(journal_stream, ':') : NULL;
	if (colon == NULL || fileno(out) < 0 || fstat(fileno(out), &st) < 0)
		return;
	device = (struct text_span){ journal_stream, (size_t)(colon - journal_stream) };
	rest = (struct text_span){ colon + 1, strlen(colon + 1) };
	l->priorities = text_parse_u64(device.at, device.len, 10, &dev) == 0 &&
			text_parse_u64(rest.at, rest.len, 10, &ino) == 0 && dev == st.st_dev &&
			ino == st.st_ino;
}

void logbook_write(const struct logbook *l, enum logbook_level level, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES], printable[LINE_MAX_BYTES];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	text_copy_printable(printable, sizeof(printable), line, strlen(line));
	if (l->priorities)
		(void)fprintf(l->out, "<%d>", (int)level);
	(void)fprintf(l->out, "%s\n", printable);
	(void)fflush(l->out);
}

void logbook_complain(const struct logbook *l, enum logbook_level level,
		      struct logbook_complaint *c, const char *text)
{
	char cut[sizeof(c->text)];

	text_copy_printable(cut, sizeof(cut), text, strlen(text));
	if (cut[0] != '\0' && strcmp(cut, c->text) != 0)
		logbook_write(l, level, "%s", text);
	memcpy(c->text, cut, sizeof(cut));
}
