#include "cli/phrase.h"

#include "base/cleanup.h"
#include "measure/metric.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SYSCTL_CALL "sysctl('"

static const struct {
	const char *part;
	const char *words;
} vocabulary[] = {
	{ "app", "application" },
	{ "bdp", "bandwidth-delay product" },
	{ "ce", "congestion-experienced" },
	{ "cpu", "CPU" },
	{ "cpus", "CPUs" },
	{ "cwnd", "congestion window" },
	{ "min", "minimum" },
	{ "max", "maximum" },
	{ "mss", "MSS" },
	{ "mtu", "MTU" },
	{ "notsent", "unsent" },
	{ "p50", "median" },
	{ "psi", "pressure" },
	{ "rcv", "receive" },
	{ "rcvbuf", "receive buffer" },
	{ "rtt", "RTT" },
	{ "rwnd", "receiver-window" },
	{ "rx", "receive" },
	{ "sack", "SACK" },
	{ "snd", "send" },
	{ "sndbuf", "send buffer" },
	{ "srtt", "RTT" },
	{ "tcp", "TCP" },
	{ "tx", "transmit" },
	{ "udp", "UDP" },
	{ "wnd", "window" },
	{ "wscale", "window scaling" },
};

static void append(char *buf, size_t len, size_t *used, const char *text, size_t text_len)
{
	if (text_len > len - 1 - *used)
		text_len = len - 1 - *used;
	memcpy(buf + *used, text, text_len);
	*used += text_len;
	buf[*used] = '\0';
}

static void append_part(char *buf, size_t len, size_t *used, const char *part, size_t part_len)
{
	if (*used > 0)
		append(buf, len, used, " ", 1);
	for (size_t i = 0; i < ARRAY_LEN(vocabulary); i++) {
		const char *known = vocabulary[i].part;

		if (strlen(known) == part_len && strncmp(known, part, part_len) == 0) {
			append(buf, len, used, vocabulary[i].words, strlen(vocabulary[i].words));
			return;
		}
	}
	append(buf, len, used, part, part_len);
}

static void phrase_metric(const struct metric *m, enum entity_kind scope, char *buf, size_t len)
{
	const char *at = m->name;
	const char *dot = strchr(at, '.');
	size_t used = 0;

	/* "tcp." and "softnet." say which of the host's numbers; "host." says nothing. */
	if (dot != NULL && (m->entity == scope || m->entity == ENTITY_HOST) &&
	    (m->entity != ENTITY_HOST || strncmp(at, "host.", strlen("host.")) == 0))
		at = dot + 1;
	while (*at != '\0') {
		size_t part_len = strcspn(at, "._");

		append_part(buf, len, &used, at, part_len);
		at += part_len;
		if (*at != '\0')
			at++;
	}
}

const char *phrase_expression(const char *expression, enum entity_kind scope, char *buf, size_t len)
{
	const struct metric *m = metric_find(expression);
	const char *at = expression;
	size_t used = 0;

	buf[0] = '\0';
	if (m != NULL) {
		phrase_metric(m, scope, buf, len);
		return buf;
	}
	while (*at != '\0') {
		const char *call = strstr(at, SYSCTL_CALL);
		const char *key, *end;

		if (call == NULL)
			break;
		key = call + strlen(SYSCTL_CALL);
		end = strstr(key, "')");
		if (end == NULL)
			break;
		append(buf, len, &used, at, (size_t)(call - at));
		append(buf, len, &used, key, (size_t)(end - key));
		at = end + 2;
	}
	append(buf, len, &used, at, strlen(at));
	return buf;
}

const char *phrase_template(const char *text, enum entity_kind scope, char *buf, size_t len)
{
	size_t used = 0;

	buf[0] = '\0';
	while (*text != '\0') {
		size_t plain = strcspn(text, "{");
		char expression[256], words[256];
		size_t inner;

		append(buf, len, &used, text, plain);
		text += plain;
		if (*text == '\0')
			break;
		text++;
		if (*text == '{') { /* {{ is a brace */
			append(buf, len, &used, text++, 1);
			continue;
		}
		inner = strcspn(text, ":}");
		(void)snprintf(expression, sizeof(expression), "%.*s", (int)inner, text);
		phrase_expression(expression, scope, words, sizeof(words));
		append(buf, len, &used, "<", 1);
		append(buf, len, &used, words, strlen(words));
		append(buf, len, &used, ">", 1);
		text += strcspn(text, "}");
		text += *text == '}';
	}
	return buf;
}
