/* What sysctl.conf(5) and sysctl.d(5) files set: every line of them, and which of them wins.
 *
 * The syntax that systemd-sysctl and procps agree on: `key = value`; blanks around both; comments
 * begin with # or ; on a line of their own; a leading - ignores errors, and without a value keeps
 * a key out of globs; keys may hold globs. When the first separator of a key is a dot, dots
 * separate and a slash stands for a dot within a name; when it is a slash, it is the other way
 * round. Keys here are in the dotted form: "net.ipv4.conf.eth0/100.rp_filter".
 */
#ifndef NETWRIGHT_TUNABLES_SYSCTL_FILE_H
#define NETWRIGHT_TUNABLES_SYSCTL_FILE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define SYSCTL_FILE_MAX	     (1u << 20) /* bytes: a thousand times what distributions ship */
#define SYSCTL_LINE_MAX	     4096	/* bytes; procps reads into a buffer of this size */
#define SYSCTL_KEY_MAX	     256	/* bytes, with the NUL */
#define SYSCTL_FILE_NAME_MAX 280	/* bytes, with the NUL: a directory and NAME_MAX */

/* One line that is neither blank nor a comment. */
struct sysctl_line {
	const char *file;    /* owned by the settings */
	unsigned int line;   /* from 1 */
	char *key;	     /* dotted, printable, owned; "" when malformed */
	char *value;	     /* trimmed, printable, owned; NULL for an exclusion */
	const char *problem; /* why the line is malformed, static; NULL when it is well-formed */
	bool glob, ignores_errors;
	size_t overridden_by; /* index of the line that sets the same key later; SIZE_MAX: none */
};

/* A file, or a directory of them, that is there and could not be read. */
struct sysctl_unread {
	char file[SYSCTL_FILE_NAME_MAX]; /* printable; cut when longer */
	struct error why;		 /* its text names the file as well */
};

/* Initialise with {0}; release with sysctl_settings_done() in any case. */
struct sysctl_settings {
	char **files; /* names, in the order read */
	size_t file_count;
	struct sysctl_line *lines; /* in the order read */
	size_t line_count, line_capacity;
	const char *unlinked; /* the one of `files` that procps reads and systemd-sysctl does not,
			       * because no link leads to it; NULL: none */
	struct sysctl_unread *unread; /* in the order met */
	size_t unread_count;
};

void sysctl_settings_done(struct sysctl_settings *s);

/* Adds the lines of one file's text. Malformed lines are kept as such. Returns 0, -EINVAL when the
 * text holds a NUL (it is no text then; nothing is added), -EFBIG above SYSCTL_FILE_MAX, -ENOMEM.
 */
int sysctl_settings_parse(struct sysctl_settings *s, const char *file, const char *text, size_t len,
			  struct error *e);

/* Reads one file. Also negative errnos of open(2) and read(2), with the name in *e. */
int sysctl_settings_load_file(struct sysctl_settings *s, const char *path, struct error *e);

/* Adds to `unread`: `why` is what one of these two said of the file. 0 or -ENOMEM. */
int sysctl_settings_add_unread(struct sysctl_settings *s, const char *file,
			       const struct error *why);

/* Reads what a booting system reads, below `root` ("" for /): the .conf files of /etc/sysctl.d,
 * /run/sysctl.d, /usr/local/lib/sysctl.d, /usr/lib/sysctl.d and /lib/sysctl.d together, sorted by
 * their last name, of equal names the first directory's only; then /etc/sysctl.conf, unless a link
 * has read it already. Missing directories are empty, links to /dev/null hide a name. Names in the
 * result are without `root`. What cannot be read is added to `unread`, and the rest read, as
 * systemd-sysctl and procps go on. 0 or -ENOMEM. */
int sysctl_settings_load_system(struct sysctl_settings *s, const char *root, struct error *e);

/* The line that sets `key` (dotted, no glob) in the end, or NULL: the last one that names it, else,
 * unless it is excluded, the last glob that matches. */
const struct sysctl_line *sysctl_settings_find(const struct sysctl_settings *s, const char *key);

/* Whether a key (or glob) stands for a name, both dotted. A * does not cross a separator. */
bool sysctl_key_matches(const char *glob, const char *key);

/* The dotted form of `len` bytes of a key. Returns 0, -ENAMETOOLONG, or -EINVAL: empty, an empty
 * part, a part "." or "..", blanks or unprintable characters. */
int sysctl_key_normalise(const char *text, size_t len, char ret[SYSCTL_KEY_MAX]);

/* "/proc/sys/net/ipv4/conf/eth0.100/rp_filter" of a normalised key; returns buf, or NULL when it
 * does not fit. */
const char *sysctl_key_path(const char *key, char *buf, size_t len);

#endif
