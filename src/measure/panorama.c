#include "measure/panorama.h"

#include "base/text.h"
#include "host/netns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* Descriptors of one live source: three namespaces and a netlink socket of each of three
 * protocols. Others, and files that are read, are few. */
#define SOURCE_DESCRIPTORS 6
#define OTHER_DESCRIPTORS  32

/* The usual soft limit, 1024, is there for programs that use select(2), as nothing here does. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* How many namespaces can be watched at once: netlink sockets are opened only when they are first
 * needed, and one namespace too many would take them from all. At least our own. */
static size_t count_affordable(size_t listed)
{
	struct rlimit limit;
	size_t spent = listed + OTHER_DESCRIPTORS;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return listed;
	if (limit.rlim_cur <= spent + SOURCE_DESCRIPTORS)
		return 1;
	return (size_t)(limit.rlim_cur - spent) / SOURCE_DESCRIPTORS;
}

/* Whoever may not enter the namespace that he is in could enter another, but not come back. */
static bool may_come_back(const struct panorama *p)
{
	return netns_enter(p->list.entries[0].fd, NULL) == 0;
}

/* Why it is of no use to try, or NULL. */
static const char *obstacle(const struct netns_entry *entry, bool enters, size_t affordable)
{
	if (entry->reason[0] != '\0')
		return entry->reason;
	if (!enters)
		return "the network namespace may not be entered; run as root";
	if (affordable == 0)
		return "there are more network namespaces than the limit of open files allows "
		       "for; raise it (ulimit -n)";
	return NULL;
}

static void set_reason(struct panorama_view *view, const char *reason)
{
	text_copy_printable(view->reason, sizeof(view->reason), reason, strlen(reason));
}

/* 0 when it is open, or has a reason not to be. */
static int open_view(struct panorama *p, size_t i, const struct observe_options *options,
		     struct error *e)
{
	const struct netns_entry *entry = &p->list.entries[i];
	const char *name = entry->name[0] != '\0' ? entry->name : NULL;
	struct panorama_view *view = &p->views[i];
	struct error why = { 0 };
	int r = live_group_add(p->group, name, entry->fd, &view->source, &why);

	if (r == 0)
		r = observer_new(view->source, options, &view->observer, &why);
	if (r == -ENOMEM || (r < 0 && i == 0))
		return error_set(e, r, why.kind, NULL, "%s", why.text);
	if (r < 0)
		set_reason(view, why.text);
	return 0;
}

int panorama_open(struct panorama *ret, const struct live_options *live,
		  const struct observe_options *options, const struct panorama_choice *choice,
		  struct error *e)
{
	static const struct panorama_choice all = { 0 };
	size_t affordable;
	bool enters;
	int r;

	if (choice == NULL)
		choice = &all;
	raise_descriptor_limit();
	r = netns_list_read(&ret->list, choice->is_enough, choice->arg, e);
	if (r < 0)
		return r;
	ret->views = calloc(ret->list.count, sizeof(*ret->views));
	if (ret->views == NULL)
		return error_errno(e, -ENOMEM, NULL, "cannot list the network namespaces");
	r = live_group_new(live, &ret->group, e);
	enters = may_come_back(ret);
	affordable = count_affordable(ret->list.count);
	for (size_t i = 0; r == 0 && i < ret->list.count; i++) {
		const struct netns_entry *entry = &ret->list.entries[i];
		const char *reason = obstacle(entry, i == 0 || enters, affordable);

		if (choice->is_wanted != NULL && !choice->is_wanted(choice->arg, entry))
			continue;
		if (reason != NULL) {
			set_reason(&ret->views[i], reason);
			continue;
		}
		affordable--;
		r = open_view(ret, i, options, e);
	}
	return r;
}

int panorama_sample(struct panorama *p, struct error *e)
{
	int left;

	do {
		left = 0;
		for (size_t i = 0; i < p->list.count; i++) {
			struct observer *o = p->views[i].observer;
			int r = o != NULL ? observer_sample(o, e) : 0;

			if (r < 0)
				return r;
			left += r;
		}
	} while (left > 0);
	return 0;
}

void panorama_done(struct panorama *p)
{
	for (size_t i = 0; p->views != NULL && i < p->list.count; i++) {
		observer_free(p->views[i].observer);
		source_free(p->views[i].source);
	}
	free(p->views);
	live_group_free(p->group);
	netns_list_done(&p->list);
	*p = (struct panorama){ 0 };
}
