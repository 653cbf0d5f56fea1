#include "cli/document.h"

#include "base/text.h"
#include "cli/version.h"
#include "measure/metric.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <time.h>

/* Doubles hold integers exactly up to 2^53. */
#define EXACT_INTEGER_MAX 9007199254740992.0
/* Significant digits of other numbers: far beyond any measurement's accuracy. */
#define REAL_PRECISION 10

void document_init(struct document *d, const char *schema)
{
	*d = (struct document){ .root = json_object() };
	d->failed = d->root == NULL;
	document_set(d, d->root, "schema", document_text(schema));
	document_set(d, d->root, "version", document_text(NETWRIGHT_VERSION));
}

void document_done(struct document *d)
{
	json_decref(d->root);
	d->root = NULL;
}

int document_print(const struct document *d, FILE *out, struct error *e)
{
	size_t flags = JSON_INDENT(2) | JSON_REAL_PRECISION(REAL_PRECISION);

	if (d->failed)
		return error_errno(e, -ENOMEM, NULL, "JSON");
	if (json_dumpf(d->root, out, flags) < 0 || fputc('\n', out) == EOF)
		return error_set(e, -EIO, ERROR_FAILED, "standard output",
				 "not everything could be written");
	return 0;
}

void document_set(struct document *d, json_t *object, const char *key, json_t *value)
{
	if (object == NULL || value == NULL || json_object_set_new(object, key, value) < 0) {
		if (object == NULL)
			json_decref(value);
		d->failed = true;
	}
}

void document_append(struct document *d, json_t *array, json_t *value)
{
	if (array == NULL || value == NULL || json_array_append_new(array, value) < 0) {
		if (array == NULL)
			json_decref(value);
		d->failed = true;
	}
}

json_t *document_text(const char *text)
{
	char printable[1024];
	json_t *string;

	if (text == NULL)
		return json_null();
	string = json_string(text);
	if (string != NULL)
		return string;
	text_copy_printable(printable, sizeof(printable), text, strlen(text));
	return json_string(printable);
}

json_t *document_number(double number)
{
	if (!isfinite(number))
		return json_null();
	if (fabs(number) < EXACT_INTEGER_MAX && nearbyint(number) == number)
		return json_integer((json_int_t)number);
	return json_real(number);
}

json_t *document_value(enum unit unit, struct value value)
{
	switch (value.kind) {
	case VALUE_NUMBER:
		return document_number(value.number * unit_info(unit)->json_scale);
	case VALUE_TEXT:
		return document_text(value.text);
	case VALUE_UNKNOWN:
	default:
		return json_null();
	}
}

json_t *document_metrics(struct document *d, const struct observation *o, enum entity_kind kind,
			 const void *entity, json_t *unknown)
{
	json_t *object = json_object();

	for (size_t i = 0; i < metric_count; i++) {
		const struct metric *m = &metrics[i];
		struct value value;
		char key[128];

		if (m->entity != kind)
			continue;
		value = metric_get(m, o, entity);
		(void)snprintf(key, sizeof(key), "%s%s", m->name, unit_info(m->unit)->json_suffix);
		document_set(d, object, key, document_value(m->unit, value));
		if (value.kind == VALUE_UNKNOWN)
			document_set(d, unknown, key, document_text(value.text));
	}
	return object;
}

json_t *document_host(struct document *d, const struct observation *o)
{
	const struct facts *f = &o->facts;
	json_t *host = json_object();

	document_set(d, host, "name", document_text(f->hostname));
	document_set(d, host, "kernel", document_text(f->kernel));
	document_set(d, host, "cpus", f->cpus > 0 ? document_number(f->cpus) : json_null());
	document_set(d, host, "memory_bytes",
		     f->memory_bytes > 0 ? document_number((double)f->memory_bytes) : json_null());
	document_set(d, host, "netns", f->netns[0] != '\0' ? document_text(f->netns) : json_null());
	document_set(d, host, "netns_is_init", json_boolean(f->netns_is_init));
	document_set(d, host, "euid",
		     f->euid != UINT32_MAX ? document_number(f->euid) : json_null());
	document_set(d, host, "congestion_control",
		     f->congestion[0] != '\0' ? document_text(f->congestion) : json_null());
	return host;
}

json_t *document_time(double utc_s)
{
	time_t when = (time_t)utc_s;
	struct tm parts;
	char text[32];

	if (when <= 0 || gmtime_r(&when, &parts) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		return json_null();
	return json_string(text);
}

json_t *document_window(struct document *d, const struct observation *o)
{
	json_t *window = json_object();

	document_set(d, window, "start_utc", document_time((double)o->facts.start_utc_s));
	document_set(d, window, "seconds", document_number(o->seconds));
	document_set(d, window, "samples", document_number(o->samples));
	document_set(d, window, "interrupted", json_boolean(o->interrupted));
	return window;
}

static const char *entity_process(const struct observation *o, enum entity_kind kind, size_t index,
				  char *buf, size_t len)
{
	if (kind == ENTITY_LISTENER)
		return o->listeners[index].process;
	if (kind == ENTITY_UDP_SOCKET)
		return o->udp_worst[index].process;
	if (kind == ENTITY_PEER)
		return o->peers[index].process;
	return observation_process(o, observation_flow(o, index)->inode, buf, len);
}

json_t *document_entity(struct document *d, const struct observation *o, enum entity_kind kind,
			size_t index)
{
	char name[ENTITY_NAME_MAX], buf[64];
	json_t *entity = json_object();
	json_t *unknown = json_object();

	observation_entity_name(o, kind, index, name, sizeof(name));
	document_set(d, entity, "name", document_text(name));
	if (kind == ENTITY_PATH)
		document_set(d, entity, "flows", document_number(o->paths[index].flows));
	if (kind == ENTITY_FLOW || kind == ENTITY_LISTENER || kind == ENTITY_UDP_SOCKET ||
	    kind == ENTITY_PEER) {
		const char *process = entity_process(o, kind, index, buf, sizeof(buf));

		document_set(d, entity, "process",
			     process[0] != '\0' ? document_text(process) : json_null());
	}
	if (kind == ENTITY_FLOW)
		document_set(d, entity, "limiter_why",
			     document_text(observation_flow(o, index)->limiter.why));
	document_set(d, entity, "metrics",
		     document_metrics(d, o, kind, observation_entity(o, kind, index), unknown));
	if (json_object_size(unknown) > 0)
		document_set(d, entity, "unknown", unknown);
	else
		json_decref(unknown);
	return entity;
}

json_t *document_blind_spots(struct document *d, const struct observation *o)
{
	json_t *list = json_array();

	for (size_t i = 0; i < o->blind_spot_count; i++) {
		json_t *spot = json_object();

		document_set(d, spot, "what", document_text(o->blind_spots[i].what));
		document_set(d, spot, "reason", document_text(o->blind_spots[i].reason));
		document_append(d, list, spot);
	}
	return list;
}
