/* One line on the terminal that says how far an observation is. */
#ifndef NETWRIGHT_CLI_PROGRESS_H
#define NETWRIGHT_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdio.h>

struct progress {
	FILE *err;    /* NULL: nothing is shown */
	bool visible; /* a line stands there now */
};

/* Shows progress only where a line can be overwritten: `err` is a terminal and TERM is not dumb. */
void progress_begin(struct progress *p, FILE *err, bool quiet);
/* For live_options.progress; `arg` is the struct progress. */
void progress_show(void *arg, double elapsed_s, double duration_s);
/* Shows these words instead. */
void progress_tell(struct progress *p, const char *words);
/* Erases the line. */
void progress_end(struct progress *p);

#endif
