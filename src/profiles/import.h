/* What becomes of other people's settings: a netwright profile, and what could not be carried over.
 *
 * Sources are TuneD profiles (profiles/tuned_profile.h) and sysctl files (tunables/sysctl_file.h).
 * A line is carried over when it sets a catalogued tunable to a value that the tunable can have;
 * every other line is kept with the reason.
 */
#ifndef NETWRIGHT_PROFILES_IMPORT_H
#define NETWRIGHT_PROFILES_IMPORT_H

#include "base/bytes.h"
#include "base/error.h"
#include "profiles/tuned_profile.h"
#include "tunables/catalogue.h"
#include "tunables/sysctl_file.h"

#include <stddef.h>

/* A host of fifty interfaces has as many sysctls in the catalogue; what is more is left out. */
#define IMPORT_SETTINGS_MAX 4096

enum import_mode { IMPORT_SET, IMPORT_RAISE, IMPORT_LOWER };

/* Where a line stands; `file` is borrowed from what was imported. */
struct import_origin {
	const char *file;
	unsigned int line; /* 0: the file as such */
};

struct imported_setting {
	char *name; /* of a sysctl, dotted, or of a link: "link:eth0/mtu"; owned */
	const struct tunable *tunable;
	enum import_mode mode;
	char *value; /* as the kernel takes it: "4096 131072 6291456"; owned */
	struct import_origin origin;
};

/* A line that was not carried over, or a remark about one that was. */
struct import_note {
	char *what; /* the line, as far as it says something: "[cpu] governor=performance"; owned */
	char *why;  /* owned */
	struct import_origin origin;
};

/* Initialise with {0}; release with import_done() in any case. */
struct import {
	char *name, *summary;		   /* owned */
	struct imported_setting *settings; /* one for each tunable: the one that wins */
	size_t count, capacity;
	struct import_note *left_out;
	size_t left_out_count, left_out_capacity;
	struct import_note *remarks; /* import_remark(): what lints and the present host say */
	size_t remark_count, remark_capacity;
};

/* All three return 0 or -ENOMEM; the profile or settings must live as long as *ret. */
int import_tuned(const struct tuned_profile *p, struct import *ret, struct error *e);
int import_sysctl(const struct sysctl_settings *s, const char *name, struct import *ret,
		  struct error *e);
int import_remark(struct import *im, struct import_origin origin, const char *what,
		  const char *why);
void import_done(struct import *im);

/* For those that read one kind of source: carry a sysctl over, or say why not. `shown` is the line
 * as people know it. 0 or -ENOMEM. */
int import_add_sysctl(struct import *im, struct import_origin origin, const char *shown,
		      const char *key, enum import_mode mode, const char *value);
/* Likewise a setting of a link: "mtu" of device "eth0". */
int import_add_link(struct import *im, struct import_origin origin, const char *shown,
		    const char *device, const char *key, const char *value);
int import_leave_out(struct import *im, struct import_origin origin, const char *shown,
		     const char *why);
/* Because the line at `later` sets the same. */
int import_leave_out_overridden(struct import *im, struct import_origin origin, const char *shown,
				struct import_origin later);

/* Appends a profile as netwright-profile(5) describes it, with everything that was left out and
 * every remark as comments. 0 or -ENOMEM. */
int import_print(const struct import *im, struct bytes *ret);

/* Appends "file:line", or the file alone. 0 or -ENOMEM. */
int import_origin_print(struct import_origin o, struct bytes *ret);
/* Appends "file:line: what: why". 0 or -ENOMEM. */
int import_note_print(const struct import_note *n, struct bytes *ret);

#endif
