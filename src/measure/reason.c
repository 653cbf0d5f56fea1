#include "measure/reason.h"

#include "measure/observation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct reasons {
	char counter[COUNTERS][160];
	char field[INFO_FIELDS][80];
};

#define FIELD(kernel_name)                                                                \
	{                                                                                 \
#kernel_name, offsetof(struct tcpinfo, kernel_name) +                     \
				      sizeof(((const struct tcpinfo *)NULL)->kernel_name) \
	}

static const struct {
	const char *name;
	size_t end;
} fields[INFO_FIELDS] = {
	[INFO_ANY] = FIELD(total_retrans),
	[INFO_BYTES_ACKED] = FIELD(bytes_received),
	[INFO_DATA_SEGMENTS] = FIELD(data_segs_out),
	[INFO_NOTSENT] = FIELD(notsent_bytes),
	[INFO_MIN_RTT] = FIELD(min_rtt),
	[INFO_DELIVERY_RATE] = FIELD(delivery_rate),
	[INFO_BUSY_TIME] = FIELD(sndbuf_limited),
	[INFO_DELIVERED_CE] = FIELD(delivered_ce),
	[INFO_BYTES_SENT] = FIELD(bytes_retrans),
	[INFO_DSACK_DUPS] = FIELD(dsack_dups),
	[INFO_REORD_SEEN] = FIELD(reord_seen),
	[INFO_SND_WND] = FIELD(snd_wnd),
	[INFO_RCV_WND] = FIELD(rcv_wnd),
};

bool info_field_known(uint16_t info_len, enum info_field field)
{
	return info_len >= fields[field].end;
}

int reasons_write(struct observation *o)
{
	struct reasons *texts = calloc(1, sizeof(*texts));

	if (texts == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < COUNTERS; i++) {
		const struct counters *c = o->last.known[i] ? &o->first : &o->last;

		(void)counter_reason(c, (enum counter)i, texts->counter[i],
				     sizeof(texts->counter[i]));
	}
	for (unsigned int i = 0; i < INFO_FIELDS; i++)
		(void)snprintf(texts->field[i], sizeof(texts->field[i]),
			       "this kernel's tcp_info (%u bytes) has no %s", o->info_len,
			       fields[i].name);
	free(o->reasons);
	o->reasons = texts;
	return 0;
}

const char *reason_of_counter(const struct observation *o, enum counter c)
{
	if (o->reasons == NULL || o->reasons->counter[c][0] == '\0')
		return "the counter was not read";
	return o->reasons->counter[c];
}

const char *reason_of_field(const struct observation *o, enum info_field field)
{
	if (o->flow_count == 0)
		return "no flow was active";
	return o->reasons == NULL ? "this kernel's tcp_info is too short"
				  : o->reasons->field[field];
}
