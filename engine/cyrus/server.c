/* SPDX-License-Identifier: BSD-2-Clause */
#include <cyrkeep/server.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "cyrus/identity.h"
#include "cyrus/names.h"
#include "cyrus/server_parts.h"

#define PIDFILE_DEFAULT "/run/cyrus-master.pid"

int server_problem(struct ck_server *server, const char *code, bool fatal, const char *remedy,
                   const char *fmt, ...)
{
	struct ck_problem *problems =
		reallocarray(server->problems, server->nproblems + 1, sizeof *problems);
	if (!problems)
		return CK_ENOMEM;
	server->problems = problems;
	struct ck_problem *p = &problems[server->nproblems];
	*p = (struct ck_problem){.code = strdup(code), .remedy = strdup(remedy), .fatal = fatal};
	va_list args;
	va_start(args, fmt);
	if (vasprintf(&p->text, fmt, args) < 0)
		p->text = NULL;
	va_end(args);
	server->nproblems++; /* ck_server_close() frees what there is of it */
	return p->code && p->text && p->remedy ? 0 : CK_ENOMEM;
}

/* Up to where nothing of the mail store was touched. */
static int read_settings(struct ck_server *server, const char *imapd_conf, struct ck_err *err)
{
	int r = conf_load(imapd_conf, &server->conf, err);
	if (r == CK_ENOTFOUND && access(imapd_conf, F_OK) < 0) {
		CK_CLEANUP(ck_buf_fini) struct ck_buf guess = CK_BUF_INIT;
		if (server_guess("", &guess) < 0)
			return ck_err_nomem(err);
		return ck_err_remedy(err,
		                     "name the file that Cyrus is started with: -C FILE, or "
		                     "imapd_conf in the settings%s",
		                     guess.data);
	}
	if (r < 0)
		return r;
	server->host = identity_host();
	server->arena = arena_new();
	if (!server->host || !server->arena)
		return ck_err_nomem(err);
	server->version = server_version(imapd_conf);
	if (server->version && server->version[0] == '2' && server->version[1] == '.')
		conf_assume_before_3(server->conf);
	server->separator = name_separator(server->conf);
	return 0;
}

int ck_server_open(const struct ck_settings *settings, struct ck_watch *watch,
                   struct ck_server **ret, struct ck_err *err)
{
	CK_CLEANUP(ck_server_closep) struct ck_server *server = ck_alloc(1, sizeof *server);
	if (!server)
		return ck_err_nomem(err);
	int r = read_settings(server, settings->imapd_conf, err);
	if (r == 0)
		r = server_read_partitions(server, err);
	if (r == 0)
		r = server_read_databases(server, err);
	if (r == 0)
		r = server_read_mailboxes(server, watch, err);
	if (r == 0)
		r = server_note_empty(server, err);
	if (r == 0)
		r = server_read_special(server, watch, err);
	if (r < 0)
		return r;
	*ret = CK_STEAL(server);
	return 0;
}

static void free_places(struct ck_partition *places, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(places[i].name);
		free(places[i].path);
		free(places[i].fstype);
		free(places[i].volume);
	}
	free(places);
}

void ck_server_close(struct ck_server *server)
{
	if (!server)
		return;
	free_places(server->partitions, server->npartitions);
	free_places(server->places, server->nplaces);
	free(server->defaultpartition);
	free(server->metapartition_files);
	for (size_t i = 0; i < server->ndatabases; i++) {
		free(server->databases[i].name);
		free(server->databases[i].path);
		free(server->databases[i].backend);
	}
	for (size_t i = 0; i < server->nproblems; i++) {
		free(server->problems[i].code);
		free(server->problems[i].text);
		free(server->problems[i].remedy);
	}
	free(server->databases);
	free(server->problems);
	free(server->mailboxes);
	free(server->host);
	free(server->version);
	arena_free(server->arena);
	conf_free(server->conf);
	free(server);
}

void ck_server_closep(struct ck_server **server)
{
	ck_server_close(*server);
}

/* master locks its pid file as long as it lives; the file itself stays behind. */
int ck_server_is_up(const struct ck_settings *settings, struct ck_err *err)
{
	const char *path = settings->master.pidfile ? settings->master.pidfile : PIDFILE_DEFAULT;
	CK_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return ck_err_sys(err, "cannot open '%s' to see whether master runs", path);
	struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
	if (fcntl(fd, F_OFD_GETLK, &lock) < 0)
		return ck_err_sys(err, "cannot look at the lock of '%s'", path);
	return lock.l_type != F_UNLCK;
}
