#include "daemon/pace.h"

#include <math.h>

double pace_sample_s(const struct pace *p, double interval_s, double sample_s)
{
	double intervals = floor(interval_s / sample_s);

	if (p->sample_cost_s > 0)
		intervals = fmin(intervals, floor(PACE_SHARE * interval_s / p->sample_cost_s) - 1);
	return fmin(fmax(sample_s, interval_s / fmax(intervals, 1)), PACE_LONGEST_S);
}

double pace_rest_s(const struct pace *p, double interval_s, double sample_s)
{
	const double samples = ceil(interval_s / sample_s) + 1;
	const double rest_s = samples * p->sample_cost_s / PACE_SHARE - interval_s;

	return fmin(fmax(rest_s, 0), PACE_LONGEST_S);
}

void pace_note(struct pace *p, double cpu_s, unsigned int samples)
{
	if (samples > 0)
		p->sample_cost_s = cpu_s / samples;
}
