/* A measured value: a number in base units (base/unit.h), a text, or unknown with a reason. */
#ifndef NETWRIGHT_MEASURE_VALUE_H
#define NETWRIGHT_MEASURE_VALUE_H

#include <stdbool.h>

enum value_kind { VALUE_UNKNOWN, VALUE_NUMBER, VALUE_TEXT };

struct value {
	enum value_kind kind;
	double number;
	const char *text; /* VALUE_TEXT: the text. VALUE_UNKNOWN: why. Static, or owned by the
			   * observation (or tunable values) it came from */
};

static inline struct value value_number(double number)
{
	return (struct value){ .kind = VALUE_NUMBER, .number = number };
}

static inline struct value value_text(const char *text)
{
	return (struct value){ .kind = VALUE_TEXT, .text = text };
}

static inline struct value value_unknown(const char *reason)
{
	return (struct value){ .kind = VALUE_UNKNOWN, .text = reason };
}

#endif
