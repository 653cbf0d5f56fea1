/* Comparing and describing what the kernel shows. Declared in tunable_setting.h. */
#include "base/port_set.h"
#include "base/text.h"
#include "tunables/tunable_setting.h"

#include <stdio.h>
#include <string.h>

/* Without the newline that files end with. */
static struct text_span value_of(const char *text)
{
	return (struct text_span){ text, strcspn(text, "\n") };
}

static bool same_bytes(struct text_span a, struct text_span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static bool same_word(struct text_span a, struct text_span b)
{
	int64_t x, y;

	if (text_parse_i64(a.at, a.len, &x) == 0 && text_parse_i64(b.at, b.len, &y) == 0)
		return x == y;
	return same_bytes(a, b);
}

static bool same_sequence(const char *a, const char *b)
{
	struct text_span rest_a = value_of(a), rest_b = value_of(b), word_a, word_b;

	for (;;) {
		bool more_a = text_next_word(&rest_a, &word_a);
		bool more_b = text_next_word(&rest_b, &word_b);

		if (more_a != more_b)
			return false;
		if (!more_a)
			return true;
		if (!same_word(word_a, word_b))
			return false;
	}
}

/* Whether every word of `part` is one of `whole`. */
static bool includes(const char *whole, const char *part)
{
	struct text_span rest = value_of(part), word;

	while (text_next_word(&rest, &word)) {
		struct text_span others = value_of(whole), other;
		bool found = false;

		while (!found && text_next_word(&others, &other))
			found = same_bytes(word, other);
		if (!found)
			return false;
	}
	return true;
}

static bool same_ports(const char *a, const char *b)
{
	struct text_span x = value_of(a), y = value_of(b);
	struct port_set ports_a, ports_b;
	const char *problem;

	if (port_set_parse(x.at, x.len, &ports_a, &problem) < 0 ||
	    port_set_parse(y.at, y.len, &ports_b, &problem) < 0)
		return same_bytes(x, y);
	return memcmp(&ports_a, &ports_b, sizeof(ports_a)) == 0;
}

bool tunable_text_equal(const struct tunable *t, const char *a, const char *b)
{
	if (t->type == TUNABLE_TOKENS)
		return includes(a, b) && includes(b, a);
	if (t->type == TUNABLE_PORTS)
		return same_ports(a, b);
	return same_sequence(a, b);
}

bool tunable_text_between(const struct tunable *t, const char *now, const char *from,
			  const char *to)
{
	struct text_span rest_now = value_of(now), rest_from = value_of(from),
			 rest_to = value_of(to);
	struct text_span word_now, word_from, word_to;

	if (t->type != TUNABLE_VECTOR)
		return tunable_text_equal(t, now, from) || tunable_text_equal(t, now, to);
	for (unsigned int i = 0; i < t->elements; i++) {
		if (!text_next_word(&rest_now, &word_now) ||
		    !text_next_word(&rest_from, &word_from) || !text_next_word(&rest_to, &word_to))
			return false;
		if (!same_word(word_now, word_from) && !same_word(word_now, word_to))
			return false;
	}
	return !text_next_word(&rest_now, &word_now);
}

const char *tunable_text_describe(const struct tunable *t, const char *text, char *buf, size_t len)
{
	struct text_span rest = value_of(text), word;
	size_t used = 0;
	char number[48];

	while (t->unit != UNIT_TEXT && t->unit != UNIT_COUNT && text_next_word(&rest, &word)) {
		int64_t kernel;
		int n;

		if (text_parse_i64(word.at, word.len, &kernel) < 0) {
			used = 0;
			break;
		}
		n = snprintf(buf + used, len - used, "%s%s", used > 0 ? ", " : "",
			     unit_format(t->unit, tunable_from_kernel(t, kernel), number,
					 sizeof(number)));
		if (n < 0 || (size_t)n >= len - used)
			return buf;
		used += (size_t)n;
	}
	if (used == 0)
		text_copy_printable(buf, len, text, value_of(text).len);
	return buf;
}
