/* "Did you mean": the name nearest to a mistyped one, or the one whose last part it is. Pure. */
#ifndef NETWRIGHT_BASE_SUGGEST_H
#define NETWRIGHT_BASE_SUGGEST_H

#include <stddef.h>

#define SUGGEST_NAME_MAX 64 /* longer names are never suggested, nor suggested for */

/* Keeps the best of the names offered so far. Initialise with suggest_start(). */
struct suggestion {
	const char *wanted;
	size_t wanted_len;
	const char *best; /* NULL: nothing near enough */
	size_t distance;
};

/* `wanted` need not be terminated; it must live as long as the suggestion is used. */
struct suggestion suggest_start(const char *wanted, size_t len);
void suggest_offer(struct suggestion *s, const char *name);

/* Number of insertions, deletions, replacements and swaps of neighbours between two names of at
 * most SUGGEST_NAME_MAX characters. */
size_t suggest_distance(const char *a, size_t a_len, const char *b, size_t b_len);

#endif
