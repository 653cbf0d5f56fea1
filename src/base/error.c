#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *e, int code, enum error_kind kind, const char *object, const char *fmt,
	      ...)
{
	va_list args;
	int n = 0;

	if (e == NULL)
		return code;
	e->code = code;
	e->kind = kind;
	e->text[0] = '\0';
	if (object != NULL)
		n = snprintf(e->text, sizeof(e->text), "%s: ", object);
	if (n < 0 || (size_t)n >= sizeof(e->text))
		return code;
	va_start(args, fmt);
	(void)vsnprintf(e->text + n, sizeof(e->text) - (size_t)n, fmt, args);
	va_end(args);
	return code;
}

static enum error_kind kind_of_errno(int code)
{
	switch (-code) {
	case EPERM:
	case EACCES:
		return ERROR_PRIVILEGE;
	case ENOSYS:
	case EOPNOTSUPP:
	case EPROTONOSUPPORT:
	case EAFNOSUPPORT:
		return ERROR_UNSUPPORTED;
	default:
		return ERROR_FAILED;
	}
}

int error_errno(struct error *e, int code, const char *object, const char *what)
{
	return error_set(e, code, kind_of_errno(code), object, "%s: %s", what, strerror(-code));
}
