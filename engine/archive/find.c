/* SPDX-License-Identifier: BSD-2-Clause */
/* Which archive is meant by a number, a path or "latest". */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "archive/reader.h"
#include "base/number.h"
#include "cyrus/identity.h"

/* Archives that fit, borrowed from the list. */
struct choice {
	const struct ck_archive_info *first;   /* the newest of this server whose file is there */
	const struct ck_archive_info *other;   /* the next of these that is not the same */
	const struct ck_archive_info *damaged; /* the newest of this server that cannot be opened */
	const struct ck_archive_info *gone;    /* the newest of this server without its file */
	const struct ck_archive_info *foreign; /* the newest of another server */
	size_t n;                              /* of this server, but for copies of the first */
};

/* A copy that somebody made is as good as what it was made from. */
static bool is_same(const struct ck_archive_info *a, const struct ck_archive_info *b)
{
	return a->number == b->number && a->started == b->started && a->bytes == b->bytes;
}

static void consider(struct choice *c, const struct ck_archive_info *a)
{
	if (a->foreign) {
		if (!c->foreign || (a->present && !c->foreign->present))
			c->foreign = a;
	} else if (!a->present) {
		c->gone = c->gone ? c->gone : a;
	} else if (a->damaged) {
		c->damaged = c->damaged ? c->damaged : a;
	} else if (!c->first) {
		c->first = a;
		c->n = 1;
	} else if (!is_same(a, c->first)) {
		c->other = c->other ? c->other : a;
		c->n++;
	}
}

/* "mail1", or "mail1 with '/var/lib/imap'" where the host has several servers. */
static void add_server(struct ck_buf *ret, const char *own_host, const struct ck_archive_info *a)
{
	(void)ck_buf_addf(ret, "'%s'", a->host);
	if (strcasecmp(own_host, a->host) == 0)
		(void)ck_buf_addf(ret, " with '%s'", a->configdirectory);
}

static int refuse_foreign(const struct ck_settings *settings, uint64_t number,
                          const struct ck_archive_info *a, struct ck_err *err)
{
	CK_CLEANUP(identity_fini) struct identity own = {0};
	CK_CLEANUP(ck_buf_fini) struct ck_buf server = CK_BUF_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf what = CK_BUF_INIT;
	int r = identity_read(settings, &own, err);
	if (r < 0)
		return r;
	add_server(&server, own.host, a);
	if (number)
		(void)ck_buf_addf(&what, "archive %" PRIu64 " is", number);
	else
		(void)ck_buf_adds(&what, "the newest archive is");
	if (server.failed || what.failed)
		return ck_err_nomem(err);
	(void)ck_err_set(err, CK_ENOTFOUND, "%s not of this server ('%s') but of %s: '%s'",
	                 what.data, own.host, server.data, a->path);
	return ck_err_remedy(err, "if that one is meant, give its path");
}

static int refuse_ambiguous(uint64_t number, const struct choice *c, struct ck_err *err)
{
	if (c->n > 2)
		(void)ck_err_set(err, CK_EFAIL,
		                 "%zu archives have the number %" PRIu64
		                 ", among them '%s' and '%s'",
		                 c->n, number, c->first->path, c->other->path);
	else
		(void)ck_err_set(err, CK_EFAIL,
		                 "two archives have the number %" PRIu64 ": '%s' and '%s'", number,
		                 c->first->path, c->other->path);
	return ck_err_remedy(err, "give the path of the one that is meant");
}

static int refuse_all(const struct ck_settings *settings, uint64_t number, const struct choice *c,
                      struct ck_err *err)
{
	if (c->gone) {
		(void)ck_err_set(err, CK_ENOTFOUND, "the file of %s is not there any more: '%s'",
		                 number ? "that archive" : "every archive of this server",
		                 c->gone->path);
		return ck_err_remedy(err, "mount its destination, or give the path of another");
	}
	if (c->foreign)
		return refuse_foreign(settings, number, c->foreign, err);
	if (number)
		(void)ck_err_set(err, CK_ENOTFOUND, "there is no archive %" PRIu64, number);
	else
		(void)ck_err_set(err, CK_ENOTFOUND, "there is no archive yet");
	return ck_err_remedy(err, "see what there is with: cyrkeep archives");
}

/* @number 0: the newest. */
static int find_number(const struct ck_settings *settings, uint64_t number, char **ret,
                       struct ck_err *err)
{
	struct ck_archive_info *list = NULL;
	struct choice c = {0};
	size_t n = 0;
	int r = ck_archives_list(settings, &list, &n, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (!number || list[i].number == number)
			consider(&c, &list[i]);
	if (!c.first)
		c.first = c.damaged; /* who opens it is told where it is cut */
	if (!c.first)
		r = refuse_all(settings, number, &c, err);
	else if (number && c.other)
		r = refuse_ambiguous(number, &c, err);
	else if (!(*ret = strdup(c.first->path)))
		r = ck_err_nomem(err);
	ck_archives_free(list, n);
	return r;
}

int ck_archive_find(const struct ck_settings *settings, const char *which, char **ret_path,
                    struct ck_err *err)
{
	uint64_t number = 0;
	if (strcmp(which, "latest") == 0)
		return find_number(settings, 0, ret_path, err);
	if (number_parse(which, strlen(which), UINT32_MAX, &number) && number)
		return find_number(settings, number, ret_path, err);
	if (access(which, F_OK) < 0 && errno == ENOENT) {
		(void)ck_err_set(err, CK_ENOTFOUND, "there is no archive '%s'", which);
		return ck_err_remedy(err, "an archive is named by its number, its path, or "
		                          "'latest'; see what there is with: cyrkeep archives");
	}
	*ret_path = strdup(which);
	return *ret_path ? 0 : ck_err_nomem(err);
}

int ck_archive_open(const struct ck_settings *settings, const char *which, struct ck_archive **ret,
                    struct ck_err *err)
{
	CK_FREE char *path = NULL;
	int r = ck_archive_find(settings, which, &path, err);
	if (r < 0)
		return r;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return ck_err_sys(err, "cannot open archive '%s'", path);
	return reader_open(fd, path, ret, err);
}
