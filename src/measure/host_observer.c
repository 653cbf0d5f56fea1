/* A host at one instant, without its sockets. */
#include "base/cleanup.h"
#include "measure/blind_spot.h"
#include "measure/closing.h"
#include "measure/observer.h"
#include "measure/reason.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

DEFINE_CLEANUP(struct observation, observation_free)

static int read_links(struct source *s, struct observation *o, struct error *e)
{
	CLEANUP(link_table_done) struct link_table table = { 0 };
	int r = links_read(s, &table, e);

	if (r < 0 && r != -ENOMEM)
		r = blind_spot_add(o, "links", strerror(-r));
	return r < 0 ? r : closing_read_links(s, o, &table, e);
}

static int read_instant(struct source *s, struct observation *o, struct error *e)
{
	int r = source_next_sample(s, e);

	if (r < 0)
		return r;
	if (r == 0)
		return error_set(e, -ENODATA, ERROR_INPUT, NULL, "the source holds no sample");
	r = counters_read(s, &o->last, e);
	if (r < 0)
		return r;
	o->first = o->last;
	o->start_ns = o->end_ns = o->last.time_ns;
	o->samples = 1;
	for (size_t i = 0; i < COUNTERS; i++)
		o->gauge_max[i] = o->last.known[i] ? o->last.value[i] : 0;
	r = read_links(s, o, e);
	return r < 0 ? r : reasons_write(o);
}

int observe_host(struct source *s, struct observation **ret, struct error *e)
{
	CLEANUP(observation_freep) struct observation *o = calloc(1, sizeof(*o));
	int r;

	if (o == NULL)
		return error_errno(e, -ENOMEM, NULL, "observe");
	o->sockets_unseen = true;
	o->udp_unseen = true;
	r = facts_read(s, &o->facts, e);
	if (r == 0)
		r = read_instant(s, o, e);
	if (r < 0)
		return r == -ENOMEM ? error_errno(e, r, NULL, "observe") : r;
	*ret = o;
	o = NULL;
	return 0;
}
