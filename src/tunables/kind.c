#include "tunables/kind.h"

#include "base/cleanup.h"
#include "base/suggest.h"
#include "base/text.h"
#include "tunables/link.h"
#include "tunables/rlimit.h"
#include "tunables/route.h"
#include "tunables/socket.h"
#include "tunables/sysctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct kind *const kinds[] = {
	&link_kind,   &rlimit_kind, &route_kind, &socket_kind, &sysctl_uncatalogued_kind,
	&sysctl_kind,
};

const size_t kind_count = ARRAY_LEN(kinds);

void target_list_done(struct target_list *l)
{
	free(l->all);
	*l = (struct target_list){ 0 };
}

const struct kind *kind_find(const char *name)
{
	for (size_t i = 0; i < kind_count; i++) {
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	}
	return NULL;
}

const struct kind *kind_of_target(const char *target)
{
	size_t i = 0;

	/* The last one's prefix is "", which everything begins with. */
	while (i < kind_count - 1 &&
	       strncmp(target, kinds[i]->prefix, strlen(kinds[i]->prefix)) != 0)
		i++;
	return kinds[i];
}

/* Rows are called "rlimit:nofile" or "link:eth0/mtu" with a * for eth0. */
static const char *key_of(const struct kind *k, const struct tunable *row)
{
	const char *key = row->name + strlen(k->prefix);

	return strncmp(key, "*/", 2) == 0 ? key + 2 : key;
}

const struct tunable *kind_find_key(const struct kind *k, const char *key)
{
	for (size_t i = 0; i < *k->row_count; i++) {
		if (strcmp(key_of(k, &k->rows[i]), key) == 0)
			return &k->rows[i];
	}
	return NULL;
}

const char *kind_suggest_key(const struct kind *k, const char *name, const char *otherwise)
{
	const char *slash = strrchr(name, '/');
	const char *key = slash != NULL ? slash + 1 : "";
	struct suggestion s = suggest_start(key, strlen(key));

	for (size_t i = 0; i < *k->row_count; i++)
		suggest_offer(&s, key_of(k, &k->rows[i]));
	return s.best != NULL ? s.best : otherwise;
}

const struct tunable *kind_row_find(const char *name)
{
	const struct kind *k = kind_of_target(name);
	const char *slash = strrchr(name, '/');
	size_t len = strlen(k->prefix);

	if (len == 0)
		return tunable_find(name);
	return k->by_hand_only ? NULL : kind_find_key(k, slash != NULL ? slash + 1 : name + len);
}

int target_recall(const char *kind, const char *name, const char *identity, struct target *ret,
		  struct error *e)
{
	struct target t = { .kind = kind_find(kind) };
	char shown[64];

	text_copy_printable(shown, sizeof(shown), name, strlen(name));
	if (t.kind == NULL)
		return error_set(e, -EINVAL, ERROR_INPUT, shown,
				 "the journal names a kind of tunable that is not known");
	if (strlen(name) < sizeof(t.name) && strlen(identity) < sizeof(t.identity))
		t.tunable = t.kind->recall(name, identity);
	if (t.tunable == NULL)
		return error_set(
			e, -EINVAL, ERROR_INPUT, shown,
			"the journal names a tunable that is not catalogued, or says in no "
			"known form which one it was");
	memcpy(t.name, name, strlen(name) + 1);
	memcpy(t.identity, identity, strlen(identity) + 1);
	*ret = t;
	return 0;
}

bool target_same(const struct target *a, const struct target *b)
{
	return a->kind == b->kind && strcmp(a->name, b->name) == 0 &&
	       strcmp(a->identity, b->identity) == 0;
}

int target_split_name(const char *text, char name[TARGET_NAME_MAX], int *ret_element,
		      struct error *e)
{
	const char *bracket = strchr(text, '[');
	size_t len = bracket != NULL ? (size_t)(bracket - text) : strlen(text);
	uint64_t element = 0;
	char shown[64];

	text_copy_printable(shown, sizeof(shown), text, strlen(text));
	if (len == 0 || len >= TARGET_NAME_MAX)
		return error_set(e, -EINVAL, ERROR_INPUT, shown,
				 "the name of a tunable has 1 to %d characters",
				 TARGET_NAME_MAX - 1);
	for (size_t i = 0; i < len; i++) {
		/* Selectors have words: "socket:dst 198.51.100.0/24/congestion". */
		bool selector = i > 0 && memchr(text, ':', i) != NULL;

		if (text[i] < ' ' || text[i] > '~' || (text[i] == ' ' && !selector))
			return error_set(e, -EINVAL, ERROR_INPUT, shown,
					 "the name of a tunable has no blanks and no characters "
					 "that cannot be printed");
	}
	if (bracket != NULL) {
		size_t digits = strspn(bracket + 1, "0123456789");

		/* No leading zeros, as in every other number that is written. */
		if (strcmp(bracket + 1 + digits, "]") != 0 || digits == 0 || digits > 2 ||
		    (digits > 1 && bracket[1] == '0') ||
		    text_parse_u64(bracket + 1, digits, 10, &element) != 0)
			return error_set(
				e, -EINVAL, ERROR_INPUT, shown,
				"an element of a tunable is written NAME[0], NAME[1], ...");
	}
	memcpy(name, text, len);
	name[len] = '\0';
	*ret_element = bracket != NULL ? (int)element : -1;
	return 0;
}
