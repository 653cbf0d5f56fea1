#include "base/suggest.h"

#include <stdbool.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Optimal string alignment: three rows of the usual table, the oldest for swapped neighbours. */
size_t suggest_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][SUGGEST_NAME_MAX + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	memset(rows, 0, sizeof(rows));
	for (size_t j = 0; j <= b_len; j++)
		above[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *spare = before;

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t replaced = above[j - 1] + (a[i - 1] != b[j - 1]);

			row[j] = least(replaced, least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
		before = above;
		above = row;
		row = spare;
	}
	return above[b_len];
}

struct suggestion suggest_start(const char *wanted, size_t len)
{
	/* A third of the name may be wrong, and two letters of a short one: more than that and the
	 * suggestion puzzles rather than helps. */
	size_t tolerated = len / 3 > 2 ? len / 3 : 2;

	return (struct suggestion){
		.wanted = wanted, .wanted_len = len, .best = NULL, .distance = tolerated + 1
	};
}

/* "tcp_rmem" for "net.ipv4.tcp_rmem": right, but for what people leave out. */
static bool is_last_part(const struct suggestion *s, const char *name, size_t len)
{
	size_t start = len - s->wanted_len;

	return len > s->wanted_len + 1 && name[start - 1] == '.' &&
	       memcmp(name + start, s->wanted, s->wanted_len) == 0;
}

void suggest_offer(struct suggestion *s, const char *name)
{
	size_t len = strlen(name);
	size_t distance;

	if (len > SUGGEST_NAME_MAX || s->wanted_len > SUGGEST_NAME_MAX || s->wanted_len == 0)
		return;
	distance = is_last_part(s, name, len)
			   ? 1
			   : suggest_distance(s->wanted, s->wanted_len, name, len);
	if (distance < s->distance && distance < len) {
		s->best = name;
		s->distance = distance;
	}
}
