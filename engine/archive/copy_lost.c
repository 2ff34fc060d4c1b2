/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mailboxes that mailboxes.db has lost. All that it said of them is in their directories: the name
 * in cyrus.header (3.6 and later) or in the path, the id and the access list in cyrus.header.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "archive/copy_state.h"
#include "cyrus/conf.h"
#include "cyrus/mboxheader.h"
#include "cyrus/names.h"
#include "cyrus/paths.h"

/* A mailbox that was found. */
struct lost {
	struct ck_mailbox m;
	struct box box;
	struct ck_buf intname, name, user;
	struct mboxheader header;
};

static void lost_free(struct lost *l)
{
	if (!l)
		return;
	ck_buf_fini(&l->intname);
	ck_buf_fini(&l->name);
	ck_buf_fini(&l->user);
	mboxheader_fini(&l->header);
	free(l);
}

static void lost_freep(struct lost **l)
{
	lost_free(*l);
}

void copy_lost_free(struct copy *c)
{
	for (size_t i = 0; i < c->nlost; i++)
		lost_free(c->lost[i]);
	free(c->lost);
}

/* The data partition that @path lies in, and what is behind its root. */
static uint32_t partition_of(const struct copy *c, const char *path, const char **ret_below)
{
	const struct ck_server *server = c->order.server;
	for (uint32_t i = 0; i < server->npartitions; i++) {
		const struct ck_partition *p = &server->partitions[i];
		size_t n = strlen(p->path);
		if (p->kind != CK_PARTITION_DATA || strncmp(path, p->path, n) != 0 ||
		    path[n] != '/')
			continue;
		*ret_below = path + n + 1;
		return i;
	}
	return UINT32_MAX;
}

/* Behind one level of hashing. */
static const char *skip_hash(const struct conf *conf, const char *p)
{
	if (!conf->hashimapspool)
		return p;
	return p[0] && p[1] == '/' ? p + 2 : NULL;
}

/* "a/user/anne/Sent" is "user.anne.Sent". What is no such path gives a name that leads elsewhere.
 */
static int name_of_path(const struct conf *conf, const char *below, struct ck_buf *ret)
{
	const char *p = below;
	if (strncmp(p, "domain/", 7) == 0) {
		p = skip_hash(conf, p + 7);
		size_t n = p ? strcspn(p, "/") : 0;
		if (!p || !p[n])
			return CK_ENOTFOUND;
		(void)ck_buf_add(ret, p, n);
		(void)ck_buf_addc(ret, '!');
		p += n + 1;
	}
	p = skip_hash(conf, p);
	if (!p || strchr(p, '.'))
		return CK_ENOTFOUND;
	for (; *p; p++)
		(void)ck_buf_addc(ret, *p == '/' ? '.' : *p);
	return ret->failed ? CK_ENOMEM : 0;
}

static int by_intname(const void *key, const void *mailbox)
{
	return name_compare(key, ((const struct ck_mailbox *)mailbox)->intname);
}

/* A name that another mailbox has says where it once was, not what it is. */
static bool is_taken(const struct copy *c, const char *intname)
{
	const struct ck_server *server = c->order.server;
	for (size_t i = 0; i < c->nlost; i++)
		if (strcmp(c->lost[i]->intname.data, intname) == 0)
			return true;
	return server->nmailboxes && bsearch(intname, server->mailboxes, server->nmailboxes,
	                                     sizeof *server->mailboxes, by_intname);
}

/* Where the mailbox would be if it were what it seems; 1 when that is @path. */
static int lies_at(const struct copy *c, const struct lost *l, const char *path,
                   struct mailbox_paths *ret)
{
	int r = mailbox_paths(c->order.server, &l->m, ret, NULL);
	return r < 0 ? (r == CK_ENOMEM ? r : 0) : strcmp(ret->data, path) == 0;
}

static int read_header(const struct copy *c, struct lost *l, const struct mailbox_paths *paths)
{
	CK_CLOSE int fd = copy_open_dir(c, paths->meta[META_HEADER]);
	return fd < 0 ? CK_ENOTFOUND
	              : mboxheader_read(fd, meta_file_name(META_HEADER), &l->header, NULL);
}

/* By id: the directory has the id, the header the name. Before: the path has the name. */
static int look_at_path(const struct copy *c, struct lost *l, const char *path,
                        struct mailbox_paths *paths)
{
	const struct conf *conf = c->order.server->conf;
	const char *below = NULL, *id = strrchr(path, '/') + 1;
	l->m.partition = partition_of(c, path, &below);
	if (l->m.partition == UINT32_MAX)
		return CK_ENOTFOUND;
	bool by_id = strncmp(below, "uuid/", 5) == 0;
	int r = by_id ? 0 : name_of_path(conf, below, &l->intname);
	l->m.uniqueid = by_id ? id : "";
	l->m.intname = l->intname.data;
	l->m.flags = by_id ? 0 : CK_MBOX_LEGACY_DIR;
	if (r == 0)
		r = lies_at(c, l, path, paths);
	if (r <= 0)
		return r < 0 ? r : CK_ENOTFOUND;
	r = read_header(c, l, paths);
	if (r < 0 || !by_id)
		return r;
	if (!l->header.name || !l->header.uniqueid || strcmp(l->header.uniqueid, id) != 0)
		return CK_ENOTFOUND;
	return ck_buf_adds(&l->intname, l->header.name);
}

/* All that a mailbox has, as server_mailboxes.c fills it in. */
static int fill_in(const struct copy *c, struct lost *l)
{
	static const char none[] = "";
	const struct conf *conf = c->order.server->conf;
	struct ck_mailbox *m = &l->m;
	m->intname = l->intname.data;
	if (name_to_external(conf, m->intname, &l->name) < 0)
		return CK_ENOMEM;
	m->name = l->name.data;
	m->user = name_owner(conf, m->intname, &l->user) ? l->user.data : NULL;
	m->uniqueid = l->header.uniqueid ? l->header.uniqueid : none;
	m->acl = l->header.acl ? l->header.acl : none;
	m->special = none;
	m->flags |= (name_is_inbox(m->intname) ? CK_MBOX_INBOX : 0u) |
	            (name_is_deleted(conf, m->intname) ? CK_MBOX_DELAYED : 0u);
	l->box.mailbox = m;
	l->box.differs = true; /* from mailboxes.db, if not in itself */
	for (size_t i = 0; i < c->nrules && !l->box.left_out_by; i++)
		if (ck_rule_is_whole(&c->rules[i]) &&
		    ck_rule_matches_mailbox(&c->rules[i], c->order.server, m))
			l->box.left_out_by = c->rules[i].text;
	return l->user.failed ? CK_ENOMEM : 0;
}

static int claim_directories(struct copy *c, const struct mailbox_paths *paths)
{
	CK_CLEANUP(ck_strv_fini) struct ck_strv dirs = {0};
	int r = mailbox_directories(paths, &dirs);
	for (size_t i = 0; r >= 0 && i < dirs.n; i++)
		r = dirset_add(&c->dirs, dirs.items[i], strlen(dirs.items[i]), DIR_MAILBOX);
	return r;
}

static int keep(struct copy *c, struct lost **l)
{
	struct lost **more = reallocarray(c->lost, c->nlost + 1, sizeof *more);
	if (!more)
		return CK_ENOMEM;
	c->lost = more;
	(*l)->box.number = (uint32_t)(c->order.estimate->nmailboxes + c->nlost + 1);
	more[c->nlost++] = CK_STEAL(*l);
	return 0;
}

int copy_lost_mailbox(struct copy *c, const char *path, bool *ret, struct ck_err *err)
{
	CK_CLEANUP(mailbox_paths_fini) struct mailbox_paths paths = {0};
	CK_CLEANUP(lost_freep) struct lost *l = ck_alloc(1, sizeof *l);
	*ret = false;
	if (!l)
		return ck_err_nomem(err);
	l->intname = l->name = l->user = (struct ck_buf)CK_BUF_INIT;
	int r = look_at_path(c, l, path, &paths);
	if (r == CK_ENOMEM)
		return ck_err_nomem(err);
	if (r < 0 || is_taken(c, l->intname.data))
		return 0;
	struct lost *kept = l;
	if (fill_in(c, l) < 0 || claim_directories(c, &paths) < 0 || keep(c, &l) < 0)
		return ck_err_nomem(err);
	*ret = true;
	r = copy_found(c, &kept->box, 0, "unlisted-mailbox",
	               "make it known again with reconstruct, or restore it from this archive", err,
	               "'%s' holds a mailbox that mailboxes.db does not have", path);
	return r < 0 ? r : copy_mailbox(c, &kept->box, err);
}
