#include "kinds_fixture.h"

#include "base/cleanup.h"
#include "fake_link.h"
#include "fake_os.h"
#include "fake_routes.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define SYSCTLS	   15
#define PID	   812
#define PROCESSES  2
#define FIRST_TCP  11 /* cookie */
#define TCPS	   3
#define FIRST_FD   7
#define LINK_INDEX 7 /* as of applier_fixture.c */

static const int resources[] = { RLIMIT_NOFILE, RLIMIT_MEMLOCK };
#define RESOURCES ARRAY_LEN(resources)

/* All of it but the sysctls, as one piece of memory. */
struct rest {
	struct fake_link_state link;
	struct fake_routes_image routes;
	struct fake_tcp tcp[TCPS];
	struct rlimit limits[PROCESSES][RESOURCES];
	bool alive; /* the processes, and so their connections */
};

struct machine {
	struct fake_link_kernel link;
	struct fake_routes routes;
	struct rest from, to;
	bool alive;
};

static const struct wish thirty[] = {
	{ "rlimit:812/nofile", "4096", "by hand", WISH_SET },
	{ "rlimit:812/memlock", "1048576", "by hand", WISH_SET },
	{ "rlimit:813/nofile", "8192", "by hand", WISH_SET },
	{ "route:default/initcwnd", "20", "by hand", WISH_SET },
	{ "route:default/congctl", "bbr", "by hand", WISH_SET },
	{ "route:198.51.100.0/24/rto_min", "50ms", "by hand", WISH_SET },
	{ "route:2001:db8:8::/48/quickack", "1", "by hand", WISH_SET },
	{ "route:203.0.113.0/24/initcwnd", "25", "by hand", WISH_SET },
	{ "link:eth0/txqueuelen", "5000", "by hand", WISH_SET },
	{ "link:eth0/qdisc", "cake", "by hand", WISH_SET },
	{ "link:eth0/offload.tso", "0", "by hand", WISH_SET },
	{ "link:eth0/channels.rx", "4", "by hand", WISH_SET },
	{ "socket:812/7/sndbuf", "2MiB", "by hand", WISH_SET },
	{ "socket:812/8/rcvbuf", "auto", "by hand", WISH_SET },
	{ "socket:812/9/congestion", "bbr", "by hand", WISH_SET },
};

static const struct wish five[] = {
	{ "rlimit:812/nofile", "4096", "by hand", WISH_SET },
	{ "route:203.0.113.0/24/initcwnd", "25", "by hand", WISH_SET },
	{ "link:eth0/qdisc", "cake", "by hand", WISH_SET },
	{ "socket:812/8/rcvbuf", "auto", "by hand", WISH_SET },
};

/* --- what the world asks for --- */

static struct machine *machine_of(const struct world *w)
{
	return w->rest_arg;
}

static void look(const struct world *w, struct rest *ret)
{
	const struct machine *m = machine_of(w);

	memset(ret, 0, sizeof(*ret));
	ret->link = m->link.state;
	fake_routes_save(&m->routes, &ret->routes);
	ret->alive = m->alive;
	for (size_t i = 0; m->alive && i < TCPS; i++)
		ret->tcp[i] = *fake_os_socket(w->os, FIRST_TCP + i);
	for (size_t i = 0; m->alive && i < PROCESSES; i++) {
		for (size_t k = 0; k < RESOURCES; k++)
			ret->limits[i][k] = fake_os_limit(w->os, PID + (pid_t)i, resources[k]);
	}
}

static void *save(const struct world *w)
{
	struct rest *copy = malloc(sizeof(*copy));

	if (copy == NULL)
		abort();
	look(w, copy);
	return copy;
}

static void start_processes(struct world *w)
{
	for (pid_t i = 0; i < PROCESSES; i++)
		fake_os_add_process(w->os, PID + i, "nginx", 173529, WORLD_NETNS, "/");
	for (int i = 0; i < TCPS; i++)
		fake_os_hold_socket(w->os, PID, FIRST_FD + i, FIRST_TCP + (uint64_t)i);
	machine_of(w)->alive = true;
}

static void load(struct world *w, const void *copy)
{
	struct machine *m = machine_of(w);
	const struct rest *r = copy;

	m->link.state = r->link;
	fake_routes_load(&m->routes, &r->routes);
	if (r->alive && !m->alive)
		start_processes(w);
	for (size_t i = 0; r->alive && i < TCPS; i++)
		*fake_os_socket(w->os, FIRST_TCP + i) = r->tcp[i];
	for (size_t i = 0; r->alive && i < PROCESSES; i++) {
		for (size_t k = 0; k < RESOURCES; k++)
			fake_os_set_limit(w->os, PID + (pid_t)i, resources[k],
					  r->limits[i][k].rlim_cur, r->limits[i][k].rlim_max);
	}
}

static void reboot(struct world *w)
{
	struct machine *m = machine_of(w);

	m->link.state = m->from.link;
	fake_routes_load(&m->routes, &m->from.routes);
	m->alive = false;
}

static bool holds(const struct world *w, bool to)
{
	const struct machine *m = machine_of(w);
	const struct rest *wanted = to ? &m->to : &m->from;
	struct rest now;

	look(w, &now);
	if (memcmp(&now.link, &wanted->link, sizeof(now.link)) != 0 ||
	    memcmp(&now.routes, &wanted->routes, sizeof(now.routes)) != 0)
		return false;
	return !now.alive || (memcmp(now.tcp, wanted->tcp, sizeof(now.tcp)) == 0 &&
			      memcmp(now.limits, wanted->limits, sizeof(now.limits)) == 0);
}

static void done(struct world *w)
{
	fake_routes_done(&machine_of(w)->routes);
}

static const struct world_rest rest = { save, load, reboot, holds, done };

/* --- making --- */

static void add_connections(struct world *w)
{
	struct fake_tcp *locked;

	for (uint64_t i = 0; i < TCPS; i++)
		(void)fake_os_add_socket(w->os, FIRST_TCP + i, WORLD_NETNS, 443, "198.51.100.7",
					 (uint16_t)(40001 + i));
	locked = fake_os_socket(w->os, FIRST_TCP + 1);
	locked->rcvbuf = 65536;
	locked->lock = 3;
}

static void add_routes(struct fake_routes *routes)
{
	fake_routes_add(routes,
			&(struct fake_route){ "0.0.0.0", "192.0.2.254", 0, 100, 16, 0, 0, NULL });
	fake_routes_add(routes, &(struct fake_route){ "198.51.100.0", "192.0.2.2", 24, 0, 4, 12, 60,
						      "reno" });
	fake_routes_add(routes, &(struct fake_route){ "2001:db8:8::", "2001:db8:1::2", 48, 1024, 4,
						      9, 0, NULL });
}

static void init(struct world *w, size_t sysctls, const struct wish *wishes, size_t n)
{
	static struct machine machine;
	static struct world_key keys[SYSCTLS];
	struct world_image *image;

	if (world_many(keys, sysctls) != sysctls)
		abort();
	world_init(w, keys, sysctls);
	memset(&machine, 0, sizeof(machine));
	w->rest_arg = &machine;
	fake_routes_attach(&machine.routes, w->os, WORLD_NETNS);
	fake_link_attach_to(&machine.link, w->os, WORLD_NETNS, LINK_INDEX);
	add_routes(&machine.routes);
	add_connections(w);
	start_processes(w);
	fake_os_add_sysctl(w->os, 0, "net.ipv4.tcp_available_congestion_control",
			   "reno cubic bbr\n");
	fake_os_add_file(w->os, "/proc/thread-self/status", "CapEff:\t000001ffffffffff\n");
	world_wish(w, wishes, n);
	look(w, &machine.from);
	w->rest = &rest;
	w->file_kinds = 2;
	/* What it is like after all changes is what one apply makes of it. */
	image = world_save(w);
	if (world_apply(w) != 0 || w->plan.count != sysctls + n) {
		(void)fprintf(stderr, "kinds_fixture: %zu changes: %s\n", w->plan.count,
			      w->error.text);
		abort();
	}
	look(w, &machine.to);
	world_load(w, image);
	world_image_free(image);
}

void kinds_init_thirty(struct world *w)
{
	init(w, SYSCTLS, thirty, ARRAY_LEN(thirty));
}

void kinds_init_five(struct world *w)
{
	init(w, 1, five, ARRAY_LEN(five));
}
