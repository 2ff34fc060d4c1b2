/* SPDX-License-Identifier: BSD-2-Clause */
/*
 *   plain      ROOT/[domain/DOM/]user/anne/Sent
 *   hashed     ROOT/[domain/d/DOM/]a/user/anne/Sent
 *   by id      ROOT/uuid/x/y/UNIQUEID                 (3.6+, without the legacy flag)
 *
 * From imap/mboxname.c and lib/util.c of each release; compared with mbpath of 3.6.1.
 */
#include "cyrus/paths.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *file; /* Name on disk. */
	const char *key;  /* As in metadir-KEY-PARTITION. */
} meta_names[META_MAX_] = {
	[META_HEADER] = {"cyrus.header", "header"},
	[META_INDEX] = {"cyrus.index", "index"},
	[META_CACHE] = {"cyrus.cache", "cache"},
	[META_EXPUNGE] = {"cyrus.expunge", "expunge"},
	[META_SQUAT] = {"cyrus.squat", "squat"},
	[META_ANNOTATIONS] = {"cyrus.annotations", "index"}, /* they go with the index */
	[META_ARCHIVECACHE] = {"cyrus.cache", "archivecache"},
	[META_DAV] = {"cyrus.dav", "dav"},
};

const char *meta_file_name(enum meta_file file)
{
	return meta_names[file].file;
}

/* An internal name in its parts. */
struct spelling {
	const char *domain; /* NULL: none */
	size_t domain_len;
	const char *rest;   /* Levels and dots. */
	const char *hashed; /* The level that is hashed: the second, else the first. */
	size_t hashed_len;
};

static bool is_dots(const char *text, size_t len)
{
	return len == 0 || (len <= 2 && memcmp(text, "..", len) == 0);
}

/* Names come from a database that may be damaged or hostile: none may lead out of its root. */
static bool spell(const char *intname, struct spelling *ret)
{
	const char *bang = strchr(intname, '!');
	*ret = (struct spelling){.rest = bang ? bang + 1 : intname};
	if (bang) {
		ret->domain = intname;
		ret->domain_len = (size_t)(bang - intname);
	}
	const char *dot = strchr(ret->rest, '.');
	ret->hashed = dot ? dot + 1 : ret->rest;
	ret->hashed_len = strcspn(ret->hashed, ".");
	return !strchr(intname, '/') && !(bang && is_dots(ret->domain, ret->domain_len));
}

/* dir_hash_c(): the first letter, or all bytes up to a dot folded into 23 letters. */
static char hash_letter(const char *text, size_t len, const char *stop, bool full)
{
	if (!full) {
		char c = len ? text[0] : '\0';
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		return c >= 'a' && c <= 'z' ? c : 'q';
	}
	uint32_t n = 0;
	for (size_t i = 0; i < len && !strchr(stop, text[i]); i++)
		n = ((n << 3) ^ (n >> 5)) ^ (unsigned char)text[i];
	return (char)('A' + n % 23);
}

/* Of a user or mailbox: since 3.0 the outside form is hashed, in which '^' is the dot. */
static char name_letter(const struct conf *conf, const char *text, size_t len)
{
	return hash_letter(text, len, conf->before_3 ? "." : ".^", conf->fulldirhash);
}

static char domain_letter(const struct conf *conf, const struct spelling *s)
{
	return hash_letter(s->domain, s->domain_len, ".", conf->fulldirhash);
}

/* A root without its trailing slashes. */
static void add_root(struct ck_buf *ret, const char *root)
{
	size_t len = strlen(root);
	while (len > 0 && root[len - 1] == '/')
		len--;
	(void)ck_buf_add(ret, root, len); /* here and below a failure stays in ret */
}

static void add_domain(const struct conf *conf, const struct spelling *s, bool hashed,
                       struct ck_buf *ret)
{
	if (!s->domain)
		return;
	(void)ck_buf_adds(ret, "/domain/");
	if (hashed) {
		(void)ck_buf_addc(ret, domain_letter(conf, s));
		(void)ck_buf_addc(ret, '/');
	}
	(void)ck_buf_add(ret, s->domain, s->domain_len);
}

static void add_levels(const char *rest, struct ck_buf *ret)
{
	for (const char *p = rest; *p; p++)
		(void)ck_buf_addc(ret, *p == '.' ? '/' : *p);
}

/* "/uuid/x/y/ID" */
static void add_id(const char *id, struct ck_buf *ret)
{
	(void)ck_buf_addf(ret, "/uuid/%c/%c/%s", id[0], id[1], id);
}

static bool id_is_safe(const char *id)
{
	return strlen(id) > 2 && id[0] != '.' && id[1] != '.' && !strchr(id, '/');
}

/* What the directory of a mailbox is below any root of its partition, with a leading slash. */
static int mailbox_place(const struct conf *conf, const struct ck_mailbox *mailbox,
                         struct ck_buf *ret, struct ck_err *err)
{
	struct spelling s;
	if (mailbox->flags & CK_MBOX_LEGACY_DIR) {
		if (!spell(mailbox->intname, &s) || !*s.rest)
			return ck_err_set(err, CK_ECORRUPT,
			                  "mailbox '%s' has a name that no directory can have",
			                  mailbox->name);
		add_domain(conf, &s, conf->hashimapspool, ret);
		if (conf->hashimapspool) {
			(void)ck_buf_addc(ret, '/');
			(void)ck_buf_addc(ret, name_letter(conf, s.hashed, s.hashed_len));
		}
		(void)ck_buf_addc(ret, '/');
		add_levels(s.rest, ret);
	} else {
		if (!id_is_safe(mailbox->uniqueid))
			return ck_err_set(err, CK_ECORRUPT,
			                  "mailbox '%s' has the unusable uniqueid '%s'",
			                  mailbox->name, mailbox->uniqueid);
		add_id(mailbox->uniqueid, ret);
	}
	return ret->failed ? ck_err_nomem(err) : 0;
}

static char *join(const char *root, const char *place)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf path = CK_BUF_INIT;
	add_root(&path, root);
	(void)ck_buf_adds(&path, place);
	return ck_buf_take(&path);
}

/* The root of another kind with the same partition name, or NULL. */
static const char *sibling_root(const struct ck_server *server, const char *name,
                                enum ck_partition_kind kind)
{
	for (size_t i = 0; i < server->npartitions; i++) {
		const struct ck_partition *p = &server->partitions[i];
		if (p->kind == kind && strcmp(p->name, name) == 0)
			return p->path;
	}
	return NULL;
}

/* metadir-FILE-PARTITION goes before metapartition_files, and that before the usual place. */
static int meta_root(const struct conf *conf, const struct ck_partition *part, enum meta_file file,
                     const char *metapartition, const char *usual, const char **ret)
{
	*ret = usual;
	if (metapartition && conf->meta_files & 1u << file)
		*ret = metapartition;
	if (!conf->has_metadir)
		return 0;
	CK_CLEANUP(ck_buf_fini) struct ck_buf key = CK_BUF_INIT;
	if (ck_buf_addf(&key, "metadir-%s-%s", meta_names[file].key, part->name) < 0)
		return CK_ENOMEM;
	const char *root = conf_get(conf, key.data);
	if (root)
		*ret = root;
	return 0;
}

static int fill_paths(const struct ck_server *server, const struct ck_partition *part,
                      const char *place, struct mailbox_paths *paths)
{
	const char *meta = sibling_root(server, part->name, CK_PARTITION_META);
	const char *archive = sibling_root(server, part->name, CK_PARTITION_ARCHIVE);
	paths->data = join(part->path, place);
	if (!paths->data)
		return CK_ENOMEM;
	/* Messages stay there when archive_enabled is switched off again. */
	if (archive && !(paths->archive = join(archive, place)))
		return CK_ENOMEM;
	for (enum meta_file f = 0; f < META_MAX_; f++) {
		const char *usual = f == META_ARCHIVECACHE && archive ? archive : part->path;
		const char *root;
		if (meta_root(server->conf, part, f, meta, usual, &root) < 0 ||
		    !(paths->meta[f] = join(root, place)))
			return CK_ENOMEM;
	}
	return 0;
}

static int unknown_partition(const struct ck_mailbox *mailbox, struct ck_err *err)
{
	return ck_err_set(err, CK_ENOTFOUND, "mailbox '%s' lies on no known partition",
	                  mailbox->name);
}

int mailbox_paths(const struct ck_server *server, const struct ck_mailbox *mailbox,
                  struct mailbox_paths *ret, struct ck_err *err)
{
	if (mailbox->partition >= server->npartitions)
		return unknown_partition(mailbox, err);
	CK_CLEANUP(ck_buf_fini) struct ck_buf place = CK_BUF_INIT;
	int r = mailbox_place(server->conf, mailbox, &place, err);
	if (r < 0)
		return r;
	CK_CLEANUP(mailbox_paths_fini) struct mailbox_paths paths = {0};
	if (fill_paths(server, &server->partitions[mailbox->partition], place.data, &paths) < 0)
		return ck_err_nomem(err);
	*ret = paths;
	paths = (struct mailbox_paths){0};
	return 0;
}

int mailbox_meta_file(const struct ck_server *server, const struct ck_mailbox *mailbox,
                      enum meta_file file, struct ck_buf *ret, struct ck_err *err)
{
	if (mailbox->partition >= server->npartitions)
		return unknown_partition(mailbox, err);
	const struct ck_partition *part = &server->partitions[mailbox->partition];
	const char *meta = sibling_root(server, part->name, CK_PARTITION_META);
	const char *archive = file == META_ARCHIVECACHE
	                              ? sibling_root(server, part->name, CK_PARTITION_ARCHIVE)
	                              : NULL;
	const char *root;
	if (meta_root(server->conf, part, file, meta, archive ? archive : part->path, &root) < 0)
		return ck_err_nomem(err);
	add_root(ret, root);
	int r = mailbox_place(server->conf, mailbox, ret, err);
	if (r < 0)
		return r;
	(void)ck_buf_addc(ret, '/');
	(void)ck_buf_adds(ret, meta_names[file].file);
	return ret->failed ? ck_err_nomem(err) : 0;
}

void mailbox_paths_fini(struct mailbox_paths *paths)
{
	free(paths->data);
	free(paths->archive);
	for (size_t i = 0; i < META_MAX_; i++)
		free(paths->meta[i]);
	*paths = (struct mailbox_paths){0};
}

int mailbox_directories(const struct mailbox_paths *paths, struct ck_strv *ret)
{
	const char *all[2 + META_MAX_] = {paths->data, paths->archive};
	for (size_t i = 0; i < META_MAX_; i++)
		all[2 + i] = paths->meta[i];
	for (size_t i = 0; i < CK_COUNT(all); i++) {
		bool seen = !all[i];
		for (size_t j = 0; j < i && !seen; j++)
			seen = all[j] && strcmp(all[i], all[j]) == 0;
		if (!seen && ck_strv_add(ret, all[i]) < 0)
			return CK_ENOMEM;
	}
	return 0;
}

/* The user's name as it stands in file names: with '^' before 3.0, with dots since. */
static int add_user(const struct conf *conf, const struct spelling *s, struct ck_buf *ret)
{
	for (size_t i = 0; i < s->hashed_len; i++)
		(void)ck_buf_addc(ret, s->hashed[i] == '^' && !conf->before_3 ? '.' : s->hashed[i]);
	return ret->failed ? CK_ENOMEM : 0;
}

/* CK_ENOTFOUND for what is no user's mailbox. */
static int spell_user(const struct ck_mailbox *mailbox, struct spelling *ret)
{
	if (!spell(mailbox->intname, ret))
		return CK_ECORRUPT;
	return strncmp(ret->rest, "user.", 5) == 0 && ret->hashed_len ? 0 : CK_ENOTFOUND;
}

int user_file(const struct ck_server *server, const struct ck_mailbox *inbox, const char *suffix,
              struct ck_buf *ret)
{
	const struct conf *conf = server->conf;
	struct spelling s;
	int r = spell_user(inbox, &s);
	if (r == CK_ECORRUPT)
		return r;
	if (r == 0 && !(inbox->flags & CK_MBOX_LEGACY_DIR)) {
		if (!id_is_safe(inbox->uniqueid))
			return CK_ECORRUPT;
		add_root(ret, conf->configdirectory);
		(void)ck_buf_adds(ret, "/user");
		add_id(inbox->uniqueid, ret);
		(void)ck_buf_addf(ret, "/%s.db", suffix);
		return ret->failed ? CK_ENOMEM : 0;
	}
	add_root(ret, conf->configdirectory);
	add_domain(conf, &s, true, ret);
	if (r == CK_ENOTFOUND) {
		(void)ck_buf_addf(ret, "/shared.%s", suffix);
	} else {
		(void)ck_buf_addf(ret, "/user/%c/", name_letter(conf, s.hashed, s.hashed_len));
		(void)add_user(conf, &s, ret);
		(void)ck_buf_addf(ret, ".%s", suffix);
	}
	return ret->failed ? CK_ENOMEM : 0;
}

int quota_file(const struct conf *conf, const char *root, struct ck_buf *ret)
{
	struct spelling s;
	if (!spell(root, &s))
		return CK_ECORRUPT;
	add_root(ret, conf->configdirectory);
	add_domain(conf, &s, true, ret);
	if (*s.rest)
		/* The whole internal name is hashed here in every version. */
		(void)ck_buf_addf(ret, "/quota/%c/%s",
		                  hash_letter(s.hashed, s.hashed_len, ".", conf->fulldirhash),
		                  s.rest);
	else
		(void)ck_buf_adds(ret, "/quota/root");
	return ret->failed ? CK_ENOMEM : 0;
}

int sieve_dir(const struct ck_server *server, const struct ck_mailbox *inbox, struct ck_buf *ret)
{
	const struct conf *conf = server->conf;
	CK_CLEANUP(ck_buf_fini) struct ck_buf user = CK_BUF_INIT;
	struct spelling s;
	if (conf->sieveusehomedir)
		return CK_ENOTFOUND;
	int r = spell_user(inbox, &s);
	if (r < 0)
		return r;
	if (!(inbox->flags & CK_MBOX_LEGACY_DIR)) {
		if (!id_is_safe(inbox->uniqueid))
			return CK_ECORRUPT;
		add_root(ret, conf->sievedir);
		add_id(inbox->uniqueid, ret);
		return ret->failed ? CK_ENOMEM : 0;
	}
	if (add_user(conf, &s, &user) < 0)
		return CK_ENOMEM;
	if (is_dots(user.data, user.len))
		return CK_ECORRUPT;
	add_root(ret, conf->sievedir);
	add_domain(conf, &s, true, ret);
	(void)ck_buf_addf(ret, "/%c/%s", name_letter(conf, s.hashed, s.hashed_len), user.data);
	return ret->failed ? CK_ENOMEM : 0;
}
