#include "fake_vfs.h"

#include "fake_os.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALLS_MAX    4096 /* of one process */
#define FILES_MAX    4
#define SECTOR_SIZE  512 /* what a disk writes whole */
#define PATH_LONGEST 512

struct content {
	char *data;
	size_t len;
};

struct fake_file {
	char path[PATH_LONGEST]; /* "": unused */
	bool exists, exists_durably;
	bool replaced; /* what is there now is another file than the one that exists durably */
	struct content now, durable;
};

struct fake_vfs_image {
	struct fake_file files[FILES_MAX];
};

struct fake_vfs {
	sqlite3_vfs vfs; /* first */
	struct os *os;
	uint64_t random;
	unsigned int last_call;
	bool took[CALLS_MAX], wrote[CALLS_MAX];
	struct fake_file files[FILES_MAX];
};

/* What SQLite has open. Without a name: a temporary file, which is nobody's concern. */
struct handle {
	sqlite3_file file; /* first */
	struct fake_vfs *v;
	struct fake_file *f;
	struct content temporary;
};

static void resize(struct content *c, size_t len)
{
	char *data = realloc(c->data, len > 0 ? len : 1);

	if (data == NULL)
		abort();
	if (len > c->len)
		memset(data + c->len, 0, len - c->len);
	c->data = data;
	c->len = len;
}

static void copy(struct content *to, const struct content *from)
{
	resize(to, from->len);
	if (from->len > 0)
		memcpy(to->data, from->data, from->len);
}

static struct handle *handle_of(sqlite3_file *file)
{
	return (struct handle *)(void *)file;
}

static struct content *content_of(struct handle *h)
{
	return h->f != NULL ? &h->f->now : &h->temporary;
}

static void trace_file(struct fake_vfs *v, const struct fake_file *f, const char *what)
{
	const char *slash = strrchr(f->path, '/');
	char line[PATH_LONGEST + 16];

	(void)snprintf(line, sizeof(line), "%s %s", what, slash != NULL ? slash + 1 : f->path);
	fake_os_note(v->os, line);
}

static void trace(struct handle *h, const char *what)
{
	trace_file(h->v, h->f, what);
}

/* Takes a call. Returns SQLITE_OK, or `code` when it fails; *ret_fate tells the rest. */
static int step(struct fake_vfs *v, int code, struct fake_fate *ret_fate)
{
	unsigned int call = fake_os_calls(v->os) + 1;

	if (call < v->last_call) {
		memset(v->took, 0, sizeof(v->took));
		memset(v->wrote, 0, sizeof(v->wrote));
	}
	v->last_call = call;
	if (call < CALLS_MAX) {
		v->took[call] = true;
		v->wrote[call] = code == SQLITE_IOERR_WRITE;
	}
	*ret_fate = fake_os_step(v->os);
	if (ret_fate->fail == 0)
		return SQLITE_OK;
	return ret_fate->fail == -ENOSPC && code == SQLITE_IOERR_WRITE ? SQLITE_FULL : code;
}

static void step_done(struct fake_vfs *v, const struct fake_fate *fate)
{
	if (fate->die_after)
		fake_os_die(v->os);
}

static int file_close(sqlite3_file *file)
{
	free(handle_of(file)->temporary.data);
	return SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *buf, int amount, sqlite3_int64 offset)
{
	struct handle *h = handle_of(file);
	const struct content *c = content_of(h);
	size_t want = (size_t)amount, at = (size_t)offset, have;
	struct fake_fate fate = { 0 };
	int r = h->f != NULL ? step(h->v, SQLITE_IOERR_READ, &fate) : SQLITE_OK;

	if (r != SQLITE_OK)
		return r;
	have = at >= c->len ? 0 : c->len - at < want ? c->len - at : want;
	if (have > 0)
		memcpy(buf, c->data + at, have);
	memset((char *)buf + have, 0, want - have);
	step_done(h->v, &fate);
	return have < want ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

static int file_write(sqlite3_file *file, const void *buf, int amount, sqlite3_int64 offset)
{
	struct handle *h = handle_of(file);
	struct content *c = content_of(h);
	size_t len = (size_t)amount, at = (size_t)offset;
	struct fake_fate fate = { 0 };
	int r = h->f != NULL ? step(h->v, SQLITE_IOERR_WRITE, &fate) : SQLITE_OK;

	if (r != SQLITE_OK)
		return r;
	if (fate.is_short)
		len /= 2;
	if (at + len > c->len)
		resize(c, at + len);
	memcpy(c->data + at, buf, len);
	if (h->f != NULL)
		trace(h, "write");
	step_done(h->v, &fate);
	return fate.is_short ? SQLITE_FULL : SQLITE_OK;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct handle *h = handle_of(file);
	struct fake_fate fate = { 0 };
	int r = h->f != NULL ? step(h->v, SQLITE_IOERR_TRUNCATE, &fate) : SQLITE_OK;

	if (r != SQLITE_OK)
		return r;
	resize(content_of(h), (size_t)size);
	if (h->f != NULL)
		trace(h, "truncate");
	step_done(h->v, &fate);
	return SQLITE_OK;
}

static int file_sync(sqlite3_file *file, int flags)
{
	struct handle *h = handle_of(file);
	struct fake_fate fate;
	int r;

	(void)flags;
	if (h->f == NULL)
		return SQLITE_OK;
	r = step(h->v, SQLITE_IOERR_FSYNC, &fate);
	if (r != SQLITE_OK)
		return r;
	copy(&h->f->durable, &h->f->now);
	h->f->exists_durably = true;
	h->f->replaced = false;
	trace(h, "fsync");
	step_done(h->v, &fate);
	return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret)
{
	*ret = (sqlite3_int64)content_of(handle_of(file))->len;
	return SQLITE_OK;
}

static int file_lock(sqlite3_file *file, int level)
{
	(void)file;
	(void)level;
	return SQLITE_OK;
}

static int file_check_lock(sqlite3_file *file, int *ret)
{
	(void)file;
	*ret = 0;
	return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int operation, void *arg)
{
	(void)file;
	(void)operation;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *file)
{
	(void)file;
	return 4096; /* what SQLite assumes of Unix */
}

static int file_characteristics(sqlite3_file *file)
{
	(void)file;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE; /* likewise */
}

static const sqlite3_io_methods methods = {
	.iVersion = 1,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_lock,
	.xCheckReservedLock = file_check_lock,
	.xFileControl = file_control,
	.xSectorSize = file_sector_size,
	.xDeviceCharacteristics = file_characteristics,
};

static struct fake_vfs *vfs_of(sqlite3_vfs *vfs)
{
	return (struct fake_vfs *)(void *)vfs;
}

/* The file of a path, made when missing. */
static struct fake_file *file_of(struct fake_vfs *v, const char *path)
{
	for (size_t i = 0; i < FILES_MAX; i++) {
		struct fake_file *f = &v->files[i];

		if (f->path[0] == '\0')
			(void)snprintf(f->path, sizeof(f->path), "%s", path);
		if (strcmp(f->path, path) == 0)
			return f;
	}
	abort();
}

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags,
		    int *ret_flags)
{
	struct fake_vfs *v = vfs_of(vfs);
	struct handle *h = handle_of(file);
	struct fake_fate fate;
	int r;

	memset(h, 0, sizeof(*h));
	h->v = v;
	if (path != NULL) {
		struct fake_file *f = file_of(v, path);

		r = step(v, SQLITE_CANTOPEN, &fate);
		if (r != SQLITE_OK || (!f->exists && (flags & SQLITE_OPEN_CREATE) == 0))
			return SQLITE_CANTOPEN;
		h->f = f;
		if (!f->exists)
			trace(h, "create");
		f->exists = true;
		step_done(v, &fate);
	}
	h->file.pMethods = &methods;
	if (ret_flags != NULL)
		*ret_flags = flags;
	return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_directory)
{
	struct fake_vfs *v = vfs_of(vfs);
	struct fake_file *f = file_of(v, path);
	struct fake_fate fate;
	int r = step(v, SQLITE_IOERR_DELETE, &fate);

	if (r != SQLITE_OK)
		return r;
	f->exists = false;
	f->replaced = true;
	resize(&f->now, 0);
	if (sync_directory != 0) {
		f->exists_durably = false;
		resize(&f->durable, 0);
	}
	trace_file(v, f, "unlink");
	step_done(v, &fate);
	return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *ret)
{
	struct fake_vfs *v = vfs_of(vfs);
	struct fake_fate fate;
	int r = step(v, SQLITE_IOERR_ACCESS, &fate);

	(void)flags;
	if (r != SQLITE_OK)
		return r;
	*ret = file_of(v, path)->exists;
	step_done(v, &fate);
	return SQLITE_OK;
}

static int vfs_full_pathname(sqlite3_vfs *vfs, const char *path, int len, char *ret)
{
	(void)vfs;
	return snprintf(ret, (size_t)len, "%s", path) < len ? SQLITE_OK : SQLITE_CANTOPEN;
}

bool fake_vfs_took(const struct fake_vfs *v, unsigned int call)
{
	return call < CALLS_MAX && v->took[call];
}

bool fake_vfs_wrote(const struct fake_vfs *v, unsigned int call)
{
	return call < CALLS_MAX && v->wrote[call];
}

/* xorshift64: the same on every machine. */
static bool toss(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (*state >> 32 & 1) != 0;
}

static int vfs_randomness(sqlite3_vfs *vfs, int len, char *ret)
{
	/* Each journal of SQLite has a number of its own, which tells its pages from those of an
	 * older one in the same file. */
	for (int i = 0; i < len; i++) {
		(void)toss(&vfs_of(vfs)->random);
		ret[i] = (char)(vfs_of(vfs)->random >> 24);
	}
	return len;
}

struct fake_vfs *fake_vfs_new(struct os *os, const char *name)
{
	const sqlite3_vfs *usual = sqlite3_vfs_find(NULL);
	struct fake_vfs *v = calloc(1, sizeof(*v));

	if (v == NULL || usual == NULL)
		abort();
	v->os = os;
	v->random = 1;
	v->vfs = (sqlite3_vfs){
		.iVersion = 1,
		.szOsFile = (int)sizeof(struct handle),
		.mxPathname = PATH_LONGEST - 1,
		.zName = name,
		.xOpen = vfs_open,
		.xDelete = vfs_delete,
		.xAccess = vfs_access,
		.xFullPathname = vfs_full_pathname,
		.xRandomness = vfs_randomness,
		.xSleep = usual->xSleep,
		.xCurrentTime = usual->xCurrentTime,
		.xGetLastError = usual->xGetLastError,
	};
	if (sqlite3_vfs_register(&v->vfs, 0) != SQLITE_OK)
		abort();
	return v;
}

static void drop_files(struct fake_file *files)
{
	for (size_t i = 0; i < FILES_MAX; i++) {
		free(files[i].now.data);
		free(files[i].durable.data);
	}
	memset(files, 0, FILES_MAX * sizeof(*files));
}

void fake_vfs_free(struct fake_vfs *v)
{
	(void)sqlite3_vfs_unregister(&v->vfs);
	drop_files(v->files);
	free(v);
}

/* What the disk has of a file when only some of the sectors arrived. */
static void lose_some(struct fake_file *f, uint64_t *state)
{
	struct content kept = { 0 };
	size_t len;

	if (f->replaced && toss(state)) {
		/* The old one is back, whole: removing it did not arrive. */
		f->exists = f->exists_durably;
		copy(&f->now, &f->durable);
		return;
	}
	if (f->replaced)
		resize(&f->durable, 0);
	f->exists = f->exists && (f->exists_durably || toss(state));
	len = toss(state) ? f->now.len : f->durable.len;
	copy(&kept, &f->durable);
	resize(&kept, len);
	for (size_t at = 0; at < len; at += SECTOR_SIZE) {
		size_t end = at + SECTOR_SIZE < len ? at + SECTOR_SIZE : len;

		if (!toss(state))
			continue;
		/* Cutting a file changes its length or does not arrive: it writes no zeros. */
		for (size_t i = at; i < end && i < f->now.len; i++)
			kept.data[i] = f->now.data[i];
	}
	free(f->now.data);
	f->now = kept;
}

void fake_vfs_lose(struct fake_vfs *v, enum fake_loss loss, uint64_t seed)
{
	uint64_t state = seed * 2 + 1;

	if (loss == FAKE_LOSE_NOTHING)
		return;
	for (size_t i = 0; i < FILES_MAX; i++) {
		struct fake_file *f = &v->files[i];

		if (loss == FAKE_LOSE_SOME) {
			lose_some(f, &state);
		} else {
			f->exists = f->exists_durably;
			copy(&f->now, &f->durable);
		}
		if (!f->exists)
			resize(&f->now, 0);
		copy(&f->durable, &f->now);
		f->exists_durably = f->exists;
		f->replaced = false;
	}
}

static void copy_files(struct fake_file *to, const struct fake_file *from)
{
	for (size_t i = 0; i < FILES_MAX; i++) {
		to[i] = from[i];
		to[i].now = to[i].durable = (struct content){ 0 };
		copy(&to[i].now, &from[i].now);
		copy(&to[i].durable, &from[i].durable);
	}
}

struct fake_vfs_image *fake_vfs_save(const struct fake_vfs *v)
{
	struct fake_vfs_image *image = calloc(1, sizeof(*image));

	if (image == NULL)
		abort();
	copy_files(image->files, v->files);
	return image;
}

void fake_vfs_load(struct fake_vfs *v, const struct fake_vfs_image *image)
{
	drop_files(v->files);
	copy_files(v->files, image->files);
}

void fake_vfs_image_free(struct fake_vfs_image *image)
{
	drop_files(image->files);
	free(image);
}
