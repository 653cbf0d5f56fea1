/* From sysctl files to a profile: the lines that win. */
#include "base/bytes.h"
#include "base/cleanup.h"
#include "profiles/import.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

static int import_line(struct import *im, const struct sysctl_settings *s,
		       const struct sysctl_line *line)
{
	const struct import_origin origin = { line->file, line->line };
	CLEANUP(bytes_done) struct bytes shown = { 0 };

	if (line->problem != NULL)
		return import_leave_out(im, origin, "malformed line", line->problem);
	if (bytes_printf(&shown, "%s%s%s", line->key, line->value != NULL ? "=" : "",
			 line->value != NULL ? line->value : "") < 0)
		return -ENOMEM;
	if (line->value == NULL)
		return import_leave_out(im, origin, shown.data,
					"keeps the key out of patterns, and sets nothing");
	if (line->overridden_by != SIZE_MAX) {
		const struct sysctl_line *later = &s->lines[line->overridden_by];

		return import_leave_out_overridden(
			im, origin, shown.data, (struct import_origin){ later->file, later->line });
	}
	if (line->glob)
		return import_leave_out(im, origin, shown.data,
					"is a pattern of names; a profile names each tunable");
	return import_add_sysctl(im, origin, shown.data, line->key, IMPORT_SET, line->value);
}

int import_sysctl(const struct sysctl_settings *s, const char *name, struct import *ret,
		  struct error *e)
{
	int r = 0;

	ret->name = strdup(name);
	ret->summary = strdup("Settings of sysctl files");
	if (ret->name == NULL || ret->summary == NULL)
		r = -ENOMEM;
	for (size_t i = 0; i < s->line_count && r == 0; i++)
		r = import_line(ret, s, &s->lines[i]);
	return r < 0 ? error_errno(e, r, NULL, "importing sysctl files") : 0;
}
