/* Building blocks of the JSON that verbs print.
 *
 * Raw units with the unit in the key ("path.min_rtt_us"); unknown is null and its reason is listed
 * under "unknown". Every function notes a failed allocation in the document, so that callers check
 * once, when printing, and a truncated object is never printed.
 */
#ifndef NETWRIGHT_CLI_DOCUMENT_H
#define NETWRIGHT_CLI_DOCUMENT_H

#include "base/error.h"
#include "base/unit.h"
#include "measure/observation.h"
#include "measure/value.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct document {
	json_t *root; /* owned object */
	bool failed;
};

/* Starts with "schema" and the program's "version". */
void document_init(struct document *d, const char *schema);
void document_done(struct document *d);
/* 0; -ENOMEM when anything failed before, nothing is printed then; -EIO. */
int document_print(const struct document *d, FILE *out, struct error *e);

/* Both take over `value`; NULL counts as a failed allocation. */
void document_set(struct document *d, json_t *object, const char *key, json_t *value);
void document_append(struct document *d, json_t *array, json_t *value);

/* New references, or NULL. */
json_t *document_text(const char *text); /* NULL: null; bytes that are not UTF-8 become '?' */
json_t *document_number(double number);	 /* an integer when it is one; not finite: null */
json_t *document_time(double utc_s);	 /* "2026-11-21T10:25:13Z"; 0: null */
json_t *document_value(enum unit unit, struct value value); /* scaled to the JSON's unit */

/* {metric name + suffix: value} of one entity; reasons of unknown ones are added to `unknown`. */
json_t *document_metrics(struct document *d, const struct observation *o, enum entity_kind kind,
			 const void *entity, json_t *unknown);
json_t *document_host(struct document *d, const struct observation *o);
json_t *document_window(struct document *d, const struct observation *o);
/* {name, flows (paths), process (flows, listeners), limiter_why (flows), metrics, unknown?} */
json_t *document_entity(struct document *d, const struct observation *o, enum entity_kind kind,
			size_t index);
/* [{what, reason}] */
json_t *document_blind_spots(struct document *d, const struct observation *o);

#endif
