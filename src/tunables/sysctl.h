/* The kind of tunables that are files below /proc/sys.
 *
 * Names are those of the catalogue, with a concrete interface for a pattern:
 * "net.ipv4.conf.eth0/100.rp_filter". Identities are "netns COOKIE" and, for what belongs to a
 * link, "netns COOKIE link INDEX NAME".
 *
 * The kernel lies about these writes (measured on Linux 6.18): a failed one can have changed the
 * value ("8192 0 6291456" to tcp_rmem: EINVAL, and the first element is 8192), a successful one can
 * be partial, numbers may be octal, and order and range are hardly checked. Hence one write(2) of
 * the full vector in canonical decimals, its length demanded, errors of open and write kept apart
 * (both say ENOENT), and the caller reads back.
 */
#ifndef NETWRIGHT_TUNABLES_SYSCTL_H
#define NETWRIGHT_TUNABLES_SYSCTL_H

#include "tunables/kind.h"

extern const struct kind sysctl_kind;

/* Keys outside of the catalogue, "uncatalogued:net.foo.bar", for `set --uncatalogued` alone: one
 * line of text that is written as it is. Keys that are known not to be undoable are refused. */
extern const struct kind sysctl_uncatalogued_kind;

#define SYSCTL_PATH_MAX 320 /* bytes with the NUL: "/proc/sys/" and a key */

/* What both kinds do alike; see struct kind. */
int sysctl_present(const struct place *p, const struct target *t, struct error *e);
int sysctl_read(const struct place *p, const struct target *t, struct held *ret, struct error *e);
int sysctl_write(const struct place *p, const struct target *t, const char *to, struct error *e);

/* Whether `to` can be written and `from` written back. sysctl_check.c says how that is known. */
int sysctl_check(const struct place *p, const struct target *t, const struct held *from,
		 const char *to, struct error *e);

/* The file of a target; returns buf. Targets have names that resolve() or recall() accepted. */
const char *sysctl_target_path(const struct target *t, char buf[SYSCTL_PATH_MAX]);
/* 0 when the file can be opened for writing, in the place entered; nothing is written. */
int sysctl_probe(const struct place *p, const struct target *t, struct error *e);
/* Says why opening, reading or writing the file failed; returns -ESTALE for -ENOENT, else `code`.
 */
int sysctl_failed(const struct target *t, int code, const char *what, struct error *e);
/* Reads a key into words with one blank between them, in the place entered: also -EFBIG, and
 * -EBADMSG for what is no line of text. */
int sysctl_read_key(struct os *os, const char *path, char ret[HELD_TEXT_MAX]);

#endif
