/* The root queueing discipline of a link. Declared in link_access.h.
 *
 * The kernel's own choice has handle 0:, which no other can have, and comes back when what replaced
 * it is deleted (qdisc_graft() and dev_activate() of net/sched). What netwright sets has a handle
 * of its own; anything else is somebody's, and left alone. `undo` is "default", "own" or "foreign".
 */
#include "base/cleanup.h"
#include "host/attribute.h"
#include "tunables/link_access.h"
#include "tunables/netlink_exchange.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>

/* Two handles, because one that is held cannot change its kind (tc_modify_qdisc()). They are below
 * 8000:, from where the kernel numbers by itself (qdisc_alloc_handle()). */
#define HANDLE_ONE ((uint32_t)0x6e770000) /* "nw" */
#define HANDLE_TWO ((uint32_t)0x6e780000)

#define KIND_MAX 16 /* IFNAMSIZ of struct Qdisc_ops */

#define DEFAULT "default"
#define OWN	"own"

/* Those that do what they should without parameters. */
static const char *const kinds_known[] = { "bfifo",  "cake",	"codel", "fq",	       "fq_codel",
					   "fq_pie", "noqueue", "pfifo", "pfifo_fast", "sfq" };

struct qdisc {
	char kind[KIND_MAX];
	uint32_t handle;
	bool has_root, touched; /* something below the root is not the kernel's choice */
};

static struct nl_msg *request(int type, int flags, const struct tcmsg *head)
{
	return netlink_message_new(type, flags, head, sizeof(*head));
}

static int take(struct qdisc *q, const struct netlink_reply *reply, uint32_t index)
{
	struct attribute_walk walk;
	struct attribute a;
	struct tcmsg head;

	if (reply->type != RTM_NEWQDISC || reply->len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, reply->data, sizeof(head));
	if ((uint32_t)head.tcm_ifindex != index || head.tcm_parent == TC_H_INGRESS)
		return 0;
	if (head.tcm_parent != TC_H_ROOT) {
		q->touched = q->touched || head.tcm_handle != 0;
		return 0;
	}
	walk = attribute_walk(reply->data + sizeof(head), reply->len - sizeof(head));
	while (attribute_next(&walk, &a)) {
		if (a.type != TCA_KIND)
			continue;
		if (a.len > sizeof(q->kind) || memchr(a.data, '\0', a.len) == NULL)
			return -EBADMSG;
		memcpy(q->kind, a.data, a.len);
		q->has_root = true;
	}
	q->handle = head.tcm_handle;
	return 0;
}

static int read_root(const struct link_ref *l, struct qdisc *ret, struct error *e)
{
	const struct tcmsg head = { .tcm_ifindex = (int)l->index };
	CLEANUP(netlink_message_freep)
	struct nl_msg *m = request(RTM_GETQDISC, NLM_F_DUMP, &head);
	CLEANUP(bytes_done) struct bytes answers = { 0 };
	struct netlink_reply reply;
	struct qdisc q = { 0 };
	size_t at = 0;
	int r = netlink_exchange(l->os, NETLINK_ROUTE, m, &answers);

	while (r == 0 && netlink_next(&answers, &at, &reply))
		r = take(&q, &reply, l->index);
	if (r < 0)
		return netlink_failed(&answers, r, l->name, "reading the qdiscs", e);
	if (!q.has_root)
		return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, l->name,
				 "the link has no qdisc while it is down; ip link set %s up first",
				 l->link);
	*ret = q;
	return 0;
}

static bool is_ours(const struct qdisc *q)
{
	return q->handle == HANDLE_ONE || q->handle == HANDLE_TWO;
}

static int read_qdisc(const struct link_ref *l, struct held *ret, struct error *e)
{
	struct qdisc q;
	int r = read_root(l, &q, e);

	if (r < 0)
		return r;
	(void)snprintf(ret->text, sizeof(ret->text), "%s", q.kind);
	(void)snprintf(ret->undo, sizeof(ret->undo), "%s",
		       q.handle == 0 && !q.touched ? DEFAULT
		       : is_ours(&q)		   ? OWN
						   : LINK_QDISC_FOREIGN);
	return 0;
}

/* To put `kind` at the root, with whichever of our handles is free. */
static struct nl_msg *request_root(const struct link_ref *l, const struct qdisc *now,
				   const char *kind)
{
	const struct tcmsg head = {
		.tcm_ifindex = (int)l->index,
		.tcm_parent = TC_H_ROOT,
		.tcm_handle = now->handle == HANDLE_ONE ? HANDLE_TWO : HANDLE_ONE,
	};
	struct nl_msg *m = request(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, &head);

	if (m == NULL || nla_put_string(m, TCA_KIND, kind) < 0) {
		nlmsg_free(m);
		return NULL;
	}
	return m;
}

static int no_such_kind(const struct link_ref *l, const char *kind, struct error *e)
{
	return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, l->name,
			 "this kernel has no qdisc \"%.15s\" (CONFIG_NET_SCH_*, sch_%.15s)", kind,
			 kind);
}

/* Whether the kernel has it, without setting it: a size table that is empty is refused after the
 * kind was looked up, and before anything is attached (qdisc_create(), qdisc_get_stab()). */
static int probe(const struct link_ref *l, const struct qdisc *now, const char *kind,
		 struct error *e)
{
	CLEANUP(netlink_message_freep) struct nl_msg *m = request_root(l, now, kind);
	CLEANUP(bytes_done) struct bytes answers = { 0 };
	int r;

	if (m == NULL || nla_put(m, TCA_STAB, 0, NULL) < 0)
		return error_errno(e, -ENOMEM, l->name, "looking for the qdisc");
	r = netlink_exchange(l->os, NETLINK_ROUTE, m, &answers);
	if (r == -ENOENT)
		return no_such_kind(l, kind, e);
	if (r == -EINVAL)
		return 0;
	return netlink_failed(&answers, r < 0 ? r : -EBADMSG, l->name, "looking for the qdisc", e);
}

/* A link that is down gets its default when it comes up, and one whose queue has no length gets
 * one with any qdisc (qdisc_create()): neither would come back as it was. */
static int check_link(const struct link_ref *l, struct error *e)
{
	struct ifinfomsg head = { .ifi_index = (int)l->index };
	CLEANUP(netlink_message_freep)
	struct nl_msg *m = netlink_message_new(RTM_GETLINK, 0, &head, sizeof(head));
	CLEANUP(bytes_done) struct bytes answers = { 0 };
	struct netlink_reply reply;
	struct attribute_walk walk;
	struct attribute a;
	uint32_t length = 0;
	size_t at = 0;
	int r = netlink_exchange(l->os, NETLINK_ROUTE, m, &answers);

	if (r == 0 && (!netlink_next(&answers, &at, &reply) || reply.len < sizeof(head)))
		r = -EBADMSG;
	if (r != 0)
		return netlink_failed(&answers, r, l->name, "reading the link", e);
	memcpy(&head, reply.data, sizeof(head));
	walk = attribute_walk(reply.data + sizeof(head), reply.len - sizeof(head));
	while (attribute_next(&walk, &a)) {
		if (a.type == IFLA_TXQLEN)
			(void)attribute_copy(&a, &length, sizeof(length));
	}
	if ((head.ifi_flags & IFF_UP) == 0)
		return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, l->name,
				 "the link is down, and its default would not come back; ip link "
				 "set %s up first",
				 l->link);
	if (length == 0)
		return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, l->name,
				 "the link has txqueuelen 0, which a qdisc would change to 1000 "
				 "for good");
	return 0;
}

int link_qdisc_check_kind(const char *name, const char *to, struct error *e)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds_known); i++) {
		if (strcmp(kinds_known[i], to) == 0)
			return 0;
	}
	return error_set(e, -EINVAL, ERROR_INPUT, name,
			 "\"%.15s\" is none that works without parameters; write fq, fq_codel, "
			 "cake, pfifo_fast, pfifo, bfifo, codel, fq_pie, sfq or noqueue",
			 to);
}

static int check(const struct link_ref *l, const struct held *from, const char *to, struct error *e)
{
	struct qdisc now = { .handle = 0 };
	int r = link_qdisc_check_kind(l->name, to, e);

	if (r == 0)
		r = read_root(l, &now, e);
	if (r < 0)
		return r;
	if (strcmp(from->undo, LINK_QDISC_FOREIGN) == 0)
		return error_set(e, -EEXIST, ERROR_CONFLICT, l->name,
				 "the link has the qdisc %.15s %x:, or one below it, that somebody "
				 "configured; only the kernel's own choice is replaced. To give it "
				 "up: tc qdisc del dev %s root",
				 now.kind, now.handle >> 16, l->link);
	if (strcmp(now.kind, "mq") == 0)
		return error_set(e, -EOPNOTSUPP, ERROR_UNSUPPORTED, l->name,
				 "the link has a qdisc for each of its queues (mq), which one at "
				 "the root would make wait for each other; set "
				 "net.core.default_qdisc instead");
	r = check_link(l, e);
	return r < 0 ? r : probe(l, &now, to, e);
}

static int transmit(const struct link_ref *l, struct nl_msg *m, const char *what, struct error *e)
{
	CLEANUP(netlink_message_freep) struct nl_msg *owned = m;
	CLEANUP(bytes_done) struct bytes answers = { 0 };
	int r = netlink_exchange(l->os, NETLINK_ROUTE, owned, &answers);

	return r < 0 ? netlink_failed(&answers, r, l->name, what, e) : 0;
}

static int write_qdisc(const struct link_ref *l, const char *to, struct error *e)
{
	struct qdisc now = { .handle = 0 };
	int r = read_root(l, &now, e);

	if (r < 0)
		return r;
	r = transmit(l, request_root(l, &now, to), "replacing the qdisc", e);
	return r == -ENOENT ? no_such_kind(l, to, e) : r;
}

static int restore(const struct link_ref *l, const struct held *from, struct error *e)
{
	const struct tcmsg head = { .tcm_ifindex = (int)l->index, .tcm_parent = TC_H_ROOT };

	if (strcmp(from->undo, OWN) == 0)
		return write_qdisc(l, from->text, e);
	if (strcmp(from->undo, DEFAULT) != 0)
		return error_set(e, -EINVAL, ERROR_INPUT, l->name,
				 "the journal does not say that the qdisc was the kernel's choice");
	return transmit(l, request(RTM_DELQDISC, 0, &head), "removing the qdisc", e);
}

const struct link_access link_qdisc_access = {
	.read = read_qdisc,
	.check = check,
	.write = write_qdisc,
	.restore = restore,
};
