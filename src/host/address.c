#include "host/address.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define IPV4_BITS   32u
#define IPV6_BITS   128u
#define MAPPED_BITS 96u /* of ::ffff:0:0/96, RFC 4291 section 2.5.5.2 */

static const uint8_t mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static unsigned int full_length(const struct address *address)
{
	return address->family == 4 ? IPV4_BITS : address->family == 6 ? IPV6_BITS : 0;
}

static bool is_mapped(const uint8_t bytes[16])
{
	return memcmp(bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

/* Whole words, because two of these are made for each socket of a dump, and bytes written singly
 * but read together stall the processor. */
static struct address address_from_word(uint32_t word)
{
	const uint32_t words[4] = { word };
	struct address address = { .family = 4 };

	memcpy(address.bytes, words, sizeof(words));
	return address;
}

struct address address_from_kernel(int af_family, const uint32_t words[4])
{
	struct address address = { .family = 6 };

	if (af_family == AF_INET)
		return address_from_word(words[0]);
	if (af_family != AF_INET6)
		return (struct address){ 0 };
	memcpy(address.bytes, words, sizeof(address.bytes));
	if (is_mapped(address.bytes))
		return address_from_word(words[3]);
	return address;
}

static struct prefix prefix_of(const struct address *address, unsigned int length)
{
	struct prefix prefix = { .address = *address, .length = (uint8_t)length };

	for (unsigned int i = 0; i < sizeof(prefix.address.bytes); i++) {
		const unsigned int bit = i * 8;

		if (bit >= length)
			prefix.address.bytes[i] = 0;
		else if (length - bit < 8)
			prefix.address.bytes[i] &= (uint8_t)(0xff00u >> (length - bit));
	}
	return prefix;
}

struct prefix address_path(const struct address *address)
{
	if (address->family == 4)
		return prefix_of(address, PATH_PREFIX_IPV4);
	if (address->family == 6)
		return prefix_of(address, PATH_PREFIX_IPV6);
	return (struct prefix){ 0 };
}

bool address_equal(const struct address *a, const struct address *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool address_is_loopback(const struct address *address)
{
	static const uint8_t ipv6_loopback[16] = { [15] = 1 };

	if (address->family == 4)
		return address->bytes[0] == 127;
	return address->family == 6 &&
	       memcmp(address->bytes, ipv6_loopback, sizeof(ipv6_loopback)) == 0;
}

bool prefix_contains(const struct prefix *prefix, const struct address *address)
{
	struct prefix other;

	if (prefix->address.family != address->family || full_length(address) == 0)
		return false;
	other = prefix_of(address, prefix->length);
	return address_equal(&other.address, &prefix->address);
}

const char *address_format(const struct address *address, char *buf, size_t len)
{
	const int family = address->family == 4 ? AF_INET : AF_INET6;

	if (len == 0)
		return buf;
	if (full_length(address) == 0)
		(void)snprintf(buf, len, "none");
	else if (inet_ntop(family, address->bytes, buf, (socklen_t)len) == NULL)
		buf[0] = '\0';
	return buf;
}

const char *prefix_format(const struct prefix *prefix, char *buf, size_t len)
{
	char text[ADDRESS_TEXT_MAX];

	address_format(&prefix->address, text, sizeof(text));
	if (full_length(&prefix->address) == 0)
		(void)snprintf(buf, len, "%s", text);
	else
		(void)snprintf(buf, len, "%s/%u", text, (unsigned int)prefix->length);
	return buf;
}

static int parse_address(const char *text, size_t len, struct address *ret)
{
	struct address address = { 0 };
	char copy[ADDRESS_TEXT_MAX];

	if (len >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	address.family = memchr(copy, ':', len) != NULL ? 6 : 4;
	if (inet_pton(address.family == 6 ? AF_INET6 : AF_INET, copy, address.bytes) != 1)
		return -EINVAL;
	*ret = address;
	return 0;
}

int prefix_parse(const char *text, struct prefix *ret)
{
	const size_t address_len = strcspn(text, "/");
	struct address address;
	uint64_t length;
	int r;

	r = parse_address(text, address_len, &address);
	if (r < 0)
		return r;
	length = full_length(&address);
	if (text[address_len] == '/') {
		const char *digits = text + address_len + 1;

		if (text_parse_u64(digits, strlen(digits), 10, &length) < 0)
			return -EINVAL;
	}
	if (length > full_length(&address))
		return -EINVAL;
	/* Sockets' mapped addresses were made IPv4, so a mapped prefix must be too, to match. */
	if (address.family == 6 && length >= MAPPED_BITS && is_mapped(address.bytes)) {
		struct address plain = { .family = 4 };

		memcpy(plain.bytes, address.bytes + sizeof(mapped_prefix), 4);
		address = plain;
		length -= MAPPED_BITS;
	}
	*ret = prefix_of(&address, (unsigned int)length);
	return 0;
}
