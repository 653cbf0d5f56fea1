/* What the output is: how wide, and whether colours mean something there. */
#ifndef NETWRIGHT_CLI_TERMINAL_H
#define NETWRIGHT_CLI_TERMINAL_H

#include "cli/options.h"

#include <stdbool.h>
#include <stdio.h>

/* Width of output that goes to a file or a pipe. */
#define TERMINAL_WIDTH_FILE 100

struct terminal {
	FILE *out;
	unsigned int width; /* columns; COLUMNS, else what the terminal says, else 80 */
	bool is_tty;
	bool color; /* never for NO_COLOR (not empty), TERM=dumb or a file, unless
		     * --color=always */
};

void terminal_examine(FILE *out, enum color_choice color, struct terminal *ret);

#endif
