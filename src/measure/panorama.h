/* Every network namespace of this host, observed side by side over one window. */
#ifndef NETWRIGHT_MEASURE_PANORAMA_H
#define NETWRIGHT_MEASURE_PANORAMA_H

#include "base/error.h"
#include "host/live.h"
#include "host/netns_list.h"
#include "measure/observer.h"

#include <stdbool.h>
#include <stddef.h>

/* One namespace; the index is that of its entry in the list. */
struct panorama_view {
	struct source *source;	   /* owned; NULL: not observed */
	struct observer *observer; /* owned; likewise */
	char reason[160];	   /* why it is not observed, printable; "" when it is, or was not
				    * wanted */
};

struct panorama {
	struct netns_list list;
	struct live_group *group;
	struct panorama_view *views; /* owned; list.count of them */
};

/* Which of the namespaces. */
struct panorama_choice {
	bool (*is_wanted)(void *arg, const struct netns_entry *entry);
	/* Whether all that could be wanted are among those with names; see netns_list_read(). */
	bool (*is_enough)(void *arg, const struct netns_list *named);
	void *arg;
};

/* Lists the namespaces and opens those that are chosen (NULL: all). One that cannot be
 * opened keeps no other from being observed; our own that is wanted must be. The limit of open
 * files is raised as far as it may be. `options` and what they point to must outlive it. `ret` must
 * be {0}; release with panorama_done() in any case. */
int panorama_open(struct panorama *ret, const struct live_options *live,
		  const struct observe_options *options, const struct panorama_choice *choice,
		  struct error *e);
/* Takes all samples of all views, with one thread, so that each sample of one is taken beside those
 * of the others. Then observer_finish() has each one's observation. */
int panorama_sample(struct panorama *p, struct error *e);
void panorama_done(struct panorama *p); /* accepts {0} */

#endif
