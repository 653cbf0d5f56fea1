#include "cli/audit_report.h"

#include "cli/busiest.h"
#include "cli/document.h"

#include <stdlib.h>

#define AUDIT_SCHEMA "netwright.audit/1"

/* A flow takes 1.5 KiB of JSON: 200 are enough to see who is who, and bound the output. */
#define FLOWS_MAX 200

static json_t *optional_value(struct value value, enum unit unit)
{
	return value.kind == VALUE_UNKNOWN ? json_null() : document_value(unit, value);
}

static json_t *finding_entities(struct document *d, const struct finding *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->entity_count; i++) {
		const struct finding_entity *entity = &f->entities[i];
		json_t *object = json_object();

		document_set(d, object, "name", document_text(entity->name));
		if (f->rule->scope == ENTITY_PATH)
			document_set(d, object, "flows", document_number(entity->flows));
		if (entity->process != NULL && entity->process[0] != '\0')
			document_set(d, object, "process", document_text(entity->process));
		document_append(d, list, object);
	}
	return list;
}

static json_t *finding_evidence(struct document *d, const struct finding *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->evidence_count; i++) {
		const struct finding_evidence *evidence = &f->evidence[i];
		json_t *object = json_object();

		document_set(d, object, "metric", document_text(evidence->metric));
		document_set(d, object, "value", optional_value(evidence->value, evidence->unit));
		document_set(d, object, "threshold",
			     optional_value(evidence->threshold, evidence->unit));
		document_set(d, object, "unit",
			     document_text(unit_info(evidence->unit)->json_name));
		document_append(d, list, object);
	}
	return list;
}

static const char *change_scope(const struct finding_change *c)
{
	static const char *const names[] = {
		[TUNABLE_PER_NETNS] = "netns",	   [TUNABLE_INIT_ONLY] = "init",
		[TUNABLE_PER_PROCESS] = "process", [TUNABLE_PER_ROUTE] = "route",
		[TUNABLE_PER_LINK] = "link",	   [TUNABLE_PER_SOCKET] = "socket",
	};

	return names[c->tunable->scope];
}

static json_t *finding_changes(struct document *d, const struct finding *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->change_count; i++) {
		const struct finding_change *change = &f->changes[i];
		const struct tunable *t = change->tunable;
		json_t *object = json_object();

		document_set(d, object, "tunable",
			     document_text(change->target[0] != '\0' ? change->target : t->name));
		document_set(d, object, "element", document_number(change->element));
		document_set(d, object, "scope", document_text(change_scope(change)));
		document_set(d, object, "from", optional_value(change->from, t->unit));
		document_set(d, object, "to", optional_value(change->to, t->unit));
		document_set(d, object, "unit", document_text(unit_info(t->unit)->json_name));
		document_set(d, object, "why", document_text(change->note));
		document_append(d, list, object);
	}
	return list;
}

static json_t *finding_object(struct document *d, const struct finding *f)
{
	const struct rule *rule = f->rule;
	const char *expect = rule->expect_text;
	json_t *object = json_object();

	if (expect == NULL && rule->expect != NULL)
		expect = expression_text(rule->expect);
	document_set(d, object, "id", document_text(rule->id));
	document_set(d, object, "slug", document_text(rule->slug));
	document_set(d, object, "severity", document_text(severity_name(f->severity)));
	document_set(d, object, "scope", document_text(f->subject));
	document_set(d, object, "entity",
		     document_text(f->entity_count > 0 ? f->entities[0].name : NULL));
	document_set(d, object, "entities", finding_entities(d, f));
	document_set(d, object, "title", document_text(f->title));
	document_set(d, object, "evidence", finding_evidence(d, f));
	document_set(d, object, "changes", finding_changes(d, f));
	document_set(d, object, "advice", document_text(f->advice));
	document_set(d, object, "expect", document_text(expect));
	document_set(d, object, "source", document_text(rule->source));
	return object;
}

json_t *audit_findings_array(struct document *d, const struct diagnosis *diagnosis)
{
	json_t *list = json_array();

	for (size_t i = 0; i < diagnosis->finding_count; i++)
		document_append(d, list, finding_object(d, &diagnosis->findings[i]));
	return list;
}

static json_t *all_unjudged(struct document *d, const struct diagnosis *diagnosis)
{
	json_t *list = json_array();

	for (size_t i = 0; i < diagnosis->unjudged_count; i++) {
		const struct unjudged *u = &diagnosis->unjudged[i];
		json_t *object = json_object();

		document_set(d, object, "id", document_text(u->rule->id));
		document_set(d, object, "missing", document_text(u->missing));
		document_set(d, object, "reason", document_text(u->reason));
		document_append(d, list, object);
	}
	return list;
}

static json_t *all_ignored(struct document *d, const struct diagnosis *diagnosis)
{
	json_t *list = json_array();

	for (size_t i = 0; i < diagnosis->ignored_count; i++) {
		const struct ignored *ignored = &diagnosis->ignored[i];
		json_t *object = json_object();

		document_set(d, object, "id", document_text(ignored->rule->id));
		document_set(d, object, "entity", document_text(ignored->entity));
		document_set(d, object, "severity",
			     document_text(severity_name(ignored->severity)));
		document_set(d, object, "why", document_text(ignored->why));
		document_append(d, list, object);
	}
	return list;
}

static json_t *biggest_flows(struct document *d, const struct observation *o)
{
	json_t *list = json_array();
	size_t *order;

	if (busiest_flows(o, FLOW_ORDER_GOODPUT, &order) < 0) {
		d->failed = true;
		return list;
	}
	for (size_t i = 0; i < o->flow_count && i < FLOWS_MAX; i++)
		document_append(d, list, document_entity(d, o, ENTITY_FLOW, order[i]));
	free(order);
	return list;
}

static json_t *all_entities(struct document *d, const struct observation *o)
{
	json_t *object = json_object();

	for (enum entity_kind kind = 0; kind < ENTITY_KINDS; kind++) {
		json_t *list;

		if (kind == ENTITY_HOST || kind == ENTITY_FLOW)
			continue;
		list = json_array();
		for (size_t i = 0; i < observation_entities(o, kind); i++)
			document_append(d, list, document_entity(d, o, kind, i));
		document_set(d, object, entity_kind_name(kind), list);
	}
	document_set(d, object, entity_kind_name(ENTITY_FLOW), biggest_flows(d, o));
	return object;
}

static json_t *all_tunables(struct document *d, const struct tunable_values *values)
{
	json_t *object = json_object();

	for (size_t i = 0; i < tunable_count; i++) {
		const struct tunable_value *value = tunable_value_of(values, &tunables[i]);
		bool known = value != NULL && value->exists && value->reason[0] == '\0';

		if (tunable_is_pattern(&tunables[i]))
			continue;
		document_set(d, object, tunables[i].name,
			     known ? document_text(value->text) : json_null());
	}
	return object;
}

void audit_make_document(struct document *d, const struct inspection *i, struct audit_view view)
{
	const struct observation *o = i->observation;
	json_t *unknown = json_object();

	document_init(d, AUDIT_SCHEMA);
	document_set(d, d->root, "host", document_host(d, o));
	document_set(d, d->root, "window", document_window(d, o));
	document_set(d, d->root, "metrics",
		     document_metrics(d, o, ENTITY_HOST, observation_entity(o, ENTITY_HOST, 0),
				      unknown));
	document_set(d, d->root, "unknown", unknown);
	document_set(d, d->root, "entities", all_entities(d, o));
	document_set(d, d->root, "flow_total", document_number((double)o->flow_count));
	document_set(d, d->root, "findings", audit_findings_array(d, &i->diagnosis));
	if (view.comparison != NULL)
		document_set(d, d->root, "comparison",
			     audit_comparison_object(d, view.comparison, &o->facts));
	document_set(d, d->root, "unjudged", all_unjudged(d, &i->diagnosis));
	document_set(d, d->root, "ignored", all_ignored(d, &i->diagnosis));
	document_set(d, d->root, "blind_spots", document_blind_spots(d, o));
	document_set(d, d->root, "tunables", all_tunables(d, &i->tunables));
}

int audit_print_json(FILE *out, const struct inspection *i, struct audit_view view, struct error *e)
{
	struct document d;
	int r;

	audit_make_document(&d, i, view);
	r = document_print(&d, out, e);
	document_done(&d);
	return r;
}
