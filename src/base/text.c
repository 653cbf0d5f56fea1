#include "base/text.h"

#include "base/unit.h"

#include <errno.h>
#include <string.h>

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int text_parse_u64(const char *text, size_t len, unsigned int base, uint64_t *ret)
{
	uint64_t value = 0;
	bool overflow = false;
	size_t i;

	if (len == 0 || (base != 8 && base != 10 && base != 16))
		return -EINVAL;
	for (i = 0; i < len; i++) {
		int digit = digit_value(text[i]);

		if (digit < 0 || (unsigned int)digit >= base)
			return -EINVAL;
		/* Read on after an overflow: "99999999999999999999x" is no number at all. */
		if (value > (UINT64_MAX - (unsigned int)digit) / base)
			overflow = true;
		else
			value = value * base + (unsigned int)digit;
	}
	if (overflow)
		return -ERANGE;
	*ret = value;
	return 0;
}

int text_parse_i64(const char *text, size_t len, int64_t *ret)
{
	bool negative = len > 0 && text[0] == '-';
	uint64_t limit = (uint64_t)INT64_MAX + (negative ? 1 : 0);
	uint64_t magnitude;
	int r;

	r = text_parse_u64(text + (negative ? 1 : 0), len - (negative ? 1 : 0), 10, &magnitude);
	if (r < 0)
		return r;
	if (magnitude > limit)
		return -ERANGE;
	/* Negated one short of the magnitude, because -INT64_MIN does not exist. */
	if (negative && magnitude > 0)
		*ret = -(int64_t)(magnitude - 1) - 1;
	else
		*ret = (int64_t)magnitude;
	return 0;
}

int text_parse_duration(const char *text, double max_seconds, double *ret_seconds)
{
	static const struct dimension second = { .second = 1 };
	size_t len = strlen(text), used;
	struct dimension dim;
	double value;
	int r;

	r = unit_parse(text, len, &value, &dim, &used);
	if (r < 0)
		return r;
	if (used != len)
		return -EINVAL;
	/* "5%" and "5x" are pure numbers too, but no bare ones. */
	if (!dimension_equal(dim, second) &&
	    (!dimension_is_none(dim) || digit_value(text[len - 1]) < 0))
		return -EINVAL;
	if (!(value > 0.0) || value > max_seconds)
		return -ERANGE;
	*ret_seconds = value;
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool text_next_word(struct text_span *rest, struct text_span *ret_word)
{
	const char *at = rest->at;
	size_t len = rest->len;
	size_t n = 0;

	while (len > 0 && is_blank(*at)) {
		at++;
		len--;
	}
	while (n < len && !is_blank(at[n]))
		n++;
	rest->at = at + n;
	rest->len = len - n;
	if (n == 0)
		return false;
	*ret_word = (struct text_span){ at, n };
	return true;
}

bool text_next_line(struct text_span *rest, struct text_span *ret_line)
{
	const char *newline;
	size_t n;

	if (rest->len == 0)
		return false;
	newline = memchr(rest->at, '\n', rest->len);
	n = newline != NULL ? (size_t)(newline - rest->at) : rest->len;
	*ret_line = (struct text_span){ rest->at, n };
	if (newline != NULL)
		n++;
	rest->at += n;
	rest->len -= n;
	return true;
}

size_t text_count_lines(struct text_span text)
{
	struct text_span line;
	size_t n = 0;

	while (text_next_line(&text, &line))
		n++;
	return n;
}

bool text_span_equal(struct text_span span, const char *word)
{
	return strlen(word) == span.len && (span.len == 0 || memcmp(span.at, word, span.len) == 0);
}

bool text_same_words(const char *a, const char *b)
{
	struct text_span x = { a, strlen(a) }, y = { b, strlen(b) }, v, w;
	bool more;

	for (;;) {
		more = text_next_word(&x, &v);
		if (more != text_next_word(&y, &w))
			return false;
		if (!more)
			return true;
		if (v.len != w.len || memcmp(v.at, w.at, v.len) != 0)
			return false;
	}
}

static bool is_line_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

struct text_span text_span_trim(struct text_span span)
{
	while (span.len > 0 && is_line_blank(span.at[0]))
		span = (struct text_span){ span.at + 1, span.len - 1 };
	while (span.len > 0 && is_line_blank(span.at[span.len - 1]))
		span.len--;
	return span;
}

bool text_split_setting(struct text_span line, struct text_span *ret_key,
			struct text_span *ret_value)
{
	const char *equals = line.len > 0 ? memchr(line.at, '=', line.len) : NULL;
	size_t key_len;

	if (equals == NULL)
		return false;
	key_len = (size_t)(equals - line.at);
	*ret_key = text_span_trim((struct text_span){ line.at, key_len });
	*ret_value = text_span_trim((struct text_span){ equals + 1, line.len - key_len - 1 });
	return true;
}

bool text_is_printable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] < ' ' || text[i] > '~')
			return false;
	}
	return true;
}

void text_copy_printable(char *dst, size_t size, const char *src, size_t len)
{
	size_t i;

	if (size == 0)
		return;
	for (i = 0; i < len && i < size - 1 && src[i] != '\0'; i++)
		dst[i] = (char)(src[i] < ' ' || src[i] > '~' ? '?' : src[i]);
	dst[i] = '\0';
}
