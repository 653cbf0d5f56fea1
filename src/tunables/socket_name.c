#include "tunables/socket_name.h"

#include "base/text.h"
#include "tunables/socket.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define IDENTITY_NUMBERS 4

bool socket_name_split(const char *name, char ret_selector[TARGET_NAME_MAX], const char **ret_key)
{
	const char *start = name + strlen(SOCKET_PREFIX), *slash;

	if (strncmp(name, SOCKET_PREFIX, strlen(SOCKET_PREFIX)) != 0)
		return false;
	slash = strrchr(start, '/');
	if (slash == NULL || slash == start || (size_t)(slash - start) >= TARGET_NAME_MAX)
		return false;
	memcpy(ret_selector, start, (size_t)(slash - start));
	ret_selector[slash - start] = '\0';
	*ret_key = slash + 1;
	return true;
}

bool socket_holder_parse(const char *selector, pid_t *ret_pid, int *ret_fd)
{
	size_t len = strcspn(selector, "/");
	uint64_t pid, fd;
	char again[32];

	if (selector[len] != '/' || text_parse_u64(selector, len, 10, &pid) < 0 || pid == 0 ||
	    pid > INT_MAX ||
	    text_parse_u64(selector + len + 1, strlen(selector + len + 1), 10, &fd) < 0 ||
	    fd > INT_MAX)
		return false;
	(void)snprintf(again, sizeof(again), "%d/%d", (int)pid, (int)fd);
	if (strcmp(again, selector) != 0)
		return false;
	*ret_pid = (pid_t)pid;
	*ret_fd = (int)fd;
	return true;
}

void socket_name_format(const struct socket_id *id, const char *key, char ret[TARGET_NAME_MAX])
{
	(void)snprintf(ret, TARGET_NAME_MAX, SOCKET_PREFIX "%d/%d/%s", (int)id->pid, id->fd, key);
}

void socket_identity_format(const struct socket_id *id, char ret[TARGET_IDENTITY_MAX])
{
	(void)snprintf(ret, TARGET_IDENTITY_MAX, "process %d start %llu fd %d cookie %llu",
		       (int)id->pid, (unsigned long long)id->start, id->fd,
		       (unsigned long long)id->cookie);
}

bool socket_identity_parse(const char *identity, struct socket_id *ret)
{
	struct text_span rest = { identity, strlen(identity) }, word;
	uint64_t number[IDENTITY_NUMBERS];
	char again[TARGET_IDENTITY_MAX];
	struct socket_id id;

	for (size_t i = 0; i < (size_t)2 * IDENTITY_NUMBERS; i++) {
		if (!text_next_word(&rest, &word) ||
		    (i % 2 == 1 && text_parse_u64(word.at, word.len, 10, &number[i / 2]) < 0))
			return false;
	}
	if (number[0] == 0 || number[0] > INT_MAX || number[2] > INT_MAX || number[3] == 0)
		return false;
	id = (struct socket_id){ .pid = (pid_t)number[0],
				 .start = number[1],
				 .fd = (int)number[2],
				 .cookie = number[3] };
	/* Which catches every other spelling. */
	socket_identity_format(&id, again);
	if (strcmp(again, identity) != 0)
		return false;
	*ret = id;
	return true;
}
