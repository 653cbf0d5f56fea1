/* What a run and its guardian say to each other: one message per datagram of a socket pair. */
#ifndef NETWRIGHT_APPLY_GUARDIAN_CHANNEL_H
#define NETWRIGHT_APPLY_GUARDIAN_CHANNEL_H

#include <stdint.h>

enum guardian_word {
	GUARDIAN_READY = 1, /* from the guardian: pid and start */
	GUARDIAN_ENTRUST,   /* to it: transaction and deadline */
	GUARDIAN_ACCEPTED,  /* from it: waits for the deadline */
	GUARDIAN_DISMISS,   /* to it: end */
};

struct guardian_message {
	enum guardian_word word;
	int64_t number; /* the PID, or the transaction */
	uint64_t time;	/* its start in clock ticks, or the deadline in ns of CLOCK_BOOTTIME */
};

/* 0, or a negative errno: -EPIPE when the other end is gone. Never raises SIGPIPE. */
int guardian_channel_send(int channel, const struct guardian_message *m);
/* Waits up to `wait_ms` for a message: 0, -EPIPE when the other end is gone, -ETIMEDOUT, -EBADMSG
 * for what is no message. */
int guardian_channel_receive(int channel, int wait_ms, struct guardian_message *ret);

#endif
