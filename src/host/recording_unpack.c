/* Decompression of a recording, bounded. Declared in host/recording_format.h. */
#include "host/recording.h"
#include "host/recording_format.h"

#include <errno.h>
#define ZLIB_CONST /* next_in is only read */
#include <zlib.h>

enum {
	UNPACK_STEP_BYTES = 65536,
	GZIP_WINDOW_BITS = 15 + 16, /* zlib.h: the largest window, gzip headers only */
};

static bool is_gzip(const unsigned char *data, size_t len)
{
	return len >= 2 && data[0] == 0x1f && data[1] == 0x8b; /* RFC 1952, 2.3.1 */
}

static int too_big(const char *object, struct error *e)
{
	return error_set(e, -EFBIG, ERROR_INPUT, object, "larger than a recording can be (%u MiB)",
			 RECORDING_MAX_BYTES >> 20);
}

static int no_memory(const char *object, struct error *e)
{
	return error_errno(e, -ENOMEM, object, "cannot be held in memory");
}

/* Inflates the next piece. Returns what inflate() did, or Z_MEM_ERROR. */
static int inflate_step(z_stream *z, struct bytes *ret)
{
	size_t room;
	int r;

	if (bytes_reserve(ret, UNPACK_STEP_BYTES) < 0)
		return Z_MEM_ERROR;
	room = ret->capacity - ret->len - 1;
	/* No more than one step beyond the limit, however much there is room for. */
	if (room > UNPACK_STEP_BYTES)
		room = UNPACK_STEP_BYTES;
	z->next_out = (Bytef *)ret->data + ret->len;
	z->avail_out = (uInt)room;
	r = inflate(z, Z_NO_FLUSH);
	ret->len += room - z->avail_out;
	ret->data[ret->len] = '\0';
	return r;
}

static int inflate_all(z_stream *z, size_t len, const char *object, struct bytes *ret,
		       struct error *e)
{
	for (;;) {
		int r = inflate_step(z, ret);

		if (r == Z_MEM_ERROR)
			return no_memory(object, e);
		if (ret->len > RECORDING_MAX_BYTES)
			return too_big(object, e);
		if (r == Z_STREAM_END && z->avail_in == 0)
			return 0;
		/* Several gzip files behind one another are one (RFC 1952, 2.2). */
		if (r == Z_STREAM_END && inflateReset(z) == Z_OK)
			continue;
		if (r == Z_OK)
			continue;
		return error_set(e, -EBADMSG, ERROR_INPUT, object,
				 "the compressed recording is damaged at byte %zu: %s",
				 len - z->avail_in,
				 r == Z_BUF_ERROR ? "it was cut short"
						  : (z->msg != NULL ? z->msg : "no gzip data"));
	}
}

int recording_unpack(const void *data, size_t len, const char *object, struct bytes *ret,
		     struct error *e)
{
	z_stream z = { 0 };
	int r;

	if (len > RECORDING_MAX_BYTES)
		return too_big(object, e);
	if (!is_gzip(data, len))
		return bytes_append(ret, data, len) < 0 ? no_memory(object, e) : 0;
	if (inflateInit2(&z, GZIP_WINDOW_BITS) != Z_OK)
		return no_memory(object, e);
	z.next_in = data;
	z.avail_in = (uInt)len;
	r = inflate_all(&z, len, object, ret, e);
	(void)inflateEnd(&z);
	return r;
}
