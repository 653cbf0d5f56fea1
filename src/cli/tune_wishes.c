#include "cli/tune_wishes.h"

#include "cli/print.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A namespace shows the drops of the whole host's queues, whose settings are not its own. That
 * keeps nothing else from being changed. */
void tune_leave_out_host(struct wish *wishes, size_t *count, const struct place *place)
{
	size_t kept = 0;

	for (size_t i = 0; i < *count; i++) {
		const struct wish *wish = &wishes[i];
		const struct tunable *t = NULL;
		char name[TARGET_NAME_MAX];
		int element;

		if (target_split_name(wish->tunable, name, &element, NULL) == 0)
			t = tunable_find(name);
		if (t != NULL && t->scope == TUNABLE_INIT_ONLY && !place->is_init)
			(void)fprintf(stderr,
				      "netwright: tune: %s is not changed: it holds for the whole "
				      "host; for %s run netwright in the initial network "
				      "namespace\n",
				      name, wish->why);
		else
			wishes[kept++] = *wish;
	}
	*count = kept;
}

/* Whether the wish can be met by itself: 0, or why not in *e. */
static int try_wish(const struct place *place, const struct wish *wish, struct error *e)
{
	struct plan plan = { 0 };
	int r = plan_make(place, wish, 1, &plan, e);

	plan_done(&plan);
	return r;
}

/* Routes and connections come and go, and belong to others, while sysctls are always there: those
 * that cannot be changed keep nothing else from it. 0 or -ENOMEM. */
int tune_leave_out_unmet(struct wish *wishes, size_t *count, const struct place *place,
			 struct error *e)
{
	size_t kept = 0;

	for (size_t i = 0; i < *count; i++) {
		const struct wish *wish = &wishes[i];
		struct error why = { 0 };
		int r = 0;

		if (kind_of_target(wish->tunable)->prefix[0] != '\0')
			r = try_wish(place, wish, &why);
		if (r == -ENOMEM) {
			*e = why;
			return r;
		}
		if (r == 0) {
			wishes[kept++] = *wish;
			continue;
		}
		(void)fprintf(stderr, "netwright: tune: not changed, for %s: ", wish->why);
		print_tamed(stderr, why.text, strlen(why.text));
		(void)fputc('\n', stderr);
	}
	*count = kept;
	return 0;
}
