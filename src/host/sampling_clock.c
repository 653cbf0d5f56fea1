#include "host/sampling_clock.h"

void sampling_clock_start(struct sampling_clock *c, uint64_t now_ns)
{
	c->start_ns = now_ns;
	c->started = true;
	c->over = c->duration_ns == 0;
}

uint64_t sampling_clock_next(const struct sampling_clock *c, uint64_t now_ns)
{
	uint64_t elapsed = now_ns > c->start_ns ? now_ns - c->start_ns : 0;
	uint64_t due = (elapsed / c->interval_ns + 1) * c->interval_ns;

	return c->start_ns + (due < c->duration_ns ? due : c->duration_ns);
}

void sampling_clock_took(struct sampling_clock *c, uint64_t due_ns)
{
	if (due_ns >= c->start_ns + c->duration_ns)
		c->over = true;
}
