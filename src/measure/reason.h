/* Why a metric is unknown: texts that live as long as the observation. */
#ifndef NETWRIGHT_MEASURE_REASON_H
#define NETWRIGHT_MEASURE_REASON_H

#include "host/counters.h"

#include <stdbool.h>
#include <stdint.h>

struct observation;
struct reasons;

/* Fields of tcp_info that came with later kernels and that metrics need. */
enum info_field {
	INFO_ANY, /* tcp_info at all */
	INFO_BYTES_ACKED,
	INFO_DATA_SEGMENTS,
	INFO_NOTSENT,
	INFO_MIN_RTT,
	INFO_DELIVERY_RATE,
	INFO_BUSY_TIME,
	INFO_DELIVERED_CE,
	INFO_BYTES_SENT,
	INFO_DSACK_DUPS,
	INFO_REORD_SEEN,
	INFO_SND_WND,
	INFO_RCV_WND,
	INFO_FIELDS,
};

/* Whether an answer of that length holds the field. */
bool info_field_known(uint16_t info_len, enum info_field field);

/* Writes the texts for o->last, o->first and o->info_len into o->reasons. 0 or -ENOMEM. */
int reasons_write(struct observation *o);
/* Never NULL, also when reasons_write() was not called. */
const char *reason_of_counter(const struct observation *o, enum counter c);
const char *reason_of_field(const struct observation *o, enum info_field field);

#endif
