#include "profiles/tuned_interface.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "tunables/link.h"

#include <errno.h>
#include <string.h>

#define SYSFS_NET "/sys/class/net/"

/* One word of TuneD's and the setting of a link that it is. */
struct equivalent {
	const char *theirs, *ours;
};

/* Options of [net], and files below /sys/class/net/DEVICE, that hold one number. */
static const struct equivalent numbers[] = {
	{ "mtu", "mtu" },
	{ "tx_queue_len", "txqueuelen" }, /* the file */
	{ "txqueuelen", "txqueuelen" },	  /* the option */
};

/* ethtool(8) -L. */
static const struct equivalent channels[] = {
	{ "combined", "channels.combined" },
	{ "rx", "channels.rx" },
	{ "tx", "channels.tx" },
};

/* ethtool(8) -K, with its short names; that for TCP over IPv4 turns both on and off. */
static const struct equivalent features[] = {
	{ "generic-receive-offload", "offload.gro" },
	{ "generic-segmentation-offload", "offload.gso" },
	{ "gro", "offload.gro" },
	{ "gso", "offload.gso" },
	{ "large-receive-offload", "offload.lro" },
	{ "lro", "offload.lro" },
	{ "rx-gro", "offload.gro" },
	{ "rx-lro", "offload.lro" },
	{ "tcp-segmentation-offload", "offload.tso" },
	{ "tcp-segmentation-offload", "offload.tso6" },
	{ "tso", "offload.tso" },
	{ "tso", "offload.tso6" },
	{ "tx-generic-segmentation", "offload.gso" },
	{ "tx-tcp-segmentation", "offload.tso" },
	{ "tx-tcp6-segmentation", "offload.tso6" },
};

/* Options of [net] that are pairs "name value name value", as ethtool(8) takes them. */
static const struct {
	const char *key;
	const struct equivalent *words;
	size_t count;
} pairs[] = {
	{ "channels", channels, ARRAY_LEN(channels) },
	{ "features", features, ARRAY_LEN(features) },
};

static int leave_out(const struct tuned_interface_option *o, const char *why)
{
	return import_leave_out(o->im, o->origin, o->shown, why);
}

static bool is_word(struct text_span s, const char *word)
{
	return s.len == strlen(word) && memcmp(s.at, word, s.len) == 0;
}

/* TuneD separates devices by blanks and commas. */
static bool next_device(struct text_span *rest, char ret[TUNABLE_INTERFACE_MAX + 2])
{
	static const char separators[] = " \t\n,;";
	size_t len = 0;

	while (rest->len > 0 && strchr(separators, rest->at[0]) != NULL) {
		rest->at++;
		rest->len--;
	}
	while (len < rest->len && strchr(separators, rest->at[len]) == NULL)
		len++;
	/* One that is too long for a device keeps a character too many, and is refused for it. */
	text_copy_printable(ret, TUNABLE_INTERFACE_MAX + 2, rest->at, len);
	rest->at += len;
	rest->len -= len;
	return len > 0;
}

static int add_to_devices(const struct tuned_interface_option *o, const char *key,
			  const char *value)
{
	struct text_span rest = { o->devices, strlen(o->devices) };
	char device[TUNABLE_INTERFACE_MAX + 2];
	int r = 0;

	while (r == 0 && next_device(&rest, device))
		r = import_add_link(o->im, o->origin, o->shown, device, key, value);
	return r;
}

/* "on" and "off" of ethtool(8), as numbers; a number as it is. */
static int append_value(struct text_span value, struct bytes *ret)
{
	if (is_word(value, "on") || is_word(value, "off"))
		return bytes_append(ret, is_word(value, "on") ? "1" : "0", 1);
	return bytes_append(ret, value.at, value.len);
}

static int carry_pair(const struct tuned_interface_option *o, const struct equivalent *words,
		      size_t count, struct text_span name, struct text_span value)
{
	CLEANUP(bytes_done) struct bytes text = { 0 }, why = { 0 };
	bool known = false;
	int r = append_value(value, &text);

	for (size_t i = 0; i < count && r == 0; i++) {
		if (!is_word(name, words[i].theirs))
			continue;
		known = true;
		r = add_to_devices(o, words[i].ours, text.data);
	}
	if (r < 0 || known)
		return r;
	r = bytes_printf(&why, "netwright has no tunable for %.*s of a device", (int)name.len,
			 name.at);
	return r < 0 ? r : leave_out(o, why.data);
}

static int carry_pairs(const struct tuned_interface_option *o, const struct equivalent *words,
		       size_t count)
{
	struct text_span rest = { o->value, strlen(o->value) }, name, value;
	int r = 0;

	while (r == 0 && text_next_word(&rest, &name)) {
		if (!text_next_word(&rest, &value))
			return leave_out(o, "ends with a name that has no value");
		r = carry_pair(o, words, count, name, value);
	}
	return r;
}

/* Why nobody can tell which devices are meant; NULL: they are named. */
static const char *devices_obstacle(const struct tuned_interface_option *o)
{
	if (strcmp(o->devices, "*") == 0)
		return "is a setting of the devices that TuneD finds at run time; set it for "
		       "those that you mean";
	if (strpbrk(o->devices, "*?[!") != NULL)
		return "is a setting of the devices that match a pattern when TuneD starts; set it "
		       "for those that you mean";
	if (strstr(o->devices, "${") != NULL)
		return "is a setting of devices that a variable or function of TuneD's names; set "
		       "it for those that you mean";
	return NULL;
}

static const char *number_of(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		if (strcmp(numbers[i].theirs, word) == 0)
			return numbers[i].ours;
	}
	return NULL;
}

int tuned_interface_carry(const struct tuned_interface_option *o)
{
	const char *obstacle = devices_obstacle(o), *number = number_of(o->key);

	if (obstacle != NULL)
		return leave_out(o, obstacle);
	if (number != NULL)
		return add_to_devices(o, number, o->value);
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		if (strcmp(pairs[i].key, o->key) == 0)
			return carry_pairs(o, pairs[i].words, pairs[i].count);
	}
	return leave_out(o, "is a setting of devices for which netwright has no tunable");
}

bool tuned_interface_carry_sysfs(const struct tuned_interface_option *o, int *ret)
{
	CLEANUP(bytes_done) struct bytes device = { 0 };
	struct tuned_interface_option named = *o;
	const char *name = o->key + strlen(SYSFS_NET), *slash;
	const char *number;

	if (strncmp(o->key, SYSFS_NET, strlen(SYSFS_NET)) != 0)
		return false;
	slash = strchr(name, '/');
	number = slash != NULL ? number_of(slash + 1) : NULL;
	if (number == NULL || slash == name)
		return false;
	*ret = bytes_append(&device, name, (size_t)(slash - name));
	named.devices = device.data;
	if (*ret == 0 && devices_obstacle(&named) != NULL)
		*ret = leave_out(o, devices_obstacle(&named));
	else if (*ret == 0)
		*ret = add_to_devices(&named, number, o->value);
	return true;
}
