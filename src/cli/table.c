#include "cli/table.h"

#include "base/array.h"
#include "cli/print.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define COLUMN_GAP 2

void table_init(struct table *t, const struct table_column *columns, size_t column_count)
{
	*t = (struct table){ .columns = columns, .column_count = column_count };
}

int table_add(struct table *t, const char *const *cells)
{
	char **grown = array_grow(t->cells, t->row_count, &t->row_capacity,
				  t->column_count * sizeof(*grown));
	char **row;

	if (grown == NULL)
		return -ENOMEM;
	t->cells = grown;
	row = t->cells + t->row_count * t->column_count;
	for (size_t i = 0; i < t->column_count; i++) {
		row[i] = strdup(cells[i]);
		if (row[i] == NULL) {
			while (i-- > 0)
				free(row[i]);
			return -ENOMEM;
		}
	}
	t->row_count++;
	return 0;
}

static void measure_columns(const struct table *t, size_t *widths)
{
	for (size_t c = 0; c < t->column_count; c++) {
		widths[c] = strlen(t->columns[c].title);
		for (size_t r = 0; r < t->row_count; r++) {
			size_t len = strlen(t->cells[r * t->column_count + c]);

			if (len > widths[c])
				widths[c] = len;
		}
	}
}

static void print_padding(FILE *out, size_t blanks)
{
	(void)fprintf(out, "%*s", (int)blanks, "");
}

/* A line ends at the first cell that does not fit. A text is cut there, a number is not begun: half
 * of one would be another number. */
static void print_line(const struct table *t, FILE *out, const size_t *widths,
		       const char *const *cells, size_t room)
{
	for (size_t c = 0; c < t->column_count; c++) {
		size_t gap = c > 0 ? COLUMN_GAP : 0;
		size_t len = strlen(cells[c]);
		bool right = t->columns[c].right;

		if (gap + (right ? widths[c] : 1) > room)
			break;
		print_padding(out, gap);
		room -= gap;
		if (right)
			print_padding(out, widths[c] - len);
		if (len > room)
			len = room;
		print_tamed(out, cells[c], len);
		if (!right && c + 1 < t->column_count && widths[c] <= room)
			print_padding(out, widths[c] - len);
		room = widths[c] < room ? room - widths[c] : 0;
	}
	(void)fputc('\n', out);
}

void table_print(const struct table *t, FILE *out, unsigned int indent, unsigned int width)
{
	size_t widths[TABLE_COLUMNS_MAX];
	const char *titles[TABLE_COLUMNS_MAX];
	size_t room = width == 0 ? 1u << 20 : (width > indent ? width - indent : 0);

	if (t->row_count == 0)
		return;
	measure_columns(t, widths);
	for (size_t c = 0; c < t->column_count; c++)
		titles[c] = t->columns[c].title;
	(void)fprintf(out, "%*s", (int)indent, "");
	print_line(t, out, widths, titles, room);
	for (size_t r = 0; r < t->row_count; r++) {
		(void)fprintf(out, "%*s", (int)indent, "");
		print_line(t, out, widths, (const char *const *)(t->cells + r * t->column_count),
			   room);
	}
}

void table_done(struct table *t)
{
	for (size_t i = 0; i < t->row_count * t->column_count; i++)
		free(t->cells[i]);
	free(t->cells);
	*t = (struct table){ 0 };
}
