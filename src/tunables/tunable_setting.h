/* Values of tunables as text: from what people write to what the kernel is given, and comparing
 * what it shows. Pure.
 *
 * The kernel's own parsing is not to be relied on: it reads "010" as 8, "4096 5" as 4096, sets two
 * elements of tcp_rmem when given two, and takes bounds in any order (measured on Linux 6.18). So
 * nothing is handed to it that has not been through tunable_parse().
 */
#ifndef NETWRIGHT_TUNABLES_TUNABLE_SETTING_H
#define NETWRIGHT_TUNABLES_TUNABLE_SETTING_H

#include "base/error.h"
#include "tunables/catalogue.h"

#include <stdbool.h>

/* The canonical text of a whole value: decimal, one blank between elements, no newline. Empty for
 * an empty set of ports only. Write it with a newline after it: a write of no bytes changes
 * nothing. */
struct tunable_setting {
	char text[TUNABLE_TEXT_MAX];
};

/* The whole value that a person wrote. A bare number is in the kernel's own unit; one with a unit
 * ("64MiB", "200ms", "20%") must be of the tunable's dimension and come out whole; what is 0 or 1
 * may be on or off. Returns 0, or -EINVAL, -ERANGE or -E2BIG with a sentence in *e that says what
 * is accepted. */
int tunable_parse(const struct tunable *t, const char *text, struct tunable_setting *ret,
		  struct error *e);

/* `current`, as the kernel shows it, with one element replaced by what a person wrote. The element
 * must be below t->elements. Errors as above, and -EINVAL when `current` is not a whole value. */
int tunable_parse_element(const struct tunable *t, unsigned int element, const char *current,
			  const char *text, struct tunable_setting *ret, struct error *e);

/* Whether two texts, as the kernel shows them or canonical, mean the same value: the same numbers,
 * the same words, or for sets the same members in whatever order. */
bool tunable_text_equal(const struct tunable *t, const char *a, const char *b);

/* Whether every element of `now` is that of `from` or that of `to`: a vector that we were writing,
 * however far we came. Texts that are no vectors have one element. */
bool tunable_text_between(const struct tunable *t, const char *now, const char *from,
			  const char *to);

/* For people: "4096 B, 128 KiB, 6 MiB", "200 ms"; the text itself where there is no unit or the
 * text is no value. Always terminates; returns buf. */
const char *tunable_text_describe(const struct tunable *t, const char *text, char *buf, size_t len);

#endif
