#include "base/unit.h"

#include "base/cleanup.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct unit_info units[UNITS] = {
	[UNIT_COUNT] = { "count", "", "count", 1, { 0 } },
	[UNIT_RATIO] = { "ratio", "", "ratio", 1, { 0 } },
	[UNIT_FACTOR] = { "factor", "", "factor", 1, { 0 } },
	[UNIT_BYTES] = { "bytes", "_bytes", "bytes", 1, { .byte = 1 } },
	[UNIT_SECONDS] = { "seconds", "_us", "us", 1e6, { .second = 1 } },
	[UNIT_RATE] = { "bit/s", "_bps", "bps", 8, { .byte = 1, .second = -1 } },
	[UNIT_PER_SECOND] = { "per second", "_per_second", "per_second", 1, { .second = -1 } },
	[UNIT_SEGMENTS] = { "segments", "_segments", "segments", 1, { .segment = 1 } },
	[UNIT_SEGMENTS_PER_SECOND] = { "segments per second",
				       "_segments_per_second",
				       "segments_per_second",
				       1,
				       { .second = -1, .segment = 1 } },
	[UNIT_BYTES_PER_SEGMENT] = { "bytes per segment",
				     "_bytes_per_segment",
				     "bytes_per_segment",
				     1,
				     { .byte = 1, .segment = -1 } },
	[UNIT_PAGES] = { "pages", "_pages", "pages", 1, { .page = 1 } },
	[UNIT_BYTES_PER_PAGE] = { "bytes per page",
				  "_bytes_per_page",
				  "bytes_per_page",
				  1,
				  { .byte = 1, .page = -1 } },
	[UNIT_TEXT] = { "text", "", "text", 1, { 0 } },
};

const struct unit_info *unit_info(enum unit unit)
{
	return &units[unit];
}

/* Steps of printing: a value uses the last row of its unit in which it is at least `least`. */
struct print_step {
	enum unit unit;
	double size; /* of one, in base units */
	double least;
	const char *suffix;
};

/* Bytes stay plain below 10 KiB (an MTU of 1500, an MSS of 1448); seconds below two minutes and
 * minutes below two hours (a FIN timeout of 60 s), because that is how people name them.
 */
static const struct print_step print_steps[] = {
	{ UNIT_COUNT, 1, 0, "" },
	{ UNIT_FACTOR, 1, 0, " x" },
	{ UNIT_BYTES, 1, 0, " B" },
	{ UNIT_BYTES, 1024, 10, " KiB" },
	{ UNIT_BYTES, 1048576, 1, " MiB" },
	{ UNIT_BYTES, 1073741824, 1, " GiB" },
	{ UNIT_BYTES, 1099511627776, 1, " TiB" },
	{ UNIT_SECONDS, 1e-6, 0, " us" },
	{ UNIT_SECONDS, 1e-3, 1, " ms" },
	{ UNIT_SECONDS, 1, 1, " s" },
	{ UNIT_SECONDS, 60, 2, " min" },
	{ UNIT_SECONDS, 3600, 2, " h" },
	{ UNIT_RATE, 1.0 / 8, 0, " bit/s" },
	{ UNIT_RATE, 1e3 / 8, 1, " Kbit/s" },
	{ UNIT_RATE, 1e6 / 8, 1, " Mbit/s" },
	{ UNIT_RATE, 1e9 / 8, 1, " Gbit/s" },
	{ UNIT_RATE, 1e12 / 8, 1, " Tbit/s" },
	{ UNIT_PER_SECOND, 1, 0, "/s" },
	{ UNIT_SEGMENTS, 1, 0, " seg" },
	{ UNIT_SEGMENTS_PER_SECOND, 1, 0, " seg/s" },
	{ UNIT_BYTES_PER_SEGMENT, 1, 0, " B/seg" },
	{ UNIT_PAGES, 1, 0, " pages" },
	{ UNIT_BYTES_PER_PAGE, 1, 0, " B/page" },
	{ UNIT_TEXT, 1, 0, "" },
};

/* Decimals that give `value` three significant digits; whole numbers are never rounded. */
static int decimals_of(double value)
{
	double exponent;

	if (value == 0.0)
		return 0;
	exponent = floor(log10(value));
	/* 99.96 has two digits before the point but would print three and one decimal. */
	if (value >= 9.995 * pow(10, exponent))
		exponent += 1;
	return exponent >= 2 ? 0 : (int)(2 - exponent);
}

static void strip_zeros(char *number)
{
	char *end = number + strlen(number);

	if (strchr(number, '.') == NULL)
		return;
	while (end[-1] == '0')
		end--;
	if (end[-1] == '.')
		end--;
	*end = '\0';
}

/* `value` is not negative; below a millionth or above 2^53 digits would be noise. */
static void format_number(double value, char *buf, size_t len)
{
	if (value != 0.0 && (value < 1e-6 || value > 9007199254740992.0)) {
		(void)snprintf(buf, len, "%.3g", value);
		return;
	}
	(void)snprintf(buf, len, "%.*f", decimals_of(value), value);
	strip_zeros(buf);
}

static void format_percent(double percent, char *buf, size_t len)
{
	/* A loss that rounds to nothing is still a loss. */
	if (percent > 0.0 && percent < 0.005)
		(void)snprintf(buf, len, "<0.01");
	else
		(void)snprintf(buf, len, "%.*f", percent < 9.995 ? 2 : (percent < 99.95 ? 1 : 0),
			       percent);
}

static bool step_fits(const struct print_step *step, double value)
{
	char rounded[48];

	format_number(value / step->size, rounded, sizeof(rounded));
	return strtod(rounded, NULL) >= step->least;
}

const char *unit_format(enum unit unit, double value, char *buf, size_t len)
{
	const struct print_step *step = NULL;
	const char *sign = value < 0.0 ? "-" : "";
	double magnitude = fabs(value);
	char number[48];
	size_t i;

	if (!isfinite(value)) {
		(void)snprintf(buf, len, "unknown");
		return buf;
	}
	if (unit == UNIT_RATIO) {
		format_percent(magnitude * 100, number, sizeof(number));
		(void)snprintf(buf, len, "%s%s %%", sign, number);
		return buf;
	}
	for (i = 0; i < ARRAY_LEN(print_steps); i++) {
		if (print_steps[i].unit == unit && step_fits(&print_steps[i], magnitude))
			step = &print_steps[i];
	}
	format_number(step != NULL ? magnitude / step->size : magnitude, number, sizeof(number));
	(void)snprintf(buf, len, "%s%s%s", sign, number, step != NULL ? step->suffix : "");
	return buf;
}

struct suffix {
	const char *name;
	double size;
	struct dimension dim;
};

static const struct suffix suffixes[] = {
	{ "B", 1, { .byte = 1 } },
	{ "KiB", 1024, { .byte = 1 } },
	{ "MiB", 1048576, { .byte = 1 } },
	{ "GiB", 1073741824, { .byte = 1 } },
	{ "TiB", 1099511627776, { .byte = 1 } },
	{ "KB", 1e3, { .byte = 1 } },
	{ "MB", 1e6, { .byte = 1 } },
	{ "GB", 1e9, { .byte = 1 } },
	{ "us", 1e-6, { .second = 1 } },
	{ "ms", 1e-3, { .second = 1 } },
	{ "s", 1, { .second = 1 } },
	{ "min", 60, { .second = 1 } },
	{ "h", 3600, { .second = 1 } },
	{ "d", 86400, { .second = 1 } },
	{ "bit", 1.0 / 8, { .byte = 1, .second = -1 } },
	{ "Kbit", 1e3 / 8, { .byte = 1, .second = -1 } },
	{ "Mbit", 1e6 / 8, { .byte = 1, .second = -1 } },
	{ "Gbit", 1e9 / 8, { .byte = 1, .second = -1 } },
	{ "%", 0.01, { 0 } },
	{ "seg", 1, { .segment = 1 } },
	{ "pages", 1, { .page = 1 } },
	{ "x", 1, { 0 } },
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static size_t count_digits(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && is_digit(text[n]))
		n++;
	return n;
}

/* digits [. digits] [e [+-] digits]; 0 when there is no number. A point or an "e" without digits
 * after it is not part of the number. */
static size_t number_length(const char *text, size_t len)
{
	size_t n = count_digits(text, len);
	size_t more;

	if (n == 0)
		return 0;
	if (n < len && text[n] == '.') {
		more = count_digits(text + n + 1, len - n - 1);
		n += more > 0 ? 1 + more : 0;
	}
	if (n < len && (text[n] == 'e' || text[n] == 'E')) {
		size_t sign = n + 1 < len && (text[n + 1] == '+' || text[n + 1] == '-') ? 1 : 0;

		more = count_digits(text + n + 1 + sign, len - n - 1 - sign);
		n += more > 0 ? 1 + sign + more : 0;
	}
	return n;
}

/* Everything that could continue the word belongs to the suffix, so that "5msec" is refused rather
 * than read as 5 ms. */
static size_t suffix_length(const char *text, size_t len)
{
	size_t n = 0;

	if (len > 0 && text[0] == '%')
		return 1;
	while (n < len && is_word(text[n]))
		n++;
	return n;
}

static const struct suffix *suffix_find(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_LEN(suffixes); i++) {
		if (strlen(suffixes[i].name) == len && memcmp(suffixes[i].name, text, len) == 0)
			return &suffixes[i];
	}
	return NULL;
}

int unit_parse(const char *text, size_t len, double *ret_value, struct dimension *ret_dim,
	       size_t *ret_used)
{
	static const struct suffix none = { "", 1, { 0 } };
	const struct suffix *suffix = &none;
	size_t number_len = number_length(text, len);
	size_t suffix_len = suffix_length(text + number_len, len - number_len);
	char number[64];
	double value;

	if (number_len == 0) {
		*ret_used = 0;
		return -EINVAL;
	}
	if (suffix_len > 0)
		suffix = suffix_find(text + number_len, suffix_len);
	if (suffix == NULL) {
		*ret_used = number_len;
		return -EINVAL;
	}
	if (number_len >= sizeof(number))
		return -ERANGE;
	memcpy(number, text, number_len);
	number[number_len] = '\0';
	/* The program never calls setlocale(), so the point is a point. */
	value = strtod(number, NULL);
	/* 0.01 is no binary fraction, 100 is: 95 * 0.01 is above 95 / 100, which is what a ratio of
	 * exactly that is held against. */
	value = suffix->size < 1 ? value / round(1 / suffix->size) : value * suffix->size;
	if (!isfinite(value))
		return -ERANGE;
	*ret_value = value;
	*ret_dim = suffix->dim;
	*ret_used = number_len + suffix_len;
	return 0;
}
