/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/master_proof.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/number.h"
#include "cyrus/process.h"

#define PROC_LIMIT   ((size_t)16 << 20) /* of one file below /proc */
#define DEFAULT_CONF "/etc/imapd.conf"

struct table {
	struct process *rows;
	size_t n, cap;
};

static void table_fini(struct table *t)
{
	free(t->rows);
}

static void dir_closep(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int read_proc(pid_t pid, const char *file, struct ck_buf *ret)
{
	char path[64];
	(void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
	ck_buf_reset(ret);
	return fs_read_file(AT_FDCWD, path, PROC_LIMIT, ret, NULL);
}

static int table_add(struct table *t, struct process row)
{
	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 256;
		struct process *rows = reallocarray(t->rows, cap, sizeof *rows);
		if (!rows)
			return CK_ENOMEM;
		t->rows = rows;
		t->cap = cap;
	}
	t->rows[t->n++] = row;
	return 0;
}

static int read_table(struct table *ret, struct ck_err *err)
{
	CK_CLEANUP(dir_closep) DIR *dir = opendir("/proc");
	if (!dir)
		return ck_err_sys(err, "cannot list '/proc'");
	errno = 0;
	for (struct dirent *e; (e = readdir(dir)); errno = 0) {
		uint64_t pid;
		struct process row;
		if (!number_parse(e->d_name, strlen(e->d_name), INT_MAX, &pid))
			continue;
		if (process_read((pid_t)pid, &row) && table_add(ret, row) < 0)
			return ck_err_nomem(err);
	}
	return errno ? ck_err_sys(err, "cannot list all of '/proc'") : 0;
}

/* -- before the stop -------------------------------------------------------------------------- */

static int by_pid(const void *a, const void *b)
{
	const struct proof_process *x = a, *y = b;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

static bool is_noted(const struct master_proof *p, const struct process *row)
{
	const struct proof_process key = {.pid = row->pid};
	const struct proof_process *found =
		p->n ? bsearch(&key, p->processes, p->n, sizeof key, by_pid) : NULL;
	return found && found->start == row->start;
}

static int row_by_pid(const void *a, const void *b)
{
	const struct process *x = a, *y = b;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

/* Does the line of parents of @row (in a table sorted by number) lead to @master? */
static bool descends(const struct table *t, const struct process *row, pid_t master)
{
	for (size_t steps = 0; row && steps < t->n; steps++) {
		if (row->pid == master)
			return true;
		const struct process key = {.pid = row->parent};
		row = bsearch(&key, t->rows, t->n, sizeof key, row_by_pid);
	}
	return false;
}

/* Add master and its descendants to those noted, which stay sorted by number. */
static int note_family(struct master_proof *p, struct table *t, pid_t master)
{
	if (t->n == 0)
		return 0;
	qsort(t->rows, t->n, sizeof *t->rows, row_by_pid);
	struct proof_process *more = reallocarray(p->processes, p->n + t->n, sizeof *more);
	if (!more)
		return CK_ENOMEM;
	p->processes = more;
	size_t n = p->n;
	for (size_t i = 0; i < t->n; i++)
		if (descends(t, &t->rows[i], master) && !is_noted(p, &t->rows[i]))
			more[n++] = (struct proof_process){t->rows[i].pid, t->rows[i].start};
	qsort(more, n, sizeof *more, by_pid);
	p->n = n;
	return 0;
}

/* "  12: 0100007F:2AF8 00000000:0000 0A … inode": a listening socket's address and inode. */
static bool parse_listener(const char *line, char ret[64], uint64_t *ret_inode)
{
	char state[3];
	return sscanf(line, " %*[^:]: %63s %*s %2s %*s %*s %*s %*s %*s %" SCNu64, ret, state,
	              ret_inode) == 3 &&
	       strcmp(state, "0A") == 0;
}

/* Does @pid hold the socket with @inode? */
static bool holds_socket(pid_t pid, uint64_t inode)
{
	char path[64], want[64], link[64];
	(void)snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	(void)snprintf(want, sizeof want, "socket:[%" PRIu64 "]", inode);
	CK_CLEANUP(dir_closep) DIR *dir = opendir(path);
	for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		ssize_t n = readlinkat(dirfd(dir), e->d_name, link, sizeof link - 1);
		if (n <= 0)
			continue;
		link[n] = '\0';
		if (strcmp(link, want) == 0)
			return true;
	}
	return false;
}

/* Listening addresses in @pid's network; those of sockets that @owner holds, or all for 0. */
static int list_ports(pid_t pid, pid_t owner, struct ck_strv *ret)
{
	static const char *const files[] = {"net/tcp", "net/tcp6"};
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	for (size_t i = 0; i < CK_COUNT(files); i++) {
		if (read_proc(pid, files[i], &text) < 0)
			continue;
		for (char *line = text.data, *end; line && *line; line = end) {
			char address[64];
			uint64_t inode;
			end = strchr(line, '\n');
			if (end)
				*end++ = '\0';
			if (!parse_listener(line, address, &inode) || ck_strv_has(ret, address) ||
			    (owner && !holds_socket(owner, inode)))
				continue;
			if (ck_strv_add(ret, address) < 0)
				return CK_ENOMEM;
		}
	}
	return 0;
}

/* "0100007F:2AF8", or 32 digits for IPv6: four words in the byte order of the machine. */
static bool parse_address(const char *text, struct master_door *ret)
{
	unsigned port;
	uint32_t words[4];
	size_t n = strcspn(text, ":");
	if ((n != 8 && n != 32) || sscanf(text + n, ":%x", &port) != 1 || port > UINT16_MAX)
		return false;
	for (size_t i = 0; i < n / 8; i++)
		if (sscanf(text + 8 * i, "%8" SCNx32, &words[i]) != 1)
			return false;
	/* Who listens everywhere listens on loopback too. */
	bool any = n == 8 ? !words[0] : !(words[0] | words[1] | words[2] | words[3]);
	const struct in_addr loopback4 = {htonl(INADDR_LOOPBACK)};
	const void *address = !any     ? (const void *)words
	                      : n == 8 ? (const void *)&loopback4
	                               : (const void *)&in6addr_loopback;
	*ret = (struct master_door){.port = (uint16_t)port};
	return inet_ntop(n == 8 ? AF_INET : AF_INET6, address, ret->host, sizeof ret->host);
}

bool proof_listener(pid_t master, struct master_door *ret)
{
	CK_CLEANUP(ck_strv_fini) struct ck_strv ports = {0};
	if (master <= 1 || list_ports(master, master, &ports) < 0)
		return false;
	for (size_t i = 0; i < ports.n; i++)
		if (parse_address(ports.items[i], ret))
			return true;
	return false;
}

int proof_note(struct master_proof *p, pid_t master, struct ck_err *err)
{
	if (master <= 1)
		return 0;
	CK_CLEANUP(table_fini) struct table t = {0};
	int r = read_table(&t, err);
	if (r < 0)
		return r;
	if (note_family(p, &t, master) < 0 ||
	    (p->ports.n == 0 && list_ports(master, master, &p->ports) < 0))
		return ck_err_nomem(err);
	return 0;
}

/* -- afterwards ------------------------------------------------------------------------------- */

static bool is_user(pid_t pid, uid_t uid)
{
	char path[64];
	struct stat st;
	(void)snprintf(path, sizeof path, "/proc/%d", (int)pid);
	return stat(path, &st) == 0 && st.st_uid == uid;
}

static bool read_exe(pid_t pid, char ret[PATH_MAX])
{
	char path[64];
	(void)snprintf(path, sizeof path, "/proc/%d/exe", (int)pid);
	ssize_t n = readlink(path, ret, PATH_MAX - 1);
	ret[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* Ourselves, the guard and a console that watches may read the store; they do not write to it. */
static bool is_cyrkeep(pid_t pid)
{
	char mine[PATH_MAX], other[PATH_MAX];
	return pid == getpid() ||
	       (read_exe(getpid(), mine) && read_exe(pid, other) && strcmp(mine, other) == 0);
}

/* A Cyrus program whose -C (by default /etc/imapd.conf) is ours. */
static bool serves_conf(pid_t pid, const char *conf, struct ck_buf *scratch)
{
	char exe[PATH_MAX];
	if (!read_exe(pid, exe) || !strstr(exe, "/cyrus") || read_proc(pid, "cmdline", scratch) < 0)
		return false;
	const char *uses = DEFAULT_CONF;
	const char *end = scratch->data + scratch->len;
	for (const char *arg = scratch->data; arg < end; arg += strlen(arg) + 1) {
		if (strncmp(arg, "-C", 2) != 0)
			continue;
		const char *next = arg + strlen(arg) + 1;
		uses = arg[2] ? arg + 2 : next < end ? next : "";
		break;
	}
	return strcmp(uses, conf) == 0;
}

static bool is_below(const char *path, const struct ck_strv *roots)
{
	for (size_t i = 0; i < roots->n; i++) {
		size_t len = strlen(roots->items[i]);
		if (strncmp(path, roots->items[i], len) == 0 && path[len] == '/')
			return true;
	}
	return false;
}

/* A file open below one of the roots? */
static bool has_open_below(pid_t pid, const struct ck_strv *roots)
{
	char path[64], link[PATH_MAX];
	(void)snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	CK_CLEANUP(dir_closep) DIR *dir = opendir(path);
	for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		ssize_t n = readlinkat(dirfd(dir), e->d_name, link, sizeof link - 1);
		if (n <= 0)
			continue;
		link[n] = '\0';
		if (is_below(link, roots))
			return true;
	}
	return false;
}

static int name_process(pid_t pid, struct ck_buf *scratch, struct ck_strv *ret)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	if (read_proc(pid, "comm", scratch) < 0)
		return 0; /* gone meanwhile: the next look will tell */
	scratch->data[strcspn(scratch->data, "\n")] = '\0';
	(void)ck_buf_addf(&text, "%s (pid %d)", scratch->data, (int)pid);
	return ck_strv_addm(ret, ck_buf_take(&text));
}

static int look_ports(const struct master_proof *p, struct ck_strv *ret)
{
	CK_CLEANUP(ck_strv_fini) struct ck_strv open = {0};
	if (p->ports.n && list_ports(getpid(), 0, &open) < 0)
		return CK_ENOMEM;
	for (size_t i = 0; i < p->ports.n; i++) {
		const char *colon = strrchr(p->ports.items[i], ':');
		unsigned port;
		if (!ck_strv_has(&open, p->ports.items[i]) || !colon ||
		    sscanf(colon + 1, "%x", &port) != 1)
			continue;
		CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
		(void)ck_buf_addf(&text, "port %u", port);
		if (ck_strv_addm(ret, ck_buf_take(&text)) < 0)
			return CK_ENOMEM;
	}
	return 0;
}

int proof_look(const struct master_proof *p, const struct master_control *c, struct ck_strv *ret,
               struct ck_err *err)
{
	errno = 0;
	const struct passwd *pw = getpwnam(c->user);
	if (!pw)
		return ck_err_set(err, CK_ENOTFOUND, "there is no user '%s' (cyrus_user)", c->user);
	CK_CLEANUP(table_fini) struct table t = {0};
	CK_CLEANUP(ck_buf_fini) struct ck_buf scratch = CK_BUF_INIT;
	int r = read_table(&t, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < t.n; i++) {
		pid_t pid = t.rows[i].pid;
		if (process_is_dead(&t.rows[i]))
			continue;
		bool left =
			is_noted(p, &t.rows[i]) ||
			(is_user(pid, pw->pw_uid) && (serves_conf(pid, c->imapd_conf, &scratch) ||
		                                      has_open_below(pid, &c->roots)));
		if (left && !is_cyrkeep(pid) && name_process(pid, &scratch, ret) < 0)
			return ck_err_nomem(err);
	}
	return look_ports(p, ret) < 0 ? ck_err_nomem(err) : 0;
}

void proof_fini(struct master_proof *p)
{
	free(p->processes);
	ck_strv_fini(&p->ports);
	*p = (struct master_proof){0};
}
