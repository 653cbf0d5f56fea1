#include "fake_os_world.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fake_os *fake_os_of(struct os *os)
{
	return (struct fake_os *)(void *)os;
}

static void *grow(void *array, size_t count, size_t size)
{
	char *grown = realloc(array, (count + 1) * size);

	if (grown == NULL)
		abort();
	memset(grown + count * size, 0, size);
	return grown;
}

#define ADD(f, array, count) \
	((f)->array = grow((f)->array, (f)->count, sizeof(*(f)->array)), &(f)->array[(f)->count++])

void fake_set(struct bytes *b, const void *data, size_t len)
{
	bytes_clear(b);
	if (bytes_append(b, data, len) < 0)
		abort();
}

void fake_words(const char *text, size_t len, char ret[FAKE_TEXT_MAX])
{
	size_t used = 0;
	bool between = false;

	for (size_t i = 0; i < len && text[i] != '\0'; i++) {
		if (text[i] == ' ' || text[i] == '\t' || text[i] == '\n') {
			between = used > 0;
			continue;
		}
		if (used + 2 >= FAKE_TEXT_MAX)
			abort();
		if (between)
			ret[used++] = ' ';
		between = false;
		ret[used++] = text[i];
	}
	ret[used] = '\0';
}

static void key_path(const char *key, char path[FAKE_PATH_MAX])
{
	if (sysctl_key_path(key, path, FAKE_PATH_MAX) == NULL)
		abort();
}

struct os *fake_os_new(void)
{
	struct fake_os *f = calloc(1, sizeof(*f));

	if (f == NULL)
		abort();
	f->os.ops = &fake_os_ops;
	f->here = FAKE_INITIAL_NETNS;
	f->boottime_ns = 1000000000000u;
	fake_os_add_netns(&f->os, NULL, FAKE_INITIAL_NETNS);
	/* By which the initial namespace is known. */
	fake_os_add_sysctl(&f->os, FAKE_INITIAL_NETNS, "net.core.netdev_max_backlog", "1000\n");
	return &f->os;
}

void fake_os_free(struct os *os)
{
	struct fake_os *f = fake_os_of(os);

	for (size_t i = 0; i < f->inode_count; i++) {
		bytes_done(&f->inodes[i]->data);
		bytes_done(&f->inodes[i]->durable);
		free(f->inodes[i]);
	}
	for (size_t i = 0; i < FAKE_FDS; i++)
		bytes_done(&f->fds[i].content);
	bytes_done(&f->trace);
	free((void *)f->inodes);
	free(f->entries);
	free(f->netns);
	free(f->binds);
	free(f->links);
	free(f->sysctls);
	free(f->processes);
	fake_free_sockets(f);
	free(f);
}

void fake_os_add_netns(struct os *os, const char *name, uint64_t cookie)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_netns *n = ADD(f, netns, netns_count);

	n->cookie = cookie;
	if (name != NULL)
		(void)snprintf(n->name, sizeof(n->name), "%s", name);
}

struct fake_netns *fake_find_netns(struct fake_os *f, uint64_t cookie)
{
	for (size_t i = 0; i < f->netns_count; i++) {
		if (f->netns[i].cookie == cookie)
			return &f->netns[i];
	}
	return NULL;
}

void fake_os_hold_netns(struct os *os, uint64_t cookie, pid_t pid, const char *where)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_bind *b = ADD(f, binds, bind_count);

	b->cookie = cookie;
	(void)snprintf(b->path, sizeof(b->path), "/proc/%d/%s%s", (int)pid,
		       where[0] == '/' ? "root" : "", where);
}

void fake_os_hide_netns(struct os *os, uint64_t cookie, bool hidden)
{
	fake_find_netns(fake_os_of(os), cookie)->hidden = hidden;
}

const struct fake_bind *fake_find_bind(struct fake_os *f, const char *path)
{
	for (size_t i = 0; i < f->bind_count; i++) {
		if (strcmp(f->binds[i].path, path) == 0 &&
		    fake_find_netns(f, f->binds[i].cookie) != NULL)
			return &f->binds[i];
	}
	return NULL;
}

void fake_os_remove_netns(struct os *os, uint64_t cookie)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_netns *n = fake_find_netns(f, cookie);

	if (n != NULL)
		*n = f->netns[--f->netns_count];
}

void fake_os_add_link(struct os *os, uint64_t cookie, const char *name, uint32_t index)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_link *l = ADD(f, links, link_count);

	l->cookie = cookie;
	l->index = index;
	(void)snprintf(l->name, sizeof(l->name), "%s", name);
}

void fake_os_remove_link(struct os *os, uint64_t cookie, const char *name)
{
	struct fake_os *f = fake_os_of(os);

	for (size_t i = 0; i < f->link_count; i++) {
		if (f->links[i].cookie == cookie && strcmp(f->links[i].name, name) == 0) {
			f->links[i] = f->links[--f->link_count];
			return;
		}
	}
}

void fake_os_forget_cookies(struct os *os)
{
	fake_os_of(os)->no_cookies = true;
}

struct fake_sysctl *fake_find_sysctl(struct fake_os *f, uint64_t cookie, const char *path)
{
	for (size_t i = 0; i < f->sysctl_count; i++) {
		struct fake_sysctl *s = &f->sysctls[i];

		if ((s->cookie == 0 || s->cookie == cookie) && strcmp(s->path, path) == 0)
			return s;
	}
	return NULL;
}

static struct fake_sysctl *need_sysctl(struct os *os, uint64_t cookie, const char *key)
{
	char path[FAKE_PATH_MAX];
	struct fake_sysctl *s;

	key_path(key, path);
	s = fake_find_sysctl(fake_os_of(os), cookie, path);
	if (s == NULL)
		abort();
	return s;
}

void fake_os_add_sysctl(struct os *os, uint64_t cookie, const char *key, const char *text)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_sysctl *s;
	char path[FAKE_PATH_MAX];

	key_path(key, path);
	s = fake_find_sysctl(f, cookie, path);
	if (s == NULL) {
		s = ADD(f, sysctls, sysctl_count);
		s->cookie = cookie;
		memcpy(s->path, path, sizeof(path));
		fake_words(text, strlen(text), s->first);
	}
	fake_words(text, strlen(text), s->text);
}

void fake_os_remove_sysctl(struct os *os, uint64_t cookie, const char *key)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_sysctl *s = need_sysctl(os, cookie, key);

	*s = f->sysctls[--f->sysctl_count];
}

void fake_os_set_sysctl(struct os *os, uint64_t cookie, const char *key, const char *text)
{
	fake_words(text, strlen(text), need_sysctl(os, cookie, key)->text);
}

const char *fake_os_sysctl(struct os *os, uint64_t cookie, const char *key)
{
	char path[FAKE_PATH_MAX];
	const struct fake_sysctl *s;

	key_path(key, path);
	s = fake_find_sysctl(fake_os_of(os), cookie, path);
	return s != NULL ? s->text : NULL;
}

void fake_os_lie(struct os *os, uint64_t cookie, const char *key, enum fake_lie lie, int code,
		 const char *text, const char *only)
{
	struct fake_sysctl *s = need_sysctl(os, cookie, key);

	s->lie = lie;
	s->code = code;
	s->limited = only != NULL;
	if (text != NULL)
		fake_words(text, strlen(text), s->instead);
	if (only != NULL)
		fake_words(only, strlen(only), s->only);
}

struct fake_process *fake_find_process(struct fake_os *f, pid_t pid)
{
	for (size_t i = 0; i < f->process_count; i++) {
		if (f->processes[i].pid == pid)
			return &f->processes[i];
	}
	return NULL;
}

void fake_os_add_process(struct os *os, pid_t pid, const char *comm, uint64_t start,
			 uint64_t cookie, const char *cgroup)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_process *p = ADD(f, processes, process_count);

	p->pid = pid;
	p->start = start;
	p->cookie = cookie;
	(void)snprintf(p->comm, sizeof(p->comm), "%s", comm);
	(void)snprintf(p->cgroup, sizeof(p->cgroup), "%s", cgroup != NULL ? cgroup : "/");
	for (size_t i = 0; i < FAKE_RESOURCES; i++)
		p->limits[i] = (struct rlimit){ RLIM_INFINITY, RLIM_INFINITY };
}

void fake_os_remove_process(struct os *os, pid_t pid)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_process *p = fake_find_process(f, pid);

	if (p != NULL)
		*p = f->processes[--f->process_count];
}

void fake_os_set_limit(struct os *os, pid_t pid, int resource, rlim_t soft, rlim_t hard)
{
	fake_find_process(fake_os_of(os), pid)->limits[resource] = (struct rlimit){ soft, hard };
}

struct rlimit fake_os_limit(struct os *os, pid_t pid, int resource)
{
	return fake_find_process(fake_os_of(os), pid)->limits[resource];
}

void fake_os_set_resource_right(struct os *os, bool may)
{
	fake_os_of(os)->no_resource_right = !may;
}

struct fake_entry *fake_entry_of(struct fake_os *f, const char *path)
{
	struct fake_entry *entry;

	for (size_t i = 0; i < f->entry_count; i++) {
		if (strcmp(f->entries[i].path, path) == 0)
			return &f->entries[i];
	}
	entry = ADD(f, entries, entry_count);
	(void)snprintf(entry->path, sizeof(entry->path), "%s", path);
	return entry;
}

struct fake_inode *fake_new_inode(struct fake_os *f)
{
	struct fake_inode *inode = calloc(1, sizeof(*inode));

	if (inode == NULL)
		abort();
	*ADD(f, inodes, inode_count) = inode;
	return inode;
}

void fake_os_add_file(struct os *os, const char *path, const char *text)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_entry *entry = fake_entry_of(f, path);
	struct fake_inode *inode = fake_new_inode(f);

	fake_set(&inode->data, text, strlen(text));
	fake_set(&inode->durable, text, strlen(text));
	entry->now = entry->durable = inode;
}

void fake_os_remove_file(struct os *os, const char *path)
{
	struct fake_entry *entry = fake_entry_of(fake_os_of(os), path);

	entry->now = entry->durable = NULL;
}

const char *fake_os_file(struct os *os, const char *path)
{
	struct fake_os *f = fake_os_of(os);

	for (size_t i = 0; i < f->entry_count; i++) {
		if (strcmp(f->entries[i].path, path) == 0 && f->entries[i].now != NULL)
			return f->entries[i].now->data.len > 0 ? f->entries[i].now->data.data : "";
	}
	return NULL;
}

void fake_os_set_boottime(struct os *os, uint64_t ns)
{
	fake_os_of(os)->boottime_ns = ns;
}

uint64_t fake_os_netns(struct os *os)
{
	return fake_os_of(os)->here;
}

unsigned int fake_os_open_files(struct os *os)
{
	unsigned int n = 0;

	for (size_t i = 0; i < FAKE_FDS; i++)
		n += fake_os_of(os)->fds[i].kind != FAKE_CLOSED;
	return n;
}

unsigned int fake_os_calls(struct os *os)
{
	return fake_os_of(os)->calls;
}

void fake_os_fail_at(struct os *os, unsigned int call, int code)
{
	fake_os_of(os)->fail_at = call;
	fake_os_of(os)->fail_code = code;
}

void fake_os_short_at(struct os *os, unsigned int call)
{
	fake_os_of(os)->short_at = call;
}

void fake_os_die_at(struct os *os, unsigned int call, bool after)
{
	fake_os_of(os)->die_at = call;
	fake_os_of(os)->die_after = after;
}

bool fake_os_died(struct os *os)
{
	return fake_os_of(os)->dead;
}

void fake_os_die(struct os *os)
{
	fake_os_of(os)->dead = true;
}

struct fake_fate fake_os_step(struct os *os)
{
	struct fake_os *f = fake_os_of(os);
	struct fake_fate fate = { 0 };

	f->calls++;
	if (f->calls == f->die_at && !f->die_after)
		f->dead = true;
	if (f->dead)
		fate.fail = -EIO;
	else if (f->calls == f->fail_at)
		fate.fail = f->fail_code;
	fate.is_short = f->calls == f->short_at;
	fate.die_after = f->calls == f->die_at && f->die_after;
	return fate;
}

static void lose_power(struct fake_os *f)
{
	for (size_t i = 0; i < f->entry_count; i++)
		f->entries[i].now = f->entries[i].durable;
	for (size_t i = 0; i < f->inode_count; i++) {
		struct fake_inode *inode = f->inodes[i];

		fake_set(&inode->data, inode->durable.data != NULL ? inode->durable.data : "",
			 inode->durable.len);
	}
	for (size_t i = 0; i < f->sysctl_count; i++)
		memcpy(f->sysctls[i].text, f->sysctls[i].first, FAKE_TEXT_MAX);
	f->process_count = 0;
}

void fake_os_revive(struct os *os, bool power_lost)
{
	struct fake_os *f = fake_os_of(os);

	for (size_t i = 0; i < FAKE_FDS; i++)
		f->fds[i].kind = FAKE_CLOSED;
	f->here = FAKE_INITIAL_NETNS;
	f->calls = f->fail_at = f->short_at = f->die_at = 0;
	f->dead = false;
	if (power_lost)
		lose_power(f);
}

const char *fake_os_trace(struct os *os)
{
	struct fake_os *f = fake_os_of(os);

	return f->trace.len > 0 ? f->trace.data : "";
}

void fake_os_note(struct os *os, const char *line)
{
	if (bytes_printf(&fake_os_of(os)->trace, "%s\n", line) < 0)
		abort();
}
