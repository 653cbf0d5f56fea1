#include "host/facts.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "host/availability.h"
#include "host/procfile.h"
#include "host/source.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

/* Highest CPU number believed: NR_CPUS is at most 8192 (arch/x86/Kconfig). */
#define CPU_NUMBER_MAX 65535u

static struct text_span first_word(struct text_span text)
{
	struct text_span line = { .at = "", .len = 0 }, word = { .at = "", .len = 0 };

	if (!text_next_line(&text, &line) || !text_next_word(&line, &word))
		return (struct text_span){ .at = "", .len = 0 };
	return word;
}

/* A number of at most `max`, or 0. */
static uint64_t number_or_zero(struct text_span text, uint64_t max)
{
	uint64_t value;

	if (text_parse_u64(text.at, text.len, 10, &value) < 0 || value > max)
		return 0;
	return value;
}

static void take_word(struct facts *f, struct text_span text, char *ret, size_t size)
{
	const struct text_span word = first_word(text);

	(void)f;
	text_copy_printable(ret, size, word.at, word.len);
}

static void take_hostname(struct facts *f, struct text_span text)
{
	take_word(f, text, f->hostname, sizeof(f->hostname));
}

static void take_congestion(struct facts *f, struct text_span text)
{
	take_word(f, text, f->congestion, sizeof(f->congestion));
}

/* "6.18.44-fc", "5.10": leading digits, a dot, digits */
static void take_release(struct facts *f, struct text_span text)
{
	const char *dot;
	size_t minor_len = 0;
	struct text_span word;

	take_word(f, text, f->kernel, sizeof(f->kernel));
	dot = strchr(f->kernel, '.');
	if (dot == NULL)
		return;
	word = (struct text_span){ .at = f->kernel, .len = (size_t)(dot - f->kernel) };
	f->kernel_major = (unsigned int)number_or_zero(word, UINT_MAX);
	while (dot[1 + minor_len] >= '0' && dot[1 + minor_len] <= '9')
		minor_len++;
	word = (struct text_span){ .at = dot + 1, .len = minor_len };
	f->kernel_minor = (unsigned int)number_or_zero(word, UINT_MAX);
}

/* One of "0-3" and "5"; 0 when it is neither. */
static unsigned int count_cpu_range(struct text_span range)
{
	const char *dash = memchr(range.at, '-', range.len);
	struct text_span low = range, high = range;
	uint64_t first, last;

	if (dash != NULL) {
		low.len = (size_t)(dash - range.at);
		high = (struct text_span){ .at = dash + 1, .len = range.len - low.len - 1 };
	}
	if (text_parse_u64(low.at, low.len, 10, &first) < 0 ||
	    text_parse_u64(high.at, high.len, 10, &last) < 0 || last < first ||
	    last > CPU_NUMBER_MAX)
		return 0;
	return (unsigned int)(last - first + 1);
}

/* "0-3,5"; anything malformed in it makes the whole unknown. */
static void take_cpus(struct facts *f, struct text_span text)
{
	struct text_span list = first_word(text);
	unsigned int cpus = 0;

	while (list.len > 0) {
		const char *comma = memchr(list.at, ',', list.len);
		const size_t len = comma != NULL ? (size_t)(comma - list.at) : list.len;
		const size_t step = comma != NULL ? len + 1 : len;
		const unsigned int n = count_cpu_range((struct text_span){ list.at, len });

		if (n == 0)
			return;
		cpus += n;
		list.at += step;
		list.len -= step;
	}
	f->cpus = cpus;
}

static void take_memory(struct facts *f, struct text_span text)
{
	struct text_span rest = procfile_find_key(text, "MemTotal"), kib;

	if (rest.len > 0 && text_next_word(&rest, &kib))
		f->memory_bytes = 1024 * number_or_zero(kib, UINT64_MAX / 1024);
}

static void take_names(struct fact_names *ret, struct text_span text)
{
	struct text_span line, word;

	while (text_next_line(&text, &line)) {
		while (ret->count < FACTS_NAMES_MAX && text_next_word(&line, &word))
			text_copy_printable(ret->name[ret->count++], sizeof(ret->name[0]), word.at,
					    word.len);
	}
}

static void take_available(struct facts *f, struct text_span text)
{
	take_names(&f->congestion_available, text);
}

static void take_allowed(struct facts *f, struct text_span text)
{
	take_names(&f->congestion_allowed, text);
}

static uint64_t info_number(struct text_span text, const char *key, uint64_t max)
{
	const struct text_span value = procfile_find_key(text, key);

	return number_or_zero(value.len > 0 ? first_word(value) : value, max);
}

static void take_info(struct facts *f, struct text_span text)
{
	const struct text_span netns = procfile_find_key(text, "netns");
	const struct text_span euid = procfile_find_key(text, "euid");
	uint64_t number;

	f->start_utc_s = (int64_t)info_number(text, "start_utc", INT64_MAX);
	f->page_bytes = (unsigned int)info_number(text, "page_size", UINT_MAX);
	f->clock_ticks = (unsigned int)info_number(text, "clock_ticks", UINT_MAX);
	if (text_parse_u64(euid.at, euid.len, 10, &number) == 0 && number < UINT32_MAX)
		f->euid = (uint32_t)number;
	f->netns_is_init = info_number(text, "netns_is_init", 1) == 1;
	if (netns.len > 0 && !text_span_equal(netns, "self"))
		text_copy_printable(f->netns, sizeof(f->netns), netns.at, netns.len);
}

struct fact_file {
	const char *path;
	enum source_scope scope;
	void (*take)(struct facts *f, struct text_span text);
};

static const struct fact_file fact_files[] = {
	{ SOURCE_INFO_PATH, SOURCE_HOST, take_info },
	{ "/proc/sys/kernel/hostname", SOURCE_HOST, take_hostname },
	{ "/proc/sys/kernel/osrelease", SOURCE_HOST, take_release },
	{ "/sys/devices/system/cpu/online", SOURCE_HOST, take_cpus },
	{ "/proc/meminfo", SOURCE_HOST, take_memory },
	{ "/proc/sys/net/ipv4/tcp_congestion_control", SOURCE_NETNS, take_congestion },
	{ "/proc/sys/net/ipv4/tcp_available_congestion_control", SOURCE_NETNS, take_available },
	{ "/proc/sys/net/ipv4/tcp_allowed_congestion_control", SOURCE_NETNS, take_allowed },
};

int facts_read(struct source *s, struct facts *ret, struct error *e)
{
	CLEANUP(bytes_done) struct bytes content = { 0 };
	struct facts facts = { .euid = UINT32_MAX };
	int r;

	for (size_t i = 0; i < ARRAY_LEN(fact_files); i++) {
		r = source_read_file(s, fact_files[i].scope, fact_files[i].path, &content, NULL);
		if (r == -ENOMEM)
			return error_errno(e, r, fact_files[i].path, "cannot read");
		if (r == 0)
			fact_files[i].take(&facts, procfile_text(&content));
	}
	r = availability_read(s, &facts);
	if (r < 0)
		return error_errno(e, r, "kernel modules", "cannot look for them");
	*ret = facts;
	return 0;
}
