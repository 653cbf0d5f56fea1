#include "cli/terminal.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Below this the hanging indents leave no room for text. */
#define WIDTH_MIN     50
#define WIDTH_MAX     500
#define WIDTH_DEFAULT 80

static unsigned int tty_width(int fd)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;
	uint64_t width = 0;

	if (columns == NULL || text_parse_u64(columns, strlen(columns), 10, &width) < 0 ||
	    width == 0)
		width = ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
	if (width == 0)
		return WIDTH_DEFAULT;
	if (width < WIDTH_MIN)
		return WIDTH_MIN;
	return width > WIDTH_MAX ? WIDTH_MAX : (unsigned int)width;
}

static bool tty_has_color(void)
{
	const char *no_color = getenv("NO_COLOR"); /* https://no-color.org */
	const char *term = getenv("TERM");

	if (no_color != NULL && no_color[0] != '\0')
		return false;
	return term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;
}

void terminal_examine(FILE *out, enum color_choice color, struct terminal *ret)
{
	int fd = fileno(out); /* -1 for streams in memory */

	ret->out = out;
	ret->is_tty = fd >= 0 && isatty(fd) == 1;
	ret->width = ret->is_tty ? tty_width(fd) : TERMINAL_WIDTH_FILE;
	ret->color = color == COLOR_ALWAYS ||
		     (color == COLOR_AUTO && ret->is_tty && tty_has_color());
}
