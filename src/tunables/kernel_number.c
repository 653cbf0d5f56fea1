#include "tunables/kernel_number.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* TMPBUFLEN - 2 of kernel/sysctl.c: with one more it cannot tell where the number ends. */
#define WORD_MAX 20

/* _parse_integer_fixup_radix() of lib/kstrtox.c. Takes the prefix off; that of octal is a digit. */
static unsigned int take_base(struct text_span *digits)
{
	if (digits->len < 2 || digits->at[0] != '0')
		return 10;
	if (digits->len < 3 || (digits->at[1] != 'x' && digits->at[1] != 'X') ||
	    isxdigit((unsigned char)digits->at[2]) == 0)
		return 8;
	digits->at += 2;
	digits->len -= 2;
	return 16;
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
	if (text_parse_u64(digits.at, digits.len, base, &magnitude) < 0)
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
