#include "tunables/kernel_number.h"

#include <errno.h>
#include <string.h>

/* TMPBUFLEN - 2 of kernel/sysctl.c: with one more it cannot tell where the number ends. */
#define WORD_MAX 20

static unsigned int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	return c >= 'A' && c <= 'F' ? (unsigned int)(c - 'A') + 10 : UINT32_MAX;
}

/* _parse_integer_fixup_radix() of lib/kstrtox.c. Takes the prefix off; that of octal is a digit. */
static unsigned int take_base(struct text_span *digits)
{
	if (digits->len < 2 || digits->at[0] != '0')
		return 10;
	if (digits->len < 3 || (digits->at[1] != 'x' && digits->at[1] != 'X') ||
	    digit_of(digits->at[2]) > 15)
		return 8;
	digits->at += 2;
	digits->len -= 2;
	return 16;
}

static int parse_digits(struct text_span digits, unsigned int base, uint64_t *ret)
{
	uint64_t value = 0;

	if (digits.len == 0)
		return -EINVAL;
	for (size_t i = 0; i < digits.len; i++) {
		unsigned int digit = digit_of(digits.at[i]);

		if (digit >= base || value > (UINT64_MAX - digit) / base)
			return -EINVAL;
		value = value * base + digit;
	}
	*ret = value;
	return 0;
}

int kernel_number_parse(struct text_span word, int64_t *ret)
{
	bool negative = word.len > 0 && word.at[0] == '-';
	struct text_span digits = { word.at + (negative ? 1 : 0), word.len - (negative ? 1 : 0) };
	unsigned int base;
	uint64_t magnitude;

	if (word.len > WORD_MAX)
		return -EINVAL;
	base = take_base(&digits);
	if (parse_digits(digits, base, &magnitude) < 0)
		return -EINVAL;
	if (magnitude > INT64_MAX)
		return -ERANGE;
	*ret = negative ? -(int64_t)magnitude : (int64_t)magnitude;
	return 0;
}

int kernel_number_refused(const struct tunable *t, const char *value, struct text_span *ret_word)
{
	struct text_span rest = { value, strlen(value) }, word;
	int64_t number;

	if (t->type != TUNABLE_INTEGER && t->type != TUNABLE_BOOLEAN && t->type != TUNABLE_VECTOR)
		return 0;
	for (unsigned int i = 0; i < t->elements && text_next_word(&rest, &word); i++) {
		if (t->word != NULL && text_span_equal(word, t->word))
			continue;
		if (kernel_number_parse(word, &number) == -EINVAL) {
			*ret_word = word;
			return -EINVAL;
		}
	}
	return 0;
}
