#include "cli/assignments.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define KIND_UNCATALOGUED "uncatalogued:" /* its prefix */

static int malformed(const struct settings *s, const char *word, struct error *e)
{
	char shown[64];

	text_copy_printable(shown, sizeof(shown), word, strlen(word));
	return error_set(e, -EINVAL, ERROR_INPUT, s->verb,
			 "\"%s\" is not TUNABLE=VALUE; quote values with blanks: "
			 "net.ipv4.tcp_rmem=\"4096 131072 67108864\"",
			 shown);
}

/* A tunable outside of the catalogue has a kind of its own, which the option alone leads to. */
static int copy_name(const struct settings *s, const char *word, size_t len,
		     char ret[TARGET_NAME_MAX], struct error *e)
{
	int n = snprintf(ret, TARGET_NAME_MAX, "%s%.*s", s->uncatalogued ? KIND_UNCATALOGUED : "",
			 (int)len, word);

	if (n < 0 || n >= TARGET_NAME_MAX)
		return malformed(s, word, e);
	if (!s->uncatalogued && kind_of_target(ret)->by_hand_only)
		return error_set(e, -EINVAL, ERROR_INPUT, s->verb,
				 "\"%s\" is set with --uncatalogued, and then called %s", ret,
				 ret + strlen(KIND_UNCATALOGUED));
	return 0;
}

/* The first equals sign that is not of a selector: "rlimit:cgroup=/a/b/nofile=4096". */
static const char *find_equals(const char *word)
{
	static const char cgroup[] = "cgroup";
	const size_t len = sizeof(cgroup) - 1;
	const char *at = strchr(word, '=');

	while (at != NULL && kind_of_target(word)->prefix[0] != '\0' && (size_t)(at - word) > len &&
	       memcmp(at - len, cgroup, len) == 0 &&
	       (at[-1 - (int)len] == ':' || at[-1 - (int)len] == ' '))
		at = strchr(at + 1, '=');
	return at;
}

bool assignment_is(const char *word)
{
	const char *equals = find_equals(word);

	return equals != NULL && equals != word;
}

int assignments_parse(const struct settings *s, const char *why, struct assignments *ret,
		      struct error *e)
{
	for (size_t i = 0; i < s->operand_count; i++) {
		const char *word = s->operands[i];
		int r;

		if (!assignment_is(word))
			return malformed(s, word, e);
		r = copy_name(s, word, (size_t)(find_equals(word) - word), ret->names[i], e);
		if (r < 0)
			return r;
		ret->wishes[i] = (struct wish){ ret->names[i], find_equals(word) + 1, why,
						WISH_SET };
	}
	ret->count = s->operand_count;
	return 0;
}
