/* A profile on this host, as netwright.profile/1. */
#include "cli/document.h"
#include "cli/profile_action.h"

static json_t *input_object(struct document *d, const struct resolved_input *in)
{
	enum unit unit = expression_unit(in->input->formula);
	json_t *object = json_object();

	document_set(d, object, "name", document_text(in->input->input->name));
	document_set(d, object, "value", document_value(unit, in->value));
	document_set(d, object, "unit", document_text(unit_info(unit)->json_name));
	document_set(d, object, "given", json_boolean(in->given));
	document_set(d, object, "default", document_text(in->input->input->formula));
	document_set(d, object, "help", document_text(in->input->input->help));
	document_set(d, object, "reason", document_text(in->reason[0] != '\0' ? in->reason : NULL));
	return object;
}

static json_t *setting_object(struct document *d, const struct resolved_setting *s)
{
	const struct profile_setting *setting = s->flat->setting;
	bool left_out = s->state == RESOLVED_LEFT_OUT;
	char name[TARGET_NAME_MAX + 8];
	json_t *object = json_object();

	document_set(d, object, "tunable",
		     document_text(profile_setting_name(setting, name, sizeof(name))));
	document_set(d, object, "state", document_text(resolved_state_name(s->state)));
	document_set(d, object, "mode", document_text(profile_mode_name(setting->mode)));
	document_set(d, object, "value", document_text(left_out ? NULL : s->value));
	document_set(d, object, "present", document_text(left_out ? NULL : s->present));
	document_set(d, object, "reason", document_text(left_out ? s->reason : NULL));
	document_set(d, object, "formula", document_text(setting->value));
	document_set(d, object, "when", document_text(setting->when));
	document_set(d, object, "why", document_text(setting->why));
	document_set(d, object, "source", document_text(setting->source));
	document_set(d, object, "profile", document_text(s->flat->origin->name));
	document_set(d, object, "file", document_text(s->flat->origin->file));
	document_set(d, object, "line", document_number(setting->line));
	return object;
}

/* Of those included first, as they come. */
static void add_texts(struct document *d, json_t *watch, json_t *advice,
		      const struct flat_profile *f)
{
	for (size_t i = 0; i < f->order_count; i++) {
		for (size_t k = 0; k < f->order[i]->watch_count; k++) {
			if (flat_profile_watches_first(f, i, k))
				document_append(d, watch, document_text(f->order[i]->watch[k]));
		}
		for (size_t k = 0; k < f->order[i]->advice_count; k++)
			document_append(d, advice, document_text(f->order[i]->advice[k]));
	}
}

int profile_print_json(const struct profile_view *v, FILE *out, struct error *e)
{
	json_t *includes = json_array(), *inputs = json_array(), *settings = json_array();
	json_t *watch = json_array(), *advice = json_array();
	const struct flat_profile *f = &v->flat;
	struct document d;
	int r;

	document_init(&d, PROFILE_SCHEMA);
	for (size_t i = 0; i + 1 < f->order_count; i++)
		document_append(&d, includes, document_text(f->order[i]->name));
	for (size_t i = 0; i < f->input_count; i++)
		document_append(&d, inputs, input_object(&d, &v->resolved.inputs[i]));
	for (size_t i = 0; i < f->setting_count; i++)
		document_append(&d, settings, setting_object(&d, &v->resolved.settings[i]));
	add_texts(&d, watch, advice, f);
	document_set(&d, d.root, "name", document_text(f->profile->name));
	document_set(&d, d.root, "summary", document_text(f->profile->summary));
	document_set(&d, d.root, "file", document_text(f->profile->file));
	document_set(&d, d.root, "includes", includes);
	document_set(&d, d.root, "inputs", inputs);
	document_set(&d, d.root, "settings", settings);
	document_set(&d, d.root, "watch", watch);
	document_set(&d, d.root, "advice", advice);
	r = document_print(&d, out, e);
	document_done(&d);
	return r;
}
