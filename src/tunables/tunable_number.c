#include "tunables/tunable_number.h"

#include "base/unit.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 48  /* of a word in a message */
#define RANGE_MAX 160 /* of a range in a message */

/* What a number with a unit may be off a whole number of the kernel's: 0.2 s is 200000.00000000003
 * microseconds in binary. */
#define WHOLE_TOLERANCE 1e-6

const char *tunable_number_range(const struct tunable *t, char *buf, size_t len)
{
	char low[48], high[48];
	int n = snprintf(buf, len, "%" PRId64 " to %" PRId64, t->minimum, t->maximum);

	if (t->unit == UNIT_COUNT || n < 0 || (size_t)n >= len)
		return buf;
	(void)snprintf(
		buf + n, len - (size_t)n, " (%s to %s)",
		unit_format(t->unit, tunable_from_kernel(t, t->minimum), low, sizeof(low)),
		unit_format(t->unit, tunable_from_kernel(t, t->maximum), high, sizeof(high)));
	return buf;
}

static int refuse(const struct tunable *t, int code, struct text_span word, const char *why,
		  struct error *e)
{
	char shown[SHOWN_MAX], range[RANGE_MAX];

	text_copy_printable(shown, sizeof(shown), word.at, word.len);
	return error_set(e, code, ERROR_INPUT, t->name, "\"%s\" %s; give %s", shown, why,
			 tunable_number_range(t, range, sizeof(range)));
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Marks of other notations, which the kernel would read as something else. */
static const char *foreign_notation(struct text_span digits)
{
	if (digits.len == 0)
		return "is no number";
	if (digits.len > 1 && digits.at[0] == '0' && (digits.at[1] == 'x' || digits.at[1] == 'X'))
		return "is hexadecimal, and numbers here are decimal";
	if (digits.len > 1 && digits.at[0] == '0' && is_digit(digits.at[1]))
		return "begins with 0, which the kernel would read as octal";
	return is_digit(digits.at[0]) ? NULL : "is no number";
}

/* Whether a number with a unit of dimension `d` can be one of this tunable. A ratio and a count are
 * both pure numbers, but 50 % of a count is nothing. */
static bool dimension_fits(const struct tunable *t, struct dimension d)
{
	return t->unit != UNIT_COUNT && dimension_equal(d, unit_info(t->unit)->dim);
}

static int parse_with_unit(const struct tunable *t, struct text_span digits, struct text_span word,
			   double *ret, struct error *e)
{
	struct dimension dim;
	char name[64], why[128];
	double base, kernel;
	size_t used;
	int r = unit_parse(digits.at, digits.len, &base, &dim, &used);

	if (r == -ERANGE)
		return refuse(t, r, word, "is too large", e);
	if (r < 0 || used != digits.len)
		return refuse(t, -EINVAL, word, "has no known unit", e);
	if (is_digit(digits.at[digits.len - 1]))
		return refuse(t, -EINVAL, word, "is no whole number", e);
	if (!dimension_fits(t, dim)) {
		if (t->unit == UNIT_COUNT)
			return refuse(t, -EINVAL, word, "has a unit, and this is a plain number",
				      e);
		(void)snprintf(why, sizeof(why), "is not in %s",
			       dimension_format(unit_info(t->unit)->dim, name, sizeof(name)));
		return refuse(t, -EINVAL, word, t->unit == UNIT_RATIO ? "is no share" : why, e);
	}
	kernel = base / t->scale;
	if (fabs(kernel - round(kernel)) > WHOLE_TOLERANCE + 4 * DBL_EPSILON * fabs(kernel))
		return refuse(t, -EINVAL, word, "is no whole number of the kernel's units", e);
	*ret = round(kernel);
	return 0;
}

static bool rounding_fits(const struct tunable *t, int64_t n)
{
	switch (t->rounding) {
	case TUNABLE_ROUND_POWER_OF_TWO:
		return n >= 0 && (n & (n - 1)) == 0;
	case TUNABLE_ROUND_MULTIPLE_OF_512:
		return n % 512 == 0;
	case TUNABLE_ROUND_NONE:
		break;
	}
	return true;
}

static int check(const struct tunable *t, struct text_span word, int64_t number, struct error *e)
{
	if (number < 0 && t->minimum >= 0)
		return refuse(t, -ERANGE, word, "is negative", e);
	if (number < t->minimum || number > t->maximum)
		return refuse(t, -ERANGE, word, "is out of range", e);
	if (!rounding_fits(t, number))
		return refuse(t, -EINVAL, word,
			      t->rounding == TUNABLE_ROUND_POWER_OF_TWO
				      ? "is no power of two, and the kernel would change it"
				      : "is no multiple of 512, and the kernel would change it",
			      e);
	return 0;
}

int tunable_number_parse(const struct tunable *t, struct text_span word, int64_t *ret,
			 struct error *e)
{
	bool negative = word.len > 0 && word.at[0] == '-';
	struct text_span digits = { word.at + (negative ? 1 : 0), word.len - (negative ? 1 : 0) };
	const char *foreign = foreign_notation(digits);
	int64_t number = 0;
	double large;
	int r;

	if (foreign != NULL)
		return refuse(t, -EINVAL, word, foreign, e);
	r = text_parse_i64(word.at, word.len, &number);
	if (r == -ERANGE)
		return refuse(t, r, word, "is out of range", e);
	if (r < 0) {
		r = parse_with_unit(t, digits, word, &large, e);
		if (r < 0)
			return r;
		/* (double)INT64_MAX is above INT64_MAX */
		if (large >= (double)INT64_MAX)
			return refuse(t, -ERANGE, word, "is out of range", e);
		number = negative ? -(int64_t)large : (int64_t)large;
	}
	r = check(t, word, number, e);
	if (r == 0)
		*ret = number;
	return r;
}
