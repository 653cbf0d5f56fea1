#include "tunables/netlink_exchange.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "host/attribute.h"
#include "tunables/capability.h"

#include <errno.h>
#include <netlink/msg.h>
#include <string.h>

#define CAP_NET_ADMIN 12 /* linux/capability.h */
#define STATUS_MAX    8192
#define TRIES	      3

struct nl_msg *netlink_message_new(int type, int flags, const void *head, size_t len)
{
	struct nl_msg *m = nlmsg_alloc_simple(type, flags);
	void *at = m != NULL ? nlmsg_reserve(m, len, NLMSG_ALIGNTO) : NULL;

	if (at == NULL) {
		nlmsg_free(m);
		return NULL;
	}
	memcpy(at, head, len);
	return m;
}

void netlink_message_freep(struct nl_msg **m)
{
	nlmsg_free(*m);
	*m = NULL;
}

int netlink_exchange(struct os *os, int protocol, struct nl_msg *m, struct bytes *answers)
{
	const struct nlmsghdr *header;
	int r = -EAGAIN;

	if (m == NULL)
		return -ENOMEM;
	header = nlmsg_hdr(m);
	for (unsigned int i = 0; r == -EAGAIN && i < TRIES; i++) {
		bytes_clear(answers);
		r = os->ops->talk(os, protocol, header, header->nlmsg_len, answers);
	}
	return r < 0 ? r : 0;
}

/* Any message at *at, which advances past it. */
static bool next_message(const struct bytes *answers, size_t *at, struct nlmsghdr *ret,
			 const uint8_t **ret_data)
{
	size_t left = answers->len - *at, step;

	if (left < sizeof(*ret))
		return false;
	memcpy(ret, answers->data + *at, sizeof(*ret));
	if (ret->nlmsg_len < sizeof(*ret) || ret->nlmsg_len > left)
		return false;
	*ret_data = (const uint8_t *)answers->data + *at + sizeof(*ret);
	step = NLMSG_ALIGN((size_t)ret->nlmsg_len);
	*at += step < left ? step : left;
	return true;
}

bool netlink_next(const struct bytes *answers, size_t *at, struct netlink_reply *ret)
{
	struct nlmsghdr header;
	const uint8_t *data;

	while (next_message(answers, at, &header, &data)) {
		if (header.nlmsg_type < NLMSG_MIN_TYPE)
			continue;
		*ret = (struct netlink_reply){ header.nlmsg_type, data,
					       header.nlmsg_len - sizeof(header) };
		return true;
	}
	return false;
}

/* The attributes after an NLMSG_ERROR's errno and the request that it repeats. */
static struct attribute_walk extended_answer(const struct nlmsghdr *header, const uint8_t *data)
{
	const size_t len = header->nlmsg_len - sizeof(*header);
	size_t skip = sizeof(struct nlmsgerr);
	struct nlmsgerr refused;

	if (len < sizeof(refused) || (header->nlmsg_flags & NLM_F_ACK_TLVS) == 0)
		return attribute_walk(NULL, 0);
	memcpy(&refused, data, sizeof(refused));
	if ((header->nlmsg_flags & NLM_F_CAPPED) == 0 &&
	    refused.msg.nlmsg_len >= sizeof(struct nlmsghdr))
		skip += NLMSG_ALIGN((size_t)refused.msg.nlmsg_len) - sizeof(struct nlmsghdr);
	return skip < len ? attribute_walk(data + skip, len - skip) : attribute_walk(NULL, 0);
}

const char *netlink_refusal(const struct bytes *answers, char *buf, size_t len)
{
	struct nlmsghdr header;
	const uint8_t *data;
	size_t at = 0;

	buf[0] = '\0';
	while (next_message(answers, &at, &header, &data)) {
		struct attribute_walk walk;
		struct attribute a;

		if (header.nlmsg_type != NLMSG_ERROR)
			continue;
		walk = extended_answer(&header, data);
		while (attribute_next(&walk, &a)) {
			if (a.type == NLMSGERR_ATTR_MSG)
				text_copy_printable(buf, len, (const char *)a.data, a.len);
		}
	}
	return buf;
}

int netlink_failed(const struct bytes *answers, int code, const char *object, const char *what,
		   struct error *e)
{
	char words[128], text[224];

	if (code == -EPERM)
		return error_set(e, code, ERROR_PRIVILEGE, object,
				 "%s takes CAP_NET_ADMIN in the network namespace; run as root",
				 what);
	netlink_refusal(answers, words, sizeof(words));
	if (words[0] == '\0')
		return error_errno(e, code, object, what);
	(void)snprintf(text, sizeof(text), "%s (\"%s\")", what, words);
	return error_errno(e, code, object, text);
}

int netlink_check_right(struct os *os, const char *object, struct error *e)
{
	int held = capability_held(os, CAP_NET_ADMIN, e);

	if (held != 0)
		return held < 0 ? held : 0;
	return error_set(e, -EPERM, ERROR_PRIVILEGE, object,
			 "changing it takes CAP_NET_ADMIN, which this run does not have; run as "
			 "root");
}
