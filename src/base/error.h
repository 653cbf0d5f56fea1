/* What went wrong, for the one place that tells the user.
 *
 * A function that can fail returns 0 (or a count) or a negative errno and, where the errno alone
 * does not say what a person needs, fills a caller-supplied `struct error` as its last parameter.
 * Libraries never print; the verb prints error->text once. The text is one sentence that says what
 * failed, on which object, why, and what to do next.
 */
#ifndef NETWRIGHT_BASE_ERROR_H
#define NETWRIGHT_BASE_ERROR_H

enum error_kind {
	ERROR_FAILED,	   /* the operation failed; the system is unchanged */
	ERROR_INPUT,	   /* usage, configuration, a damaged input file */
	ERROR_PRIVILEGE,   /* a permission or capability is missing */
	ERROR_UNSUPPORTED, /* this kernel cannot do it */
	ERROR_CONFLICT,	   /* partial, or somebody else's value: a person is needed */
	ERROR_BUSY,	   /* locked by another run, or a confirmation is pending */
};

struct error {
	int code; /* negative errno; 0 when unset */
	enum error_kind kind;
	char text[512];
};

/* Sets `e` (which may be NULL) to "object: <formatted text>"; `object` NULL leaves the prefix out.
 * Returns `code`, so that `return error_set(...)` both reports and returns. Text is cut at the
 * buffer's end, never overflows.
 */
int error_set(struct error *e, int code, enum error_kind kind, const char *object, const char *fmt,
	      ...) __attribute__((format(printf, 5, 6)));

/* For a failed system call: text is "object: what: strerror(-code)"; kind follows the errno
 * (EPERM and EACCES are ERROR_PRIVILEGE, ENOSYS EOPNOTSUPP EPROTONOSUPPORT EAFNOSUPPORT are
 * ERROR_UNSUPPORTED, anything else ERROR_FAILED). Returns `code`.
 */
int error_errno(struct error *e, int code, const char *object, const char *what);

#endif
