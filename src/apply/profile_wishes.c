#include "apply/profile_wishes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXTS_PER_WISH 3

static const enum wish_mode modes[PROFILE_MODES] = {
	[PROFILE_SET] = WISH_SET,
	[PROFILE_RAISE] = WISH_RAISE,
	[PROFILE_LOWER] = WISH_LOWER,
};

static int out_of_memory(struct error *e)
{
	return error_errno(e, -ENOMEM, NULL, "profile");
}

int profile_wishes_add(struct profile_wishes *w, const struct wish *wish, struct error *e)
{
	const char *const copied[TEXTS_PER_WISH] = { wish->tunable, wish->value, wish->why };
	struct wish *wishes = reallocarray(w->wishes, w->count + 1, sizeof(*wishes));
	char **texts;

	if (wishes == NULL)
		return out_of_memory(e);
	w->wishes = wishes;
	texts = reallocarray(w->texts, (w->count + 1) * TEXTS_PER_WISH, sizeof(*texts));
	if (texts == NULL)
		return out_of_memory(e);
	w->texts = texts;
	texts += w->count * TEXTS_PER_WISH;
	for (size_t i = 0; i < TEXTS_PER_WISH; i++)
		texts[i] = strdup(copied[i]);
	w->wishes[w->count++] = (struct wish){ texts[0], texts[1], texts[2], wish->mode };
	return texts[0] == NULL || texts[1] == NULL || texts[2] == NULL ? out_of_memory(e) : 0;
}

int profile_wishes_fix(struct profile_wishes *w, size_t index, const char *value, struct error *e)
{
	char *copy = strdup(value);

	if (copy == NULL)
		return out_of_memory(e);
	free(w->texts[index * TEXTS_PER_WISH + 1]);
	w->texts[index * TEXTS_PER_WISH + 1] = copy;
	w->wishes[index].value = copy;
	w->wishes[index].mode = WISH_SET;
	return 0;
}

int profile_why_format(const struct resolved_profile *p, char ret[PLAN_WHY_MAX], struct error *e)
{
	char inputs[PROFILE_WHY_INPUTS_MAX] = "";
	size_t used = 0;

	for (size_t i = 0; i < p->given_count; i++) {
		int n = snprintf(inputs + used, sizeof(inputs) - used, "%s%s", i > 0 ? ", " : "",
				 p->given[i]);

		if (n < 0 || (size_t)n >= sizeof(inputs) - used)
			return error_set(e, -E2BIG, ERROR_INPUT, "--input",
					 "the inputs have %d characters at most together",
					 PROFILE_WHY_INPUTS_MAX - 1);
		used += (size_t)n;
	}
	(void)snprintf(ret, PLAN_WHY_MAX, PROFILE_WHY_PREFIX "%s%s%s%s", p->flat->profile->name,
		       used > 0 ? " (" : "", inputs, used > 0 ? ")" : "");
	return 0;
}

int profile_wishes_make(const struct resolved_profile *p, struct profile_wishes *ret,
			struct error *e)
{
	char why[PLAN_WHY_MAX], name[TARGET_NAME_MAX + 8];
	int r = profile_why_format(p, why, e);

	for (size_t i = 0; i < p->flat->setting_count && r == 0; i++) {
		const struct resolved_setting *s = &p->settings[i];
		const struct wish wish = {
			.tunable = profile_setting_name(s->flat->setting, name, sizeof(name)),
			.value = s->value,
			.why = why,
			.mode = modes[s->flat->setting->mode],
		};

		if (s->state != RESOLVED_LEFT_OUT)
			r = profile_wishes_add(ret, &wish, e);
	}
	return r;
}

void profile_wishes_done(struct profile_wishes *w)
{
	for (size_t i = 0; i < w->count * TEXTS_PER_WISH; i++)
		free(w->texts[i]);
	free(w->texts);
	free(w->wishes);
	*w = (struct profile_wishes){ 0 };
}

bool profile_of_why(const char *why, char ret[PROFILE_NAME_MAX])
{
	size_t prefix = strlen(PROFILE_WHY_PREFIX), len;

	if (strncmp(why, PROFILE_WHY_PREFIX, prefix) != 0)
		return false;
	len = strcspn(why + prefix, ":, ");
	if (len == 0 || len >= PROFILE_NAME_MAX)
		return false;
	memcpy(ret, why + prefix, len);
	ret[len] = '\0';
	return true;
}

bool profile_input_of_why(const char *why, size_t *at, char ret[PROFILE_WHY_INPUTS_MAX])
{
	const char *open = strchr(why, '('), *start;
	size_t len;

	if (open == NULL)
		return false;
	start = *at == 0 ? open + 1 : why + *at;
	start += strspn(start, ", ");
	len = strcspn(start, ",)");
	if (len == 0 || len >= PROFILE_WHY_INPUTS_MAX || start[len] == '\0')
		return false;
	memcpy(ret, start, len);
	ret[len] = '\0';
	*at = (size_t)(start - why) + len;
	return true;
}
