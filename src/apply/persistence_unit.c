#include "apply/persistence_unit.h"

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "tunables/place.h"
#include "tunables/rlimit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CGROUP_FILE_MAX 65536 /* a line for each of a dozen hierarchies, paths of at most 4096 */
#define SLICE		".slice"
#define SERVICE		".service"
#define USER_MANAGER	"user@"

static bool ends_with(struct text_span part, const char *end)
{
	size_t len = strlen(end);

	return part.len > len && memcmp(part.at + part.len - len, end, len) == 0;
}

/* What a unit may be called: VALID_CHARS of systemd's unit-name.c, and the @ of instances. */
static bool is_unit_name(struct text_span part)
{
	static const char others[] = ":-_.\\@";

	if (part.len >= UNIT_NAME_MAX)
		return false;
	for (size_t i = 0; i < part.len; i++) {
		char c = part.at[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		      strchr(others, c) != NULL) ||
		    c == '\0')
			return false;
	}
	return true;
}

static bool next_part(struct text_span *rest, struct text_span *ret)
{
	while (rest->len > 0 && *rest->at == '/') {
		rest->at++;
		rest->len--;
	}
	*ret = (struct text_span){ rest->at, 0 };
	while (rest->len > 0 && *rest->at != '/') {
		rest->at++;
		rest->len--;
		ret->len++;
	}
	return ret->len > 0;
}

int persistence_unit_parse(const char *path, size_t len, char ret[UNIT_NAME_MAX],
			   const char **ret_why)
{
	struct text_span rest = { path, len }, part, below;
	bool found;

	do {
		found = next_part(&rest, &part);
	} while (found && ends_with(part, SLICE));
	*ret_why = "no service of systemd";
	if (!found)
		return -EOPNOTSUPP;
	/* cg_escape() of systemd: a name that the kernel could have given gets an underscore. */
	if (part.len > 1 && part.at[0] == '_') {
		part.at++;
		part.len--;
	}
	if (!ends_with(part, SERVICE)) {
		if (ends_with(part, ".scope"))
			*ret_why = "a scope (a session or a container), which ends with its "
				   "processes";
		return -EOPNOTSUPP;
	}
	if (part.len > strlen(USER_MANAGER) &&
	    memcmp(part.at, USER_MANAGER, strlen(USER_MANAGER)) == 0 && next_part(&rest, &below)) {
		*ret_why = "a service of a user's own manager, whose files are not ours to write";
		return -EOPNOTSUPP;
	}
	if (!is_unit_name(part))
		return -EOPNOTSUPP;
	memcpy(ret, part.at, part.len);
	ret[part.len] = '\0';
	return 0;
}

/* "0::/system.slice/nginx.service": version 2, or what systemd keeps beside version 1. */
static struct text_span find_path(const struct bytes *text)
{
	static const char *const hierarchies[] = { ":name=systemd:", "0::" };
	struct text_span rest, line, found = { "/", 1 };

	for (size_t i = 0; i < ARRAY_LEN(hierarchies); i++) {
		rest = (struct text_span){ text->data, text->len };
		while (text_next_line(&rest, &line)) {
			const char *slash = memchr(line.at, '/', line.len);
			const char *at = memmem(line.at, line.len, hierarchies[i],
						strlen(hierarchies[i]));

			if (slash != NULL && at != NULL && at + strlen(hierarchies[i]) == slash &&
			    line.len - (size_t)(slash - line.at) > 1)
				found = (struct text_span){ slash,
							    line.len - (size_t)(slash - line.at) };
		}
	}
	return found;
}

static const char *pid_of(const struct target *t, char buf[16])
{
	const char *start = t->name + strlen(RLIMIT_PREFIX);

	text_copy_printable(buf, 16, start, strcspn(start, "/"));
	return buf;
}

int persistence_unit_find(struct os *os, const struct target *t, char ret[UNIT_NAME_MAX],
			  struct error *e)
{
	const struct place host = { .os = os, .netns = -1, .home = -1 };
	CLEANUP(bytes_done) struct bytes text = { 0 };
	struct text_span path;
	const char *why;
	char pid[16], file[64];
	int r = t->kind->present(&host, t, e);

	if (r < 0)
		return r;
	(void)snprintf(file, sizeof(file), "/proc/%s/cgroup", pid_of(t, pid));
	r = os_read_file(os, file, CGROUP_FILE_MAX, &text);
	if (r < 0)
		return error_errno(e, r == -ENOENT || r == -ESRCH ? -ESTALE : r, file, "read");
	path = find_path(&text);
	r = persistence_unit_parse(path.at, path.len, ret, &why);
	if (r < 0)
		return error_set(e, r, ERROR_UNSUPPORTED, t->name,
				 "the limits of a process end with it, and it runs in %s", why);
	return 0;
}
