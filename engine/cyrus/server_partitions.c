/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fs.h"
#include "cyrus/layout.h"
#include "cyrus/server_parts.h"

#define MOUNTINFO_MAX (16u << 20)

static const char *const kind_words[] = {
	[CK_PARTITION_DATA] = "partition",           [CK_PARTITION_META] = "metapartition",
	[CK_PARTITION_ARCHIVE] = "archivepartition", [CK_PARTITION_SEARCH] = "search partition",
	[CK_PARTITION_BACKUP] = "backuppartition",
};

/* Undo the \040 of mountinfo, in place. */
static void unescape(char *text)
{
	char *to = text;
	for (const char *p = text; *p; p++) {
		if (p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' &&
		    p[3] >= '0' && p[3] <= '7') {
			*to++ = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
			p += 3;
		} else {
			*to++ = *p;
		}
	}
	*to = '\0';
}

struct mount {
	char *point, *type, *volume; /* in the line */
};

/* A line "id parent maj:min root POINT options… - TYPE VOLUME options". */
static bool parse_mount(char *line, struct mount *ret)
{
	char *point = line;
	for (int i = 0; i < 4 && point; i++) {
		point = strchr(point, ' ');
		point = point ? point + 1 : NULL;
	}
	char *dash = point ? strstr(point, " - ") : NULL;
	if (!dash)
		return false;
	point[strcspn(point, " ")] = '\0';
	ret->point = point;
	ret->type = dash + 3;
	size_t n = strcspn(ret->type, " ");
	ret->volume = ret->type + n + (ret->type[n] == ' ');
	ret->type[n] = '\0';
	ret->volume[strcspn(ret->volume, " ")] = '\0';
	unescape(ret->point);
	unescape(ret->volume);
	return true;
}

static bool is_below(const char *path, const char *point, size_t len)
{
	return len == 1 || (strncmp(path, point, len) == 0 && (!path[len] || path[len] == '/'));
}

/* Type and volume of the file system that a path lies on: those of the last, deepest mount above
 * it; "?" where nothing is known. */
static int find_mount(const char *path, char **ret_type, char **ret_volume)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	CK_FREE char *real = realpath(path, NULL);
	static char unknown[] = "?";
	struct mount found = {.type = unknown, .volume = unknown}, m;
	size_t depth = 0;
	if (!real || fs_read_file(AT_FDCWD, "/proc/self/mountinfo", MOUNTINFO_MAX, &text, NULL) < 0)
		ck_buf_reset(&text);
	for (char *line = text.data, *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (!parse_mount(line, &m))
			continue;
		size_t len = strlen(m.point);
		if (len >= depth && is_below(real, m.point, len)) {
			found = m;
			depth = len;
		}
	}
	*ret_type = strdup(found.type);
	*ret_volume = strdup(found.volume);
	return *ret_type && *ret_volume ? 0 : CK_ENOMEM;
}

static int note_directory(struct ck_server *server, const struct ck_partition *p, int sys)
{
	bool needed = p->kind <= CK_PARTITION_ARCHIVE;
	if (sys == EACCES || sys == EPERM)
		return server_problem(server, "E-PERM", needed,
		                      "run cyrkeep as root or as the Cyrus user",
		                      "the directory '%s' of %s '%s' may not be read", p->path,
		                      kind_words[p->kind], p->name);
	/* What is below the others is made when the first file goes there. */
	return server_problem(server, "E-PARTITION", p->kind <= CK_PARTITION_META,
	                      "mount or make it, or correct imapd.conf",
	                      "the directory '%s' of %s '%s': %s", p->path, kind_words[p->kind],
	                      p->name, strerror(sys));
}

/* What there is to know of the directory. @return errno, or -1 without memory. */
static int look_at(struct ck_partition *p)
{
	struct stat st;
	struct statvfs vfs;
	CK_CLOSE int fd = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int sys = fd < 0 ? errno : 0;
	if (fd >= 0 && faccessat(fd, ".", R_OK | X_OK, AT_EACCESS) < 0)
		sys = errno;
	if (fd >= 0 && fstat(fd, &st) == 0)
		p->device = st.st_dev;
	if (fd >= 0 && fstatvfs(fd, &vfs) == 0) {
		p->free_bytes = (uint64_t)vfs.f_bavail * vfs.f_frsize;
		p->size_bytes = (uint64_t)vfs.f_blocks * vfs.f_frsize;
	}
	p->present = sys == 0;
	return find_mount(p->path, &p->fstype, &p->volume) < 0 ? -1 : sys;
}

static int note_overlaps(struct ck_server *server)
{
	const char *outer, *inner;
	for (size_t i = 0; conf_overlap(server->conf, &i, &outer, &inner);) {
		int r = server_problem(server, "E-OVERLAP", false,
		                       "give each root of imapd.conf a directory of its own",
		                       "the roots '%s' and '%s' of imapd.conf overlap: squatter "
		                       "and others may take one's files for the other's",
		                       outer, inner);
		if (r < 0)
			return r;
	}
	return 0;
}

static void count_device(uint64_t *devices, size_t *n, const struct ck_partition *p)
{
	for (size_t i = 0; i < *n; i++)
		if (devices[i] == p->device)
			return;
	if (p->present)
		devices[(*n)++] = p->device;
}

/* How many file systems a snapshot would have to take at once. */
static int note_devices(struct ck_server *server)
{
	size_t ndevices = 0;
	CK_FREE uint64_t *devices =
		ck_alloc(server->npartitions + server->nplaces + 1, sizeof *devices);
	if (!devices)
		return CK_ENOMEM;
	for (size_t i = 0; i < server->nplaces; i++)
		count_device(devices, &ndevices, &server->places[i]);
	for (size_t i = 0; i < server->npartitions; i++)
		if (!layout_root_left_out(server->partitions[i].kind, 0))
			count_device(devices, &ndevices, &server->partitions[i]);
	if (ndevices < 2)
		return 0;
	return server_problem(server, "W-INSTANTS", false,
	                      "stop the server for the snapshots, or put all on one volume",
	                      "the configuration, sieve and the partitions lie on %zu file "
	                      "systems: their snapshots are %zu instants",
	                      ndevices, ndevices);
}

static int note_configdirectory(struct ck_server *server)
{
	const char *path = server->conf->configdirectory;
	if (access(path, R_OK | X_OK) == 0 || errno != EACCES)
		return 0; /* one that is missing is told by mailboxes.db */
	return server_problem(server, "E-PERM", true, "run cyrkeep as root or as the Cyrus user",
	                      "the configuration directory '%s' may not be read", path);
}

static int add_place(struct ck_server *server, const char *name, const char *path)
{
	struct ck_partition *p = &server->places[server->nplaces++];
	p->name = strdup(name);
	p->path = strdup(path);
	return p->name && p->path && look_at(p) >= 0 ? 0 : CK_ENOMEM;
}

/* Directories besides the partitions. Mail filters in homes are nobody's but their owners'. */
static int read_places(struct ck_server *server)
{
	const struct conf *conf = server->conf;
	const char *files = conf_get(conf, "metapartition_files");
	server->places = ck_alloc(2, sizeof *server->places);
	server->defaultpartition = strdup(conf->defaultpartition);
	server->metapartition_files = strdup(files ? files : "");
	server->sieve_at_home = conf->sieveusehomedir;
	if (!server->places || !server->defaultpartition || !server->metapartition_files ||
	    add_place(server, "configdirectory", conf->configdirectory) < 0)
		return CK_ENOMEM;
	if (!conf->sieveusehomedir)
		return add_place(server, "sievedir", conf->sievedir);
	return server_problem(server, "W-HOMES", false, "back up the users' homes as well",
	                      "sieve scripts lie in the homes of users (sieveusehomedir), which "
	                      "are not backed up");
}

int server_read_partitions(struct ck_server *server, struct ck_err *err)
{
	const struct conf *conf = server->conf;
	int r = note_configdirectory(server);
	server->partitions = ck_alloc(conf->npartitions, sizeof *server->partitions);
	if (r < 0 || !server->partitions)
		return ck_err_nomem(err);
	for (size_t i = 0; i < conf->npartitions; i++) {
		struct ck_partition *p = &server->partitions[server->npartitions++];
		p->kind = conf->partitions[i].kind;
		p->name = strdup(conf->partitions[i].name);
		p->path = strdup(conf->partitions[i].path);
		int sys = p->name && p->path ? look_at(p) : -1;
		if (sys < 0 || (sys > 0 && note_directory(server, p, sys) < 0))
			return ck_err_nomem(err);
	}
	if (read_places(server) < 0 || note_overlaps(server) < 0 || note_devices(server) < 0)
		return ck_err_nomem(err);
	return 0;
}
