/* netwright profile suggest. */
#include "cli/audit_report.h"
#include "cli/document.h"
#include "cli/exit_status.h"
#include "cli/inspection.h"
#include "cli/print.h"
#include "cli/profile_action.h"
#include "cli/terminal.h"
#include "profiles/fit.h"

#include <errno.h>

#define SUGGEST_SCHEMA	"netwright.profile-suggest/1"
#define SUGGEST_SECONDS 10.0 /* as an audit */
#define REASON_INDENT	4

static void print_fits(const struct inspection *i, const struct profile_fits *f, FILE *out)
{
	struct terminal t;

	terminal_examine(out, COLOR_NEVER, &t);
	audit_print_header(&t, i->observation);
	(void)fputc('\n', out);
	for (size_t n = 0; n < f->count; n++) {
		(void)fprintf(out, "%s: ", f->fits[n].profile->name);
		print_wrapped(out, t.width, 0, REASON_INDENT, f->fits[n].profile->summary);
		for (size_t k = 0; k < f->fits[n].count; k++) {
			(void)fprintf(out, "%*s", REASON_INDENT, "");
			print_wrapped(out, t.width, REASON_INDENT, REASON_INDENT,
				      f->fits[n].reasons[k].data);
		}
	}
	if (f->count > 0)
		(void)fprintf(out, "\nnext: netwright profile show %s\n", f->fits[0].profile->name);
	else
		(void)fputs("Nothing seen speaks for one kind of work. Observe when the host is "
			    "busy, or for longer (--for); base fits every host.\n",
			    out);
}

static json_t *fit_object(struct document *d, const struct profile_fit *f)
{
	json_t *object = json_object(), *reasons = json_array();

	for (size_t i = 0; i < f->count; i++)
		document_append(d, reasons, document_text(f->reasons[i].data));
	document_set(d, object, "profile", document_text(f->profile->name));
	document_set(d, object, "summary", document_text(f->profile->summary));
	document_set(d, object, "reasons", reasons);
	document_set(d, object, "unknown", document_number((double)f->unknown));
	return object;
}

static int print_json(const struct inspection *i, const struct profile_fits *f, FILE *out,
		      struct error *e)
{
	json_t *list = json_array();
	struct document d;
	int r;

	document_init(&d, SUGGEST_SCHEMA);
	for (size_t n = 0; n < f->count; n++)
		document_append(&d, list, fit_object(&d, &f->fits[n]));
	document_set(&d, d.root, "host", document_host(&d, i->observation));
	document_set(&d, d.root, "window", document_window(&d, i->observation));
	document_set(&d, d.root, "profiles", list);
	r = document_print(&d, out, e);
	document_done(&d);
	return r;
}

int profile_suggest(const struct settings *s, const char *const *operands, size_t count, FILE *out,
		    struct error *e)
{
	const struct inspection_request request = {
		.settings = s,
		.default_seconds = SUGGEST_SECONDS,
		.tunables = true,
	};
	struct profile_library library = { 0 };
	struct inspection inspection = { 0 };
	struct profile_fits fits = { 0 };
	int r = profile_view_load(s, &library, e);

	(void)operands;
	(void)count;
	if (r == 0)
		r = inspection_run(&request, &inspection, e);
	if (r == 0)
		r = profile_fits_find(&library, inspection.observation, &inspection.tunables, &fits,
				      e);
	if (r == 0 && s->json)
		r = print_json(&inspection, &fits, out, e);
	else if (r == 0)
		print_fits(&inspection, &fits, out);
	profile_fits_done(&fits);
	inspection_done(&inspection);
	profile_library_done(&library);
	return r < 0 ? r : EXIT_STATUS_OK;
}
