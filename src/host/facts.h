/* What does not change during an observation. */
#ifndef NETWRIGHT_HOST_FACTS_H
#define NETWRIGHT_HOST_FACTS_H

#include "base/error.h"
#include "host/source.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum availability {
	AVAILABILITY_UNKNOWN, /* neither the kernel nor its module directory could tell */
	AVAILABILITY_NO,
	AVAILABILITY_YES, /* built in, loaded, or a loadable module is installed */
};

#define FACTS_NAMES_MAX 24

struct fact_names {
	char name[FACTS_NAMES_MAX][16];
	size_t count;
};

struct facts {
	char hostname[65];
	char kernel[65]; /* uname -r, "6.18.44" */
	unsigned int kernel_major, kernel_minor;
	char netns[256]; /* namespace name or pid; "" for our own */
	bool netns_is_init;
	int64_t start_utc_s;   /* seconds since 1970 when the observation began; 0 unknown */
	uint32_t euid;	       /* UINT32_MAX unknown */
	unsigned int cpus;     /* online; 0 unknown */
	uint64_t memory_bytes; /* MemTotal; 0 unknown */
	unsigned int page_bytes;
	unsigned int clock_ticks; /* per second, of /proc/stat */
	char congestion[16];	  /* the namespace's default congestion control; "" unknown */
	struct fact_names congestion_available; /* as the kernel lists them now */
	struct fact_names congestion_allowed;
	enum availability congestion_module[4]; /* see facts_available() */
	enum availability qdisc_module[8];
};

/* Reads SOURCE_INFO_PATH, /proc/sys/kernel/{hostname,osrelease}, /sys/devices/system/cpu/online,
 * /proc/meminfo, tcp_{congestion_control,available_...,allowed_...}. What is missing is left
 * unknown; returns 0 or -ENOMEM. */
int facts_read(struct source *s, struct facts *ret, struct error *e);

/* Whether this kernel can do it: kind "cc" with a congestion control, "qdisc" with a qdisc. Looks
 * at what the kernel lists, /sys/module, modules.builtin, modules.dep and /proc/config.gz; never
 * loads or creates anything. Names beyond those that facts_read() probed (cc: bbr cubic reno dctcp;
 * qdisc: fq fq_codel cake pfifo_fast codel sfq mq noqueue) are unknown unless the kernel lists
 * them. */
enum availability facts_available(const struct facts *f, const char *kind, const char *name);

#endif
