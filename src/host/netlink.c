#include "host/netlink.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* A table that changed under three dumps in a row changes all the time; iproute2's ss gives up
 * likewise after a few. */
enum { DUMP_TRIES = 3 };

/* One run of a request. */
struct dump {
	const struct source_request *request;
	const struct netlink_visitor *visitor;
	bool interrupted; /* NLM_F_DUMP_INTR seen, or datagrams lost */
	bool complete;
	struct error *error;
};

static bool is_dump(const struct source_request *request)
{
	return (request->flags & NLM_F_DUMP) == NLM_F_DUMP;
}

static int report(const struct dump *d, int code, const char *what)
{
	return error_errno(d->error, code, d->request->name, what);
}

static int damaged(const struct dump *d, const char *what)
{
	return error_set(d->error, -EBADMSG, ERROR_FAILED, d->request->name,
			 "the kernel's answer is damaged: %s", what);
}

/* The number that NLMSG_ERROR and NLMSG_DONE carry: 0 or a negative errno. */
static int take_status(struct dump *d, const struct nlmsghdr *message)
{
	int32_t status = 0;

	if (message->nlmsg_len >= NLMSG_HDRLEN + sizeof(status))
		memcpy(&status, (const char *)message + NLMSG_HDRLEN, sizeof(status));
	else if (message->nlmsg_type == NLMSG_ERROR)
		return damaged(d, "an error message without its number");
	/* MAX_ERRNO of include/linux/err.h. A dump's end may say how many bytes it wrote (> 0). */
	if (status < -4095 || (status > 0 && message->nlmsg_type == NLMSG_ERROR))
		return damaged(d, "an error number out of range");
	if (status < 0)
		return report(d, status, "the kernel refused the request");
	d->complete = true;
	return 0;
}

static int take_message(struct dump *d, const struct nlmsghdr *message)
{
	int r;

	switch (message->nlmsg_type) {
	case NLMSG_NOOP:
		return 0;
	case NLMSG_ERROR:
		return take_status(d, message);
	case NLMSG_OVERRUN:
		d->interrupted = true;
		return -ENOBUFS;
	default:
		break;
	}
	if (message->nlmsg_flags & NLM_F_DUMP_INTR)
		d->interrupted = true;
	if (message->nlmsg_type == NLMSG_DONE)
		return take_status(d, message);
	r = d->visitor->message(d->visitor->arg, message);
	if (r < 0)
		return report(d, r, "reading the answer was given up");
	if (!is_dump(d->request))
		d->complete = true;
	return 0;
}

static int take_datagram(struct dump *d, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0 && !d->complete) {
		const struct nlmsghdr *message = (const void *)at;
		size_t step;
		int r;

		if (len < NLMSG_HDRLEN)
			return damaged(d, "a message shorter than its header");
		if (message->nlmsg_len < NLMSG_HDRLEN || message->nlmsg_len > len)
			return damaged(d, "a message that overruns its datagram");
		r = take_message(d, message);
		if (r < 0)
			return r;
		/* The padding of the last message may be missing. */
		step = NLMSG_ALIGN((size_t)message->nlmsg_len);
		at += step < len ? step : len;
		len -= step < len ? step : len;
	}
	return 0;
}

static int run_once(struct source *s, struct dump *d)
{
	int r = source_request(s, d->request, d->error);

	if (r < 0)
		return r;
	while (!d->complete) {
		const void *data;
		size_t len;

		r = source_receive(s, &data, &len, d->error);
		if (r == -ENOBUFS)
			d->interrupted = true;
		if (r < 0)
			return r;
		if (r == 0)
			return error_set(d->error, -EPIPE, ERROR_FAILED, d->request->name,
					 "the answer was cut short");
		r = take_datagram(d, data, len);
		if (r < 0)
			return r;
	}
	return 0;
}

int netlink_run(struct source *s, const struct source_request *request,
		const struct netlink_visitor *visitor, struct error *e)
{
	int attempt, r = 0;

	for (attempt = 0; attempt < DUMP_TRIES; attempt++) {
		struct dump d = { .request = request, .visitor = visitor, .error = e };

		if (attempt > 0 && visitor->restart != NULL)
			visitor->restart(visitor->arg);
		r = run_once(s, &d);
		/* Datagrams that did not fit are as good a reason to ask again as a table that
		 * changed. */
		if (r < 0 && !(r == -ENOBUFS && d.interrupted))
			return r;
		if (r == 0 && !d.interrupted)
			return 0;
	}
	if (r == -ENOBUFS)
		return error_errno(e, r, request->name, "the answer did not fit, three times");
	return error_set(e, -EAGAIN, ERROR_FAILED, request->name,
			 "the kernel's table changed during each of %d dumps; what was read is "
			 "incomplete",
			 DUMP_TRIES);
}
