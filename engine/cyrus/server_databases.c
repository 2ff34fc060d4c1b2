/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "cyrus/db.h"
#include "cyrus/server_parts.h"

/* Formats section 2.5. What is not always there is listed only where it is. */
static const struct {
	const char *name;
	const char *option; /* That replaces the whole path. */
	bool always;
} known[] = {
	{"mailboxes.db", "mboxlist_db_path", true},
	{"annotations.db", "annotation_db_path", true},
	{"quotas.db", "quota_db_path", false},
	{"quota", NULL, false}, /* the tree of quotalegacy */
	{"user_deny.db", "userdeny_db_path", false},
	{"deliver.db", "duplicate_db_path", false},
	{"tls_sessions.db", "tls_sessions_db_path", false},
	{"statuscache.db", "statuscache_db_path", false},
	{"ptscache.db", "ptscache_db_path", false},
	{"zoneinfo.db", "zoneinfo_db_path", false},
	{"caldav_alarm.sqlite3", "caldav_alarm_db_path", false},
};

/* The backend by content; Cyrus itself does not go by imapd.conf either. */
static const char *find_backend(const char *path)
{
	uint8_t head[64];
	struct stat st;
	CK_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? "missing" : "unreadable";
	if (fstat(fd, &st) < 0)
		return "unreadable";
	if (S_ISDIR(st.st_mode))
		return "directory";
	int64_t n = S_ISREG(st.st_mode) ? fs_pread(fd, head, sizeof head, 0) : -1;
	return n < 0 ? "unreadable" : db_backend_name(db_detect(head, (size_t)n));
}

static char *path_of(const struct conf *conf, const char *name, const char *option)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf path = CK_BUF_INIT;
	const char *set = option ? conf_get(conf, option) : NULL;
	if (set)
		(void)ck_buf_adds(&path, set); /* ck_buf_take() tells of a failure */
	else
		(void)ck_buf_addf(&path, "%s/%s", conf->configdirectory, name);
	return ck_buf_take(&path);
}

static int add_database(struct ck_server *server, size_t i)
{
	CK_FREE char *path = path_of(server->conf, known[i].name, known[i].option);
	if (!path)
		return CK_ENOMEM;
	const char *backend = find_backend(path);
	if (strcmp(backend, "missing") == 0 && !known[i].always)
		return 0;
	if (strcmp(backend, "directory") == 0)
		backend = known[i].option ? "zeroskip" : "quotalegacy";
	struct ck_database *db = &server->databases[server->ndatabases++];
	db->name = strdup(known[i].name);
	db->backend = strdup(backend);
	db->path = CK_STEAL(path);
	if (!db->name || !db->backend)
		return CK_ENOMEM;
	if (strcmp(backend, "unreadable") != 0 && strcmp(backend, "unknown") != 0)
		return 0;
	return server_problem(server, "E-DATABASE", i == 0,
	                      "run cyrkeep as root or as the Cyrus user, and see whether the file "
	                      "is damaged",
	                      "database '%s' cannot be read or is none", db->path);
}

int server_read_databases(struct ck_server *server, struct ck_err *err)
{
	server->databases = ck_alloc(CK_COUNT(known), sizeof *server->databases);
	if (!server->databases)
		return ck_err_nomem(err);
	for (size_t i = 0; i < CK_COUNT(known); i++)
		if (add_database(server, i) < 0)
			return ck_err_nomem(err);
	return 0;
}

const char *server_database(const struct ck_server *server, const char *name)
{
	for (size_t i = 0; i < server->ndatabases; i++)
		if (strcmp(server->databases[i].name, name) == 0)
			return server->databases[i].path;
	return NULL;
}
