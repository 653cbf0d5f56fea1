#include "cli/audit_report.h"
#include "cli/document.h"
#include "cli/survey_report.h"

/* A document of netwright.audit/1, or null. */
static json_t *audit_of(struct document *d, const struct survey *s, const struct survey_place *p)
{
	const struct audit_view view = {
		.comparison = s->earlier.path != NULL ? &p->comparison : NULL,
	};
	struct document audit;
	json_t *object;

	if (p->state == SURVEY_UNREADABLE)
		return json_null();
	audit_make_document(&audit, &p->inspection, view);
	d->failed = d->failed || audit.failed;
	object = json_incref(audit.root);
	document_done(&audit);
	return object;
}

static json_t *place_object(struct document *d, const struct survey *s,
			    const struct survey_place *p)
{
	json_t *object = json_object();

	document_set(d, object, "name", document_text(p->label));
	document_set(d, object, "state", document_text(survey_state_name(p->state)));
	document_set(d, object, "reason",
		     p->state == SURVEY_UNREADABLE ? document_text(p->reason) : json_null());
	document_set(d, object, "audit", audit_of(d, s, p));
	return object;
}

static json_t *names_gone(struct document *d, const struct survey *s)
{
	json_t *list = json_array();
	const char *name;

	for (size_t i = 0; (name = comparison_namespace(&s->earlier, i)) != NULL; i++)
		if (!survey_has(s, name))
			document_append(d, list, document_text(name));
	return list;
}

int survey_print_json(FILE *out, const struct survey *s, struct error *e)
{
	json_t *list = json_array();
	struct document d;
	int r;

	document_init(&d, SURVEY_SCHEMA);
	for (size_t i = 0; i < s->count; i++)
		document_append(&d, list, place_object(&d, s, &s->places[i]));
	document_set(&d, d.root, "namespaces", list);
	document_set(&d, d.root, "unseen_processes", document_number((double)s->unseen_processes));
	if (s->earlier.path != NULL)
		document_set(&d, d.root, "namespaces_gone", names_gone(&d, s));
	r = document_print(&d, out, e);
	document_done(&d);
	return r;
}
