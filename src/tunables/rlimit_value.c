#include "tunables/rlimit_value.h"

#include "base/text.h"
#include "tunables/tunable_number.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define UNLIMITED "unlimited"

static int format_one(rlim_t limit, char *buf, size_t len)
{
	if (limit == RLIM_INFINITY)
		return snprintf(buf, len, UNLIMITED);
	return snprintf(buf, len, "%llu", (unsigned long long)limit);
}

void rlimit_format(struct rlimit limit, char ret[RLIMIT_TEXT_MAX])
{
	int n = format_one(limit.rlim_cur, ret, RLIMIT_TEXT_MAX);

	ret[n++] = ':';
	(void)format_one(limit.rlim_max, ret + n, RLIMIT_TEXT_MAX - (size_t)n);
}

static int parse_one(struct text_span text, rlim_t *ret)
{
	uint64_t number;

	if (text_span_equal(text, UNLIMITED)) {
		*ret = RLIM_INFINITY;
		return 0;
	}
	if (text_parse_u64(text.at, text.len, 10, &number) < 0 || number == RLIM_INFINITY)
		return -EINVAL;
	*ret = number;
	return 0;
}

/* The parts before and after the colon; false when there is none. */
static bool split(const char *text, struct text_span *ret_soft, struct text_span *ret_hard)
{
	size_t len = strlen(text), soft = strcspn(text, ":");

	*ret_soft = (struct text_span){ text, soft };
	*ret_hard = (struct text_span){ text + soft, 0 };
	if (soft == len)
		return false;
	*ret_hard = (struct text_span){ text + soft + 1, len - soft - 1 };
	return true;
}

int rlimit_parse(const char *text, struct rlimit *ret)
{
	struct text_span soft, hard;
	struct rlimit limit;
	char again[RLIMIT_TEXT_MAX];

	if (!split(text, &soft, &hard) || parse_one(soft, &limit.rlim_cur) < 0 ||
	    parse_one(hard, &limit.rlim_max) < 0)
		return -EINVAL;
	rlimit_format(limit, again);
	if (strcmp(again, text) != 0 || limit.rlim_cur > limit.rlim_max)
		return -EINVAL;
	*ret = limit;
	return 0;
}

static int parse_words_of_one(const struct tunable *row, struct text_span text, rlim_t *ret,
			      struct error *e)
{
	int64_t number;
	int r;

	if (text_span_equal(text, UNLIMITED)) {
		*ret = RLIM_INFINITY;
		return 0;
	}
	if (text.len == 0)
		return error_set(e, -EINVAL, ERROR_INPUT, row->name,
				 "a limit is missing; give SOFT or SOFT:HARD, numbers or "
				 "\"" UNLIMITED "\"");
	r = tunable_number_parse(row, text, &number, e);
	if (r == 0)
		*ret = (rlim_t)number;
	return r;
}

int rlimit_parse_words(const struct tunable *row, const char *words, struct rlimit now,
		       struct rlimit *ret, struct error *e)
{
	struct text_span soft, hard;
	struct rlimit limit = { 0, 0 };
	bool both = split(words, &soft, &hard);
	int r;

	if (words[strcspn(words, " \t\n")] != '\0')
		return error_set(e, -EINVAL, ERROR_INPUT, row->name,
				 "a limit is one word: SOFT or SOFT:HARD");
	r = parse_words_of_one(row, soft, &limit.rlim_cur, e);
	if (r < 0)
		return r;
	limit.rlim_max = limit.rlim_cur > now.rlim_max ? limit.rlim_cur : now.rlim_max;
	if (both)
		r = parse_words_of_one(row, hard, &limit.rlim_max, e);
	if (r < 0)
		return r;
	if (limit.rlim_cur > limit.rlim_max)
		return error_set(
			e, -EINVAL, ERROR_INPUT, row->name,
			"the soft limit is above the hard one; give SOFT:HARD with SOFT at "
			"most HARD");
	*ret = limit;
	return 0;
}
