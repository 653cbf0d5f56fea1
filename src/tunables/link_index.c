#include "tunables/link_index.h"

#include "base/cleanup.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* What the kernel's link messages begin with. */
struct link_message {
	struct nlmsghdr header;
	struct ifinfomsg link;
};

struct link_request {
	struct link_message message;
	struct rtattr attribute;
	char name[IFNAMSIZ];
};

int link_index_find(struct os *os, const char *name, uint32_t *ret)
{
	CLEANUP(bytes_done) struct bytes answer = { 0 };
	struct link_request request = {
		.message.header = { .nlmsg_len = sizeof(request), .nlmsg_type = RTM_GETLINK },
		.message.link = { .ifi_family = AF_UNSPEC },
		.attribute = { .rta_len = sizeof(request.attribute) + sizeof(request.name),
			       .rta_type = IFLA_IFNAME },
	};
	struct link_message found;
	int r;

	if (strlen(name) >= sizeof(request.name))
		return -ENAMETOOLONG;
	memcpy(request.name, name, strlen(name));
	r = os->ops->talk(os, NETLINK_ROUTE, &request, sizeof(request), &answer);
	if (r < 0)
		return r;
	if (answer.len < sizeof(found))
		return -EBADMSG;
	memcpy(&found, answer.data, sizeof(found));
	if (found.header.nlmsg_type != RTM_NEWLINK || found.link.ifi_index <= 0)
		return -EBADMSG;
	*ret = (uint32_t)found.link.ifi_index;
	return 0;
}
