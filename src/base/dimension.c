/* Dimensions of units: arithmetic on exponents, and their names. Declared in base/unit.h. */
#include "base/cleanup.h"
#include "base/unit.h"

#include <stdio.h>
#include <string.h>

/* Far beyond any meaning, and far from the ends of int8_t. */
enum { EXPONENT_MAX = 100 };

bool dimension_equal(struct dimension a, struct dimension b)
{
	return a.byte == b.byte && a.second == b.second && a.segment == b.segment &&
	       a.page == b.page;
}

bool dimension_is_none(struct dimension d)
{
	return dimension_equal(d, (struct dimension){ 0 });
}

static int8_t combine_exponent(int8_t a, int8_t b, int sign)
{
	int sum = sign < 0 ? a - b : a + b;

	if (sum > EXPONENT_MAX)
		sum = EXPONENT_MAX;
	if (sum < -EXPONENT_MAX)
		sum = -EXPONENT_MAX;
	return (int8_t)sum;
}

struct dimension dimension_combine(struct dimension a, struct dimension b, int sign)
{
	return (struct dimension){
		.byte = combine_exponent(a.byte, b.byte, sign),
		.second = combine_exponent(a.second, b.second, sign),
		.segment = combine_exponent(a.segment, b.segment, sign),
		.page = combine_exponent(a.page, b.page, sign),
	};
}

/* Appends to the text in buf, cutting at its end. */
static void append(char *buf, size_t len, const char *text)
{
	size_t used = strnlen(buf, len);

	if (used < len)
		(void)snprintf(buf + used, len - used, "%s", text);
}

static void append_power(char *buf, size_t len, const char *name, int exponent)
{
	char power[16];

	append(buf, len, name);
	if (exponent > 1) {
		(void)snprintf(power, sizeof(power), "^%d", exponent);
		append(buf, len, power);
	}
}

const char *dimension_format(struct dimension d, char *buf, size_t len)
{
	const struct {
		const char *plural, *singular;
		int exponent;
	} bases[] = {
		{ "bytes", "byte", d.byte },
		{ "seconds", "second", d.second },
		{ "segments", "segment", d.segment },
		{ "pages", "page", d.page },
	};
	size_t i;

	if (len == 0)
		return buf;
	buf[0] = '\0';
	if (dimension_is_none(d)) {
		append(buf, len, "pure number");
		return buf;
	}
	for (i = 0; i < ARRAY_LEN(bases); i++) {
		if (bases[i].exponent <= 0)
			continue;
		append(buf, len, buf[0] != '\0' ? "*" : "");
		append_power(buf, len, bases[i].plural, bases[i].exponent);
	}
	append(buf, len, buf[0] == '\0' ? "1" : "");
	for (i = 0; i < ARRAY_LEN(bases); i++) {
		if (bases[i].exponent >= 0)
			continue;
		append(buf, len, "/");
		append_power(buf, len, bases[i].singular, -bases[i].exponent);
	}
	return buf;
}
