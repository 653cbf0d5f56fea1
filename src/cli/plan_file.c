#include "cli/plan_file.h"

#include "base/bytes.h"
#include "base/os.h"
#include "base/text.h"
#include "cli/change_report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

/* A thousand times the plan of one audit. */
#define PLAN_FILE_BYTES_MAX   (4u << 20)
#define PLAN_FILE_CHANGES_MAX 4096

static int malformed(const char *path, const char *what, struct error *e)
{
	return error_set(e, -EINVAL, ERROR_INPUT, path,
			 "is no plan (%s); netwright tune --dry-run --json makes one", what);
}

/* A member that must be a text; NULL when it is not. */
static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static int read_json(const char *path, json_t **ret, struct error *e)
{
	struct bytes b = { 0 };
	json_error_t why;
	char what[JSON_ERROR_TEXT_LENGTH + 32];
	int r = os_read_file(os_live(), path, PLAN_FILE_BYTES_MAX, &b);

	if (r < 0) {
		r = error_errno(e, r, path, "cannot be read");
	} else {
		*ret = json_loadb(b.data, b.len, JSON_REJECT_DUPLICATES, &why);
		if (*ret == NULL) {
			(void)snprintf(what, sizeof(what), "line %d: %s", why.line, why.text);
			r = malformed(path, what, e);
		} else {
			r = 0;
		}
	}
	bytes_done(&b);
	return r;
}

static int check_host(const char *path, const json_t *root, struct error *e)
{
	const char *schema = text_of(root, "schema");
	const char *host = text_of(root, "host");
	struct utsname here;
	char shown[64];

	if (schema == NULL || strcmp(schema, PLAN_SCHEMA) != 0)
		return malformed(path, "its schema is not " PLAN_SCHEMA, e);
	if (host == NULL)
		return malformed(path, "it names no host", e);
	if (uname(&here) == 0 && strcmp(here.nodename, host) == 0)
		return 0;
	text_copy_printable(shown, sizeof(shown), host, strlen(host));
	return error_set(e, -EINVAL, ERROR_INPUT, path,
			 "was made for the host %s, and this is %s; make a plan here", shown,
			 here.nodename);
}

static int read_place(const char *path, struct plan_file *f, struct error *e)
{
	const json_t *netns = json_object_get(f->root, "netns");
	const json_t *cookie = json_object_get(f->root, "netns_cookie");

	if (!json_is_string(netns) && !json_is_null(netns))
		return malformed(path, "netns is neither a text nor null", e);
	if (!json_is_integer(cookie) || json_integer_value(cookie) < 0)
		return malformed(path, "netns_cookie is no number", e);
	f->netns = json_string_value(netns);
	f->netns_cookie = (uint64_t)json_integer_value(cookie);
	return 0;
}

static int read_changes(const char *path, struct plan_file *f, struct error *e)
{
	const json_t *changes = json_object_get(f->root, "changes");
	size_t n = json_array_size(changes);

	if (!json_is_array(changes) || n > PLAN_FILE_CHANGES_MAX)
		return malformed(path, "it has no list of changes", e);
	f->wishes = calloc(n > 0 ? n : 1, sizeof(f->wishes[0]));
	if (f->wishes == NULL)
		return error_errno(e, -ENOMEM, path, "plan");
	for (size_t i = 0; i < n; i++) {
		const json_t *c = json_array_get(changes, i);
		const struct wish wish = { text_of(c, "tunable"), text_of(c, "to"),
					   text_of(c, "why"), WISH_SET };

		if (wish.tunable == NULL || wish.value == NULL || wish.why == NULL ||
		    text_of(c, "from") == NULL || text_of(c, "identity") == NULL)
			return malformed(path, "a change lacks tunable, from, to, why or identity",
					 e);
		if (kind_of_target(wish.tunable)->by_hand_only)
			return malformed(path, "it names what is set by hand only", e);
		f->wishes[f->count++] = wish;
	}
	return 0;
}

int plan_file_load(const char *path, struct plan_file *ret, struct error *e)
{
	int r = read_json(path, &ret->root, e);

	if (r == 0)
		r = check_host(path, ret->root, e);
	if (r == 0)
		r = read_place(path, ret, e);
	return r < 0 ? r : read_changes(path, ret, e);
}

void plan_file_done(struct plan_file *f)
{
	json_decref(f->root);
	free(f->wishes);
	*f = (struct plan_file){ 0 };
}

static const json_t *find_change(const struct plan_file *f, const char *name)
{
	const json_t *changes = json_object_get(f->root, "changes");

	for (size_t i = 0; i < f->count; i++) {
		if (strcmp(f->wishes[i].tunable, name) == 0)
			return json_array_get(changes, i);
	}
	return NULL;
}

int plan_file_check(const void *file, const struct plan *plan, struct error *e)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_change *c = &plan->changes[i];
		const json_t *planned = find_change(file, c->target.name);
		char shown[128];

		if (planned == NULL)
			return error_set(e, -EINVAL, ERROR_INPUT, c->target.name,
					 "is not what the plan calls it; write it in full");
		if (strcmp(text_of(planned, "identity"), c->target.identity) != 0)
			return error_set(
				e, -EAGAIN, ERROR_CONFLICT, c->target.name,
				"is another one now than when the plan was made (%s); make "
				"a new plan",
				c->target.identity);
		/* What holds is in the plan again so that it is kept for the next boot. */
		if (strcmp(text_of(planned, "from"), c->from.text) == 0 || plan_change_holds(c))
			continue;
		text_copy_printable(shown, sizeof(shown), text_of(planned, "from"),
				    strlen(text_of(planned, "from")));
		return error_set(e, -EAGAIN, ERROR_CONFLICT, c->target.name,
				 "holds %.128s; the plan was made when it held %s; make a new plan",
				 c->from.text, shown);
	}
	return 0;
}
