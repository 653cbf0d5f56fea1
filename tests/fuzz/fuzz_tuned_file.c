/* Whatever stands in a tuned.conf: parsing and importing must end, and what is printed must be a
 * text that libconfig reads, whatever quotes, newlines and bytes there were. */
#include "base/cleanup.h"
#include "profiles/import.h"
#include "rules/config_text.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(tuned_profile_done) struct tuned_profile p = { 0 };
	CLEANUP(import_done) struct import im = { 0 };
	CLEANUP(bytes_done) struct bytes text = { 0 };
	const struct tuned_section *variables;
	config_t config;

	if (size > 8192 ||
	    tuned_file_parse("fuzz.conf", (const char *)data, size, &p.units, NULL) < 0)
		return 0;
	variables = tuned_section_find(&p.units, "variables");
	for (size_t i = 0; variables != NULL && i < variables->count; i++) {
		/* Each may double the one before it: that ends with -EINVAL, not without memory. */
		if (tuned_variables_define(&p.variables, &variables->options[i], NULL) == -ENOMEM)
			abort();
	}
	p.name = strdup("fuzz");
	if (p.name == NULL || import_tuned(&p, &im, NULL) < 0 || import_print(&im, &text) < 0)
		abort();
	if (config_text_parse("out", text.data, text.len, &config, NULL) < 0)
		abort();
	config_destroy(&config);
	return 0;
}
