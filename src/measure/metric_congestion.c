#include "measure/metric_getters.h"

#include <string.h>

METRIC_GETTER(metric_congestion_allowed)
{
	const struct fact_names *allowed = &o->facts.congestion_allowed;

	(void)self;
	(void)entity;
	if (o->facts.congestion[0] == '\0')
		return value_unknown("the default congestion control could not be read");
	if (allowed->count == 0)
		return value_unknown("the congestion controls that are allowed could not be read");
	for (size_t i = 0; i < allowed->count; i++) {
		if (strcmp(allowed->name[i], o->facts.congestion) == 0)
			return value_number(1);
	}
	return allowed->count < FACTS_NAMES_MAX
		       ? value_number(0)
		       : value_unknown("more congestion controls are allowed than are looked at");
}
