/* A profile: any file, put together and worked out, on a host where every key holds 4096. */
#include "profiles/inherit.h"
#include "profiles/resolve.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libconfig 1.5 forgets a string that it was reading when it met a syntax error: one small leak for
 * each refused file, in a program that then stops. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:strbuf_append\nleak:libconfig_yylex\nleak:libconfig_yyparse\n";
}

static void work_out(const struct profile_library *library, const char *name)
{
	struct observation o = { .sockets_unseen = true, .udp_unseen = true };
	struct tunable_values values = { calloc(tunable_count, sizeof(*values.values)) };
	const struct profile_host host = { .observation = &o, .tunables = &values };
	struct resolved_profile resolved = { 0 };
	struct flat_profile flat = { 0 };
	struct error e;

	if (values.values == NULL)
		abort();
	for (size_t i = 0; i < tunable_count; i++)
		tunable_value_take(&tunables[i], "4096", 4, &values.values[i]);
	if (profile_flatten(library, profile_library_find(library, name), &flat, &e) == 0)
		(void)profile_resolve(&flat, &host, NULL, 0, &resolved, &e);
	resolved_profile_done(&resolved);
	flat_profile_done(&flat);
	tunable_values_done(&values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct profile_library library = { 0 };
	const char *name = NULL;
	struct error e;

	if (profile_library_load_text(&library, "x.conf", (const char *)data, size, &name, &e) == 0)
		work_out(&library, name);
	profile_library_done(&library);
	return 0;
}
