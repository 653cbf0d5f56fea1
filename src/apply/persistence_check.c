/* What can be made to survive a reboot, and why the rest cannot. */
#include "apply/boot_profile.h"
#include "apply/boot_settings.h"
#include "apply/persistence.h"
#include "apply/persistence_unit.h"
#include "tunables/rlimit.h"
#include "tunables/socket.h"
#include "tunables/sysctl.h"

#include <errno.h>

/* Files are made of all of a transaction that they take, and are about the initial namespace. */
static bool goes_to_a_file(const struct plan_change *c)
{
	return persistence_is_sysctl(c) || boot_settings_take(c) || boot_profile_takes(c);
}

int persistence_check_place(const struct place *p, const char *what, struct error *e)
{
	if (p->is_init)
		return 0;
	return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, what,
			 "the files that set it at boot set the initial network namespace, and "
			 "this is another");
}

int persistence_check(const struct place *p, const struct plan_change *c, struct error *e)
{
	const char *name = c->target.name;
	char unit[UNIT_NAME_MAX];
	int r;

	if (c->target.kind == &rlimit_kind)
		return persistence_unit_find(p->os, &c->target, unit, e);
	if (!goes_to_a_file(c))
		return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, name,
				 c->target.kind == &socket_kind
					 ? "it is of one open connection, and ends with it"
					 : "there is no file that would set it at boot");
	r = persistence_check_place(p, name, e);
	if (r < 0)
		return r;
	return boot_settings_take(c) || boot_profile_takes(c) ? boot_unit_check(p->os, name, e) : 0;
}

size_t persistence_count_able(const struct place *p, const struct plan *plan)
{
	size_t able = 0;

	for (size_t i = 0; i < plan->count; i++)
		able += persistence_check(p, &plan->changes[i], NULL) == 0;
	return able;
}

static int refuse(const struct error *why, struct error *e)
{
	return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, NULL,
			 "%.400s; leave out --persist, or this setting", why->text);
}

int persistence_check_plan(const struct place *p, const struct plan *plan, struct error *e)
{
	struct error why = { 0 };
	size_t able = 0;

	for (size_t i = 0; i < plan->count; i++) {
		int r = persistence_check(p, &plan->changes[i], &why);

		able += r == 0;
		/* A file would set it, in the wrong namespace, or never. */
		if (r < 0 && goes_to_a_file(&plan->changes[i]))
			return refuse(&why, e);
	}
	return able > 0 || plan->count == 0 ? 0 : refuse(&why, e);
}
