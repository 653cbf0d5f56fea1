#include "host/kernel_config.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "host/procfile.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>

#define CHUNK_BYTES 16384u

/* Until the end of the gzip member. */
static int inflate_all(z_stream *stream, struct bytes *ret)
{
	unsigned char chunk[CHUNK_BYTES];
	int z;

	do {
		int r;

		stream->next_out = chunk;
		stream->avail_out = sizeof(chunk);
		z = inflate(stream, Z_NO_FLUSH);
		if (z == Z_MEM_ERROR)
			return -ENOMEM;
		if (z != Z_OK && z != Z_STREAM_END) /* Z_BUF_ERROR: the input was cut short */
			return -EBADMSG;
		if (ret->len + sizeof(chunk) - stream->avail_out > KERNEL_CONFIG_MAX)
			return -EFBIG;
		r = bytes_append(ret, chunk, sizeof(chunk) - stream->avail_out);
		if (r < 0)
			return r;
	} while (z != Z_STREAM_END);
	return 0;
}

static int gunzip(struct bytes *packed, struct bytes *ret)
{
	z_stream stream = { .next_in = (unsigned char *)packed->data,
			    .avail_in = (unsigned int)packed->len };
	int z, r;

	z = inflateInit2(&stream, 16 + MAX_WBITS); /* 16: gzip, and nothing else */
	if (z != Z_OK)
		return z == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
	r = inflate_all(&stream, ret);
	(void)inflateEnd(&stream);
	return r;
}

int kernel_config_read(struct source *s, struct bytes *ret)
{
	CLEANUP(bytes_done) struct bytes packed = { 0 };
	int r;

	bytes_clear(ret);
	r = source_read_file(s, SOURCE_HOST, "/proc/config.gz", &packed, NULL);
	if (r < 0)
		return r;
	r = gunzip(&packed, ret);
	if (r < 0)
		bytes_clear(ret);
	return r;
}

enum kernel_symbol kernel_config_symbol(const struct bytes *config, const char *symbol)
{
	struct text_span text = procfile_text(config), line;
	const size_t len = strlen(symbol);

	while (text_next_line(&text, &line)) {
		if (line.len != len + 2 || line.at[len] != '=' || memcmp(line.at, symbol, len) != 0)
			continue;
		if (line.at[len + 1] == 'y')
			return SYMBOL_YES;
		if (line.at[len + 1] == 'm')
			return SYMBOL_MODULE;
	}
	return SYMBOL_NO;
}
