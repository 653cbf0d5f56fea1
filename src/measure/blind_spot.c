#include "measure/blind_spot.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int blind_spot_add(struct observation *o, const char *what, const char *reason)
{
	struct blind_spot *list, *spot;

	for (size_t i = 0; i < o->blind_spot_count; i++)
		if (strcmp(o->blind_spots[i].what, what) == 0)
			return 0;
	list = realloc(o->blind_spots, (o->blind_spot_count + 1) * sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	o->blind_spots = list;
	spot = &list[o->blind_spot_count++];
	text_copy_printable(spot->what, sizeof(spot->what), what, strlen(what));
	text_copy_printable(spot->reason, sizeof(spot->reason), reason, strlen(reason));
	return 0;
}

int blind_spot_add_counters(struct observation *o)
{
	/* Connection tracking and IPv6 are absent where nothing uses them: nothing is missed then,
	 * and those files are not listed. */
	static const char *const files[COUNTER_FILES] = {
		[COUNTER_FILE_SNMP] = "/proc/net/snmp",
		[COUNTER_FILE_NETSTAT] = "/proc/net/netstat",
		[COUNTER_FILE_SOCKSTAT] = "/proc/net/sockstat",
		[COUNTER_FILE_TCP_MEM] = "net.ipv4.tcp_mem",
		[COUNTER_FILE_UDP_MEM] = "net.ipv4.udp_mem",
		[COUNTER_FILE_ARP_CACHE] = "/proc/net/stat/arp_cache",
		[COUNTER_FILE_FILE_NR] = "/proc/sys/fs/file-nr",
		[COUNTER_FILE_SOFTNET] = "/proc/net/softnet_stat",
		[COUNTER_FILE_MEMINFO] = "/proc/meminfo",
		[COUNTER_FILE_STAT] = "/proc/stat",
		[COUNTER_FILE_PSI_CPU] = "/proc/pressure/cpu",
		[COUNTER_FILE_PSI_MEMORY] = "/proc/pressure/memory",
		[COUNTER_FILE_PSI_IO] = "/proc/pressure/io",
	};

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		const char *reason = o->last.file_reason[i];
		int r;

		if (files[i] == NULL || reason[0] == '\0')
			continue;
		r = blind_spot_add(o, files[i], reason);
		if (r < 0)
			return r;
	}
	return 0;
}
