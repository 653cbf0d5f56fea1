/* The two forms of an audit's result. Numbers are the same in both. */
#ifndef NETWRIGHT_CLI_AUDIT_REPORT_H
#define NETWRIGHT_CLI_AUDIT_REPORT_H

#include "base/bytes.h"
#include "base/error.h"
#include "cli/comparison.h"
#include "cli/document.h"
#include "cli/inspection.h"
#include "cli/terminal.h"

#include <stdbool.h>
#include <stdio.h>

struct audit_view {
	bool verbose; /* every entity, every rule that could not be judged, every blind spot */
	bool quiet;   /* findings only */
	bool part;    /* one of several audits: what is true of all is said once, at their end */
	const struct comparison *comparison; /* with an earlier audit; NULL: none */
};

/* 0 or -ENOMEM. */
int audit_print_text(const struct terminal *t, const struct inspection *i, struct audit_view view,
		     struct error *e);
/* 0, -ENOMEM or -EIO. */
int audit_print_json(FILE *out, const struct inspection *i, struct audit_view view,
		     struct error *e);

/* The object that audit_print_json() prints; document_done() in any case. */
void audit_make_document(struct document *d, const struct inspection *i, struct audit_view view);

/* "findings" of it: a new reference. */
json_t *audit_findings_array(struct document *d, const struct diagnosis *diagnosis);

/* Parts of the text. */
/* Adds to `counts`, by enum severity. */
void audit_count_severities(const struct diagnosis *d, size_t counts[SEVERITY_CRITICAL + 1]);
/* "3 findings (1 high, 1 medium, 1 low)" */
void audit_add_counts(struct bytes *b, const size_t counts[SEVERITY_CRITICAL + 1]);
const char *audit_host_name(const struct observation *o);
void audit_print_header(const struct terminal *t, const struct observation *o);
void audit_print_finding(const struct terminal *t, const struct finding *f, struct audit_view view);
/* Up to five paths with the most bytes: 0 or -ENOMEM. */
int audit_print_paths(const struct terminal *t, const struct observation *o);
/* What appeared, got worse or better, stayed, and went, and whether the earlier audit is of another
 * place than now: 0 or -ENOMEM. */
int audit_print_comparison(const struct terminal *t, const struct comparison *c,
			   const struct facts *now);
json_t *audit_comparison_object(struct document *d, const struct comparison *c,
				const struct facts *now);

#endif
