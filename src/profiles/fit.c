#include "profiles/fit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void profile_fits_done(struct profile_fits *f)
{
	for (size_t i = 0; i < f->count; i++) {
		for (size_t k = 0; k < f->fits[i].count; k++)
			bytes_done(&f->fits[i].reasons[k]);
		free(f->fits[i].reasons);
	}
	free(f->fits);
	*f = (struct profile_fits){ 0 };
}

static int compare_fits(const void *a, const void *b)
{
	const struct profile_fit *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return strcmp(x->profile->name, y->profile->name);
}

static int judge(const struct profile *p, const struct expression_environment *env,
		 struct profile_fit *ret)
{
	int r = 0;

	*ret = (struct profile_fit){ .profile = p };
	ret->reasons = calloc(p->sign_count + 1, sizeof(*ret->reasons));
	if (ret->reasons == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < p->sign_count && r == 0; i++) {
		enum truth seen = expression_evaluate(p->signs[i].when, env).truth;

		ret->unknown += seen == TRUTH_UNKNOWN;
		if (seen == TRUTH_TRUE)
			r = template_fill(p->signs[i].because, env, &ret->reasons[ret->count++]);
	}
	return r;
}

int profile_fits_find(const struct profile_library *library, const struct observation *o,
		      const struct tunable_values *values, struct profile_fits *ret,
		      struct error *e)
{
	const struct expression_environment env = { .observation = o, .tunables = values };
	int r = 0;

	ret->fits = calloc(library->count + 1, sizeof(*ret->fits));
	if (ret->fits == NULL)
		return error_errno(e, -ENOMEM, NULL, "profiles");
	for (size_t i = 0; i < library->count && r == 0; i++) {
		struct profile_fit *fit = &ret->fits[ret->count];

		r = judge(&library->profiles[i], &env, fit);
		if (r < 0 || fit->count > 0)
			ret->count++;
		else
			free(fit->reasons);
	}
	qsort(ret->fits, ret->count, sizeof(*ret->fits), compare_fits);
	return r < 0 ? error_errno(e, r, NULL, "profiles") : 0;
}
