/* Units of metrics, tunables and expressions.
 *
 * Inside the program every number is in coherent base units: bytes, seconds, bytes per second,
 * segments, pages; a ratio is 0..1. Conversion to what people expect (Mbit/s, ms, percent) and to
 * the raw units of the JSON (`_bps` bits per second, `_us` microseconds) happens only when printed.
 */
#ifndef NETWRIGHT_BASE_UNIT_H
#define NETWRIGHT_BASE_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exponents of the base dimensions; all zero is a pure number. */
struct dimension {
	int8_t byte;
	int8_t second;
	int8_t segment;
	int8_t page;
};

enum unit {
	UNIT_COUNT,  /* a pure number */
	UNIT_RATIO,  /* a pure number, printed as percent */
	UNIT_FACTOR, /* a pure number, printed as "1.25 x" */
	UNIT_BYTES,
	UNIT_SECONDS,
	UNIT_RATE,	 /* bytes per second, printed as bit/s */
	UNIT_PER_SECOND, /* events per second */
	UNIT_SEGMENTS,
	UNIT_SEGMENTS_PER_SECOND,
	UNIT_BYTES_PER_SEGMENT,
	UNIT_PAGES, /* memory pages */
	UNIT_BYTES_PER_PAGE,
	UNIT_TEXT, /* a string: no dimension, compared for equality only */
	UNITS,
};

struct unit_info {
	const char *name;	 /* as `netwright metrics` prints it: "bytes", "seconds", "bit/s" */
	const char *json_suffix; /* appended to JSON keys: "_bytes", "_us", "_bps"; "" for none */
	const char *json_name; /* the "unit" of JSON evidence: "bytes", "us", "bps", "ratio", ... */
	double json_scale;     /* multiply a base-unit value by this for JSON */
	struct dimension dim;
};

/* Never NULL; `unit` must be below UNITS. */
const struct unit_info *unit_info(enum unit unit);

bool dimension_equal(struct dimension a, struct dimension b);
bool dimension_is_none(struct dimension d);
/* a*b (sign +1) or a/b (sign -1). Exponents saturate at +-100. */
struct dimension dimension_combine(struct dimension a, struct dimension b, int sign);
/* Writes e.g. "bytes", "bytes/second", "pure number". Always terminates; returns buf. */
const char *dimension_format(struct dimension d, char *buf, size_t len);

/* Human text of a base-unit value, e.g. 6291456 UNIT_BYTES -> "6 MiB", 0.1 UNIT_SECONDS ->
 * "100 ms", 38250000 UNIT_RATE -> "306 Mbit/s", 0.031 UNIT_RATIO -> "3.10 %". Three significant
 * digits; NaN and infinities print as "unknown". Always terminates; returns buf.
 */
const char *unit_format(enum unit unit, double value, char *buf, size_t len);

/* A number with an optional unit suffix, as expressions, options and configuration write them:
 * B KiB MiB GiB TiB KB MB GB (bytes); us ms s min h d (seconds); bit Kbit Mbit Gbit (bit per
 * second, as tc writes rates, value returned in bytes per second); % (ratio); seg; pages; x
 * (factor). No suffix is a pure number. `text` need not be terminated; parses from its start, and
 * sets *ret_used to the number of characters taken. Returns 0, -EINVAL (not a number), -ERANGE.
 * Suffixes are case sensitive; an unknown suffix is -EINVAL with *ret_used at the suffix.
 */
int unit_parse(const char *text, size_t len, double *ret_value, struct dimension *ret_dim,
	       size_t *ret_used);

#endif
