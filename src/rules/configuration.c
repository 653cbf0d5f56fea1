#include "rules/configuration.h"

#include "base/cleanup.h"
#include "rules/config_text.h"
#include "rules/setting.h"

#include <string.h>

static const char *const known[] = { "daemon", "ignore", "pins", "tune" };

static int check_names(const char *name, const config_setting_t *root, struct error *e)
{
	struct setting_reader reader = { .file = name, .e = e };

	for (int i = 0; i < config_setting_length(root); i++) {
		const config_setting_t *s = config_setting_get_elem(root, (unsigned int)i);
		size_t k = 0;

		while (k < ARRAY_LEN(known) && strcmp(config_setting_name(s), known[k]) != 0)
			k++;
		if (k == ARRAY_LEN(known))
			return setting_fail(&reader, s,
					    "is no setting of netwright.conf; it knows daemon, "
					    "ignore, pins and tune");
	}
	return 0;
}

int configuration_parse(const char *name, const char *text, size_t len, config_t *ret,
			struct error *e)
{
	int r = config_text_parse(name, text, len, ret, e);

	if (r < 0)
		return r;
	r = check_names(name, config_root_setting(ret), e);
	if (r < 0)
		config_destroy(ret);
	return r;
}
