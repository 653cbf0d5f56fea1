#include "cli/progress.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ERASE_LINE "\r\033[K"

void progress_begin(struct progress *p, FILE *err, bool quiet)
{
	const char *term = getenv("TERM");
	bool overwrites = term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;

	p->visible = false;
	p->err = !quiet && overwrites && isatty(fileno(err)) == 1 ? err : NULL;
}

void progress_tell(struct progress *p, const char *words)
{
	if (p->err == NULL)
		return;
	(void)fprintf(p->err, ERASE_LINE "%s", words);
	(void)fflush(p->err);
	p->visible = true;
}

void progress_show(void *arg, double elapsed_s, double duration_s)
{
	char words[64];

	(void)snprintf(words, sizeof(words), "observing %.1f/%.0f s", elapsed_s, duration_s);
	progress_tell(arg, words);
}

void progress_end(struct progress *p)
{
	if (p->err == NULL || !p->visible)
		return;
	(void)fputs(ERASE_LINE, p->err);
	(void)fflush(p->err);
	p->visible = false;
}
