#include "apply/wish_mode.h"

#include "base/text.h"
#include "tunables/tunable_number.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#define UNLIMITED "unlimited" /* as limits of processes say it */

static bool held_number(const char *held, int element, int64_t *ret)
{
	struct text_span rest = { held, strlen(held) }, word = { 0 };

	for (int i = 0; i <= (element < 0 ? 0 : element); i++) {
		if (!text_next_word(&rest, &word))
			return false;
	}
	for (size_t i = 0; i < word.len; i++) {
		if (word.at[i] == ':')
			word.len = i;
	}
	if (text_span_equal(word, UNLIMITED)) {
		*ret = INT64_MAX;
		return true;
	}
	return text_parse_i64(word.at, word.len, ret) == 0;
}

int wish_is_exceeded(const struct wish *wish, const struct tunable *t, int element,
		     const char *held, bool *ret, struct error *e)
{
	struct text_span word = { wish->value, strlen(wish->value) };
	int64_t now, wanted;
	int r;

	if (wish->mode == WISH_SET) {
		*ret = false;
		return 0;
	}
	if (t->unit == UNIT_TEXT || (t->elements > 1 && element < 0) ||
	    !held_number(held, element, &now))
		return error_set(e, -EINVAL, ERROR_INPUT, wish->tunable,
				 "is not one number, so nothing is more or less than it: it can "
				 "only be set");
	r = tunable_number_parse(t, word, &wanted, e);
	if (r == 0)
		*ret = wish->mode == WISH_RAISE ? now > wanted : now < wanted;
	return r;
}
