#include "tunables/tunable_name.h"

#include "base/suggest.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

/* An unknown name in messages: the beginning of it, printable. */
static int fail_unknown(const char *text, size_t len, struct error *e)
{
	struct suggestion nearest = suggest_start(text, len);
	char shown[TUNABLE_NAME_MAX];

	for (size_t i = 0; i < tunable_count; i++)
		suggest_offer(&nearest, tunables[i].name);
	text_copy_printable(shown, sizeof(shown), text, len);
	if (nearest.best != NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, shown,
				 "not a catalogued tunable; did you mean %s?", nearest.best);
	return error_set(e, -EINVAL, ERROR_INPUT, shown[0] != '\0' ? shown : "\"\"",
			 "not a catalogued tunable; write it as sysctl does, such as "
			 "net.ipv4.tcp_rmem or net.ipv4.conf.eth0.rp_filter");
}

static int parse_index(const char *text, struct tunable_name *n, struct error *e)
{
	size_t len = strlen(text);
	char shown[16];
	uint64_t index;

	text_copy_printable(shown, sizeof(shown), text, len);
	if (len < 3 || text[len - 1] != ']' || text_parse_u64(text + 1, len - 2, 10, &index) != 0)
		return error_set(e, -EINVAL, ERROR_INPUT, n->name,
				 "\"%s\" is no index; write one such as [0]", shown);
	if (n->tunable->elements == 1)
		return error_set(e, -EINVAL, ERROR_INPUT, n->name,
				 "is a single value and has no %s; leave the index out", shown);
	if (index >= n->tunable->elements)
		return error_set(e, -EINVAL, ERROR_INPUT, n->name,
				 "has no %s; its %u elements are [0] to [%u]", shown,
				 n->tunable->elements, n->tunable->elements - 1);
	n->element = (int)index;
	return 0;
}

int tunable_name_parse(const char *text, struct tunable_name *ret, struct error *e)
{
	struct tunable_name n = { .element = TUNABLE_WHOLE };
	size_t len = strcspn(text, "[");
	int r = 0;

	if (len >= sizeof(n.name))
		return fail_unknown(text, len, e);
	memcpy(n.name, text, len);
	n.name[len] = '\0';
	n.tunable = tunable_find(n.name);
	if (n.tunable == NULL)
		return fail_unknown(text, len, e);
	if (strchr(n.name, '*') != NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, n.name,
				 "stands for every interface; name one, or all, or default, in "
				 "place of *");
	if (text[len] == '[')
		r = parse_index(text + len, &n, e);
	if (r == 0)
		*ret = n;
	return r;
}
