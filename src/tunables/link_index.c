#include "tunables/link_index.h"

#include "base/cleanup.h"
#include "host/attribute.h"

#include <errno.h>
#include <linux/if_link.h>
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
	char name[LINK_NAME_MAX];
};

/* Its own name: the message was found by any of them. */
static int copy_name(const struct bytes *answer, char ret[LINK_NAME_MAX])
{
	struct attribute_walk walk = attribute_walk(answer->data + sizeof(struct link_message),
						    answer->len - sizeof(struct link_message));
	struct attribute a;

	while (attribute_next(&walk, &a)) {
		if (a.type != IFLA_IFNAME)
			continue;
		if (a.len == 0 || a.len > LINK_NAME_MAX || a.data[a.len - 1] != '\0')
			return -EBADMSG;
		memcpy(ret, a.data, a.len);
		return 0;
	}
	return -EBADMSG;
}

int link_index_find(struct os *os, const char *name, uint32_t *ret_index,
		    char ret_name[LINK_NAME_MAX])
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
	r = ret_name != NULL ? copy_name(&answer, ret_name) : 0;
	if (r == 0)
		*ret_index = (uint32_t)found.link.ifi_index;
	return r;
}
