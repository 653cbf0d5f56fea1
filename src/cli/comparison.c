#include "cli/comparison.h"

#include "base/bytes.h"
#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>

#define AUDIT_SCHEMA_PREFIX  "netwright.audit/"
#define SURVEY_SCHEMA_PREFIX "netwright.audits/"

const char *comparison_kind_name(enum comparison_kind kind)
{
	static const char *const names[COMPARISON_KINDS] = {
		[COMPARISON_APPEARED] = "appeared", [COMPARISON_WORSE] = "worse",
		[COMPARISON_BETTER] = "better",	    [COMPARISON_SAME] = "same",
		[COMPARISON_GONE] = "gone",
	};

	return names[kind];
}

/* --- reading the earlier audit ------------------------------------------------------------------
 */

static int read_file(const char *path, struct bytes *ret, struct error *e)
{
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : bytes_read_fd(ret, fd, COMPARISON_FILE_MAX);

	return r < 0 ? error_errno(e, r, path, "cannot read the earlier audit") : 0;
}

/* {id, severity, entities: [{name}]}, as far as the comparison needs it. */
static bool is_finding(const json_t *finding)
{
	const json_t *entities = json_object_get(finding, "entities");
	enum severity severity;
	const char *name = json_string_value(json_object_get(finding, "severity"));
	const json_t *entity;
	size_t i;

	if (json_string_value(json_object_get(finding, "id")) == NULL || name == NULL ||
	    severity_parse(name, &severity) < 0 || !json_is_array(entities))
		return false;
	json_array_foreach(entities, i, entity)
	{
		if (json_string_value(json_object_get(entity, "name")) == NULL)
			return false;
	}
	return true;
}

static bool has_schema(const json_t *root, const char *prefix)
{
	const char *schema = json_string_value(json_object_get(root, "schema"));

	return schema != NULL && strncmp(schema, prefix, strlen(prefix)) == 0;
}

static int check_audit(const json_t *root, const char *path, struct error *e)
{
	const json_t *findings = json_object_get(root, "findings");
	const json_t *finding;
	size_t i;

	if (!has_schema(root, AUDIT_SCHEMA_PREFIX) || !json_is_array(findings))
		return error_set(e, -EBADMSG, ERROR_INPUT, path,
				 "not the output of netwright audit --json");
	json_array_foreach(findings, i, finding)
	{
		if (!is_finding(finding))
			return error_set(e, -EBADMSG, ERROR_INPUT, path,
					 "finding %zu is incomplete: was the file edited?", i + 1);
	}
	return 0;
}

/* {namespaces: [{name, audit: an audit or null}]} */
static int check_survey(const json_t *root, const char *path, struct error *e)
{
	const json_t *namespaces = json_object_get(root, "namespaces");
	const json_t *place;
	size_t i;

	if (!json_is_array(namespaces))
		return error_set(e, -EBADMSG, ERROR_INPUT, path,
				 "not the output of netwright audit --json");
	json_array_foreach(namespaces, i, place)
	{
		const json_t *audit = json_object_get(place, "audit");
		int r;

		if (json_string_value(json_object_get(place, "name")) == NULL || audit == NULL)
			return error_set(e, -EBADMSG, ERROR_INPUT, path,
					 "namespace %zu is incomplete: was the file edited?",
					 i + 1);
		r = json_is_null(audit) ? 0 : check_audit(audit, path, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_file(const json_t *root, const char *path, struct error *e)
{
	return has_schema(root, SURVEY_SCHEMA_PREFIX) ? check_survey(root, path, e)
						      : check_audit(root, path, e);
}

static const char *start_of(const json_t *audit)
{
	const char *start = json_string_value(
		json_object_get(json_object_get(audit, "window"), "start_utc"));

	return start != NULL ? start : "";
}

int comparison_open(const char *path, struct comparison *ret, struct error *e)
{
	struct bytes text = { 0 };
	json_error_t parse_error;
	json_t *root = NULL;
	int r = read_file(path, &text, e);

	if (r == 0) {
		root = json_loadb(text.data != NULL ? text.data : "", text.len,
				  JSON_REJECT_DUPLICATES, &parse_error);
		r = root != NULL
			    ? check_file(root, path, e)
			    : error_set(e, -EBADMSG, ERROR_INPUT, path, "line %d: not JSON: %s",
					parse_error.line, parse_error.text);
	}
	bytes_done(&text);
	if (r < 0) {
		json_decref(root);
		return r;
	}
	*ret = (struct comparison){
		.path = path,
		.old = root,
		.old_start_utc = start_of(root),
	};
	return 0;
}

/* --- audits of all namespaces ----------------------------------------------------------------- */

const char *comparison_namespace(const struct comparison *c, size_t index)
{
	const json_t *place = json_array_get(json_object_get(c->old, "namespaces"), index);

	return json_string_value(json_object_get(place, "name"));
}

/* Borrowed; NULL when there was none, or it was not audited. */
static json_t *audit_named(const struct comparison *c, const char *netns)
{
	const json_t *place;
	const char *name;
	json_t *audit;
	size_t i;

	if (has_schema(c->old, AUDIT_SCHEMA_PREFIX)) {
		name = json_string_value(json_object_get(json_object_get(c->old, "host"), "netns"));
		return strcmp(name != NULL ? name : "self", netns) == 0 ? c->old : NULL;
	}
	json_array_foreach(json_object_get(c->old, "namespaces"), i, place)
	{
		if (strcmp(comparison_namespace(c, i), netns) != 0)
			continue;
		audit = json_object_get(place, "audit");
		return json_is_object(audit) ? audit : NULL;
	}
	return NULL;
}

void comparison_select(const struct comparison *file, const char *netns, struct comparison *ret)
{
	json_t *audit = audit_named(file, netns);

	*ret = (struct comparison){
		.path = file->path,
		.old = json_incref(audit),
		.old_start_utc = start_of(audit),
	};
}

int comparison_select_only(struct comparison *c, const char *netns, struct error *e)
{
	const char *name = netns != NULL ? netns : "self";
	struct comparison only;

	if (has_schema(c->old, AUDIT_SCHEMA_PREFIX))
		return 0;
	comparison_select(c, name, &only);
	if (only.old == NULL)
		return error_set(e, -ENOENT, ERROR_INPUT, c->path,
				 "holds no audit of network namespace %s", name);
	comparison_done(c);
	*c = only;
	return 0;
}

const char *comparison_host(const struct comparison *c)
{
	return json_string_value(json_object_get(json_object_get(c->old, "host"), "name"));
}

const char *comparison_netns(const struct comparison *c)
{
	const json_t *netns = json_object_get(json_object_get(c->old, "host"), "netns");

	return json_is_null(netns) ? "" : json_string_value(netns);
}

/* --- comparing ----------------------------------------------------------------------------------
 */

static enum severity severity_of(const json_t *finding)
{
	enum severity severity = SEVERITY_INFO;

	(void)severity_parse(json_string_value(json_object_get(finding, "severity")), &severity);
	return severity;
}

static const char *id_of(const json_t *finding)
{
	return json_string_value(json_object_get(finding, "id"));
}

/* The earlier finding of this id about this entity, or NULL. */
static const json_t *find_old(const struct comparison *c, const char *id, const char *name)
{
	const json_t *finding, *entity;
	size_t i, k;

	json_array_foreach(json_object_get(c->old, "findings"), i, finding)
	{
		if (strcmp(id_of(finding), id) != 0)
			continue;
		json_array_foreach(json_object_get(finding, "entities"), k, entity)
		{
			if (strcmp(json_string_value(json_object_get(entity, "name")), name) == 0)
				return finding;
		}
	}
	return NULL;
}

static bool is_found_now(const struct diagnosis *now, const char *id, const char *name)
{
	for (size_t i = 0; i < now->finding_count; i++) {
		const struct finding *f = &now->findings[i];

		if (strcmp(f->rule->id, id) != 0)
			continue;
		for (size_t k = 0; k < f->entity_count; k++) {
			if (strcmp(f->entities[k].name, name) == 0)
				return true;
		}
	}
	return false;
}

static int add_row(struct comparison *c, struct comparison_row row)
{
	struct comparison_row *rows = realloc(c->rows, (c->row_count + 1) * sizeof(*rows));

	if (rows == NULL)
		return -ENOMEM;
	c->rows = rows;
	rows[c->row_count++] = row;
	return 0;
}

static int add_present(struct comparison *c, const struct finding *f)
{
	for (size_t k = 0; k < f->entity_count; k++) {
		const json_t *old = find_old(c, f->rule->id, f->entities[k].name);
		struct comparison_row row = {
			.kind = COMPARISON_APPEARED,
			.id = f->rule->id,
			.entity = f->entities[k].name,
			.now = f->severity,
		};

		if (old != NULL) {
			row.before = severity_of(old);
			row.kind = row.now > row.before	  ? COMPARISON_WORSE
				   : row.now < row.before ? COMPARISON_BETTER
							  : COMPARISON_SAME;
		}
		if (add_row(c, row) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int add_gone(struct comparison *c, const struct diagnosis *now)
{
	const json_t *finding, *entity;
	size_t i, k;

	json_array_foreach(json_object_get(c->old, "findings"), i, finding)
	{
		json_array_foreach(json_object_get(finding, "entities"), k, entity)
		{
			const char *name = json_string_value(json_object_get(entity, "name"));
			struct comparison_row row = {
				.kind = COMPARISON_GONE,
				.id = id_of(finding),
				.entity = name,
				.before = severity_of(finding),
			};

			if (!is_found_now(now, row.id, name) && add_row(c, row) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

/* By kind, keeping the order within a kind: there are few rows. */
static void sort_rows(struct comparison *c)
{
	for (size_t i = 1; i < c->row_count; i++) {
		struct comparison_row row = c->rows[i];
		size_t k = i;

		for (; k > 0 && c->rows[k - 1].kind > row.kind; k--)
			c->rows[k] = c->rows[k - 1];
		c->rows[k] = row;
	}
}

int comparison_make(struct comparison *c, const struct diagnosis *now, struct error *e)
{
	int r = 0;

	for (size_t i = 0; i < now->finding_count && r == 0; i++)
		r = add_present(c, &now->findings[i]);
	if (r == 0)
		r = add_gone(c, now);
	if (r < 0)
		return error_errno(e, r, c->path, "compare");
	sort_rows(c);
	return 0;
}

void comparison_done(struct comparison *c)
{
	json_decref(c->old);
	free(c->rows);
	*c = (struct comparison){ 0 };
}
