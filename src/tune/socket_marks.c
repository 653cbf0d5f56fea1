#include "tune/socket_marks.h"

#include "base/array.h"
#include "base/cleanup.h"
#include "host/sockdiag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int add(void *arg, const struct socket_info *socket)
{
	struct socket_marks *m = arg;
	uint64_t *grown = array_grow(m->cookies, m->count, &m->capacity, sizeof(*grown));

	if (grown == NULL)
		return -ENOMEM;
	m->cookies = grown;
	m->cookies[m->count++] = socket->cookie;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* A dump may show a socket twice, and what grew by doubling is given back. */
static void tidy(struct socket_marks *m)
{
	size_t kept = 0;
	uint64_t *fitting;

	if (m->count == 0)
		return;
	qsort(m->cookies, m->count, sizeof(m->cookies[0]), compare);
	for (size_t i = 0; i < m->count; i++) {
		if (kept == 0 || m->cookies[i] != m->cookies[kept - 1])
			m->cookies[kept++] = m->cookies[i];
	}
	m->count = kept;
	fitting = reallocarray(m->cookies, kept, sizeof(fitting[0]));
	if (fitting != NULL) {
		m->cookies = fitting;
		m->capacity = kept;
	}
}

int socket_marks_take(struct socket_marks *m, struct source *s, struct error *e)
{
	static const enum socket_dump dumps[] = { SOCKET_DUMP_TCP, SOCKET_DUMP_CLOSING,
						  SOCKET_DUMP_UDP };

	m->count = 0;
	for (size_t i = 0; i < 2 * ARRAY_LEN(dumps); i++) {
		const enum socket_dump what = dumps[i / 2];
		struct error why = { 0 };
		int r = sockdiag_dump(s, what, i % 2 == 0 ? AF_INET : AF_INET6, add, m, NULL, &why);

		if (r >= 0 || (r == -ENOENT && what == SOCKET_DUMP_UDP))
			continue;
		m->count = 0;
		return error_set(e, r, why.kind, NULL, "cannot remember the open sockets: %.400s",
				 why.text[0] != '\0' ? why.text : strerror(-r));
	}
	tidy(m);
	return 0;
}

void socket_marks_done(struct socket_marks *m)
{
	free(m->cookies);
	*m = (struct socket_marks){ 0 };
}
