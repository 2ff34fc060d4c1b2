/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/mboxheader.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "cyrus/dlist.h"

/* MAILBOX_HEADER_MAGIC of imap/mailbox.h is three lines; only the first tells what the file is. */
#define MAGIC       "\241\002\213\015Cyrus mailbox header\n"
#define MAGIC_LEN   (sizeof MAGIC - 1)
#define MAGIC_LINES 3

#define FILE_LIMIT ((size_t)16 << 20)

/* What is left to parse. */
struct text {
	const char *at, *end;
};

/* Cut the next line off @text. @return false when there is no whole line any more. */
static bool next_line(struct text *text, struct text *ret)
{
	const char *lf = memchr(text->at, '\n', (size_t)(text->end - text->at));
	if (!lf)
		return false;
	*ret = (struct text){text->at, lf};
	text->at = lf + 1;
	return true;
}

/* Cut @text off before the next @separator; all of it when there is none. */
static struct text next_word(struct text *text, char separator)
{
	struct text word = *text;
	const char *cut = memchr(text->at, separator, (size_t)(text->end - text->at));
	if (cut)
		word.end = cut;
	text->at = cut ? cut + 1 : text->end;
	return word;
}

static bool is_empty(struct text text)
{
	return text.at == text.end;
}

static char *copy(struct text text)
{
	return strndup(text.at, (size_t)(text.end - text.at));
}

static char *copy_or_empty(const char *text)
{
	return strdup(text ? text : "");
}

static int too_many_flags(struct ck_err *err)
{
	return ck_err_set(err, CK_ECORRUPT, "more than %d user flags", USER_FLAGS_MAX);
}

/* Names separated by one blank each: an unused slot shows as two blanks in a row. */
static int parse_flags(struct text line, struct mboxheader *ret, struct ck_err *err)
{
	for (size_t slot = 0; !is_empty(line); slot++) {
		struct text name = next_word(&line, ' ');
		if (is_empty(name))
			continue;
		if (slot >= USER_FLAGS_MAX)
			return too_many_flags(err);
		ret->flags[slot] = copy(name);
		if (!ret->flags[slot])
			return ck_err_nomem(err);
	}
	return 0;
}

/* Up to 3.4: quota root TAB uniqueid; flags; ACL. */
static int parse_lines(struct text text, struct mboxheader *ret, struct ck_err *err)
{
	struct text ids, flags, acl;
	if (!next_line(&text, &ids) || !next_line(&text, &flags) || !next_line(&text, &acl))
		return ck_err_set(err, CK_ECORRUPT, "the mailbox header ends too early");

	struct text root = next_word(&ids, '\t');
	ret->quotaroot = is_empty(root) ? NULL : copy(root);
	ret->uniqueid = copy(next_word(&ids, '\t'));
	ret->acl = copy(acl);
	if ((!is_empty(root) && !ret->quotaroot) || !ret->uniqueid || !ret->acl)
		return ck_err_nomem(err);
	return parse_flags(flags, ret, err);
}

/* A kvlist of rights by identifier becomes "id TAB rights TAB …", as everywhere else. */
static char *acl_text(const struct dlist *acl)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf buf = CK_BUF_INIT;
	if (acl && acl->kind == DLIST_ATOM)
		return copy_or_empty(acl->value);
	for (const struct dlist *d = acl ? acl->child : NULL; d; d = d->next) {
		if (d->name && d->kind == DLIST_ATOM)
			ck_buf_addf(&buf, "%s\t%s\t", d->name, d->value);
	}
	return buf.failed ? NULL : copy_or_empty(buf.data);
}

static int take_flags(const struct dlist *list, struct mboxheader *ret, struct ck_err *err)
{
	size_t slot = 0;
	for (const struct dlist *d = list ? list->child : NULL; d; d = d->next, slot++) {
		if (d->kind != DLIST_ATOM)
			continue;
		if (slot >= USER_FLAGS_MAX)
			return too_many_flags(err);
		ret->flags[slot] = strdup(d->value);
		if (!ret->flags[slot])
			return ck_err_nomem(err);
	}
	return 0;
}

/* Copy the text of key @key, or leave @ret NULL where there is none. */
static int take_text(const struct dlist *dl, const char *key, char **ret, struct ck_err *err)
{
	const char *text = dlist_text(dl, key);
	if (!text || !*text)
		return 0;
	*ret = strdup(text);
	return *ret ? 0 : ck_err_nomem(err);
}

/* From 3.6: %(T type N name I uniqueid Q quotaroot A %(…) U (…)) */
static int parse_kvlist(struct text text, struct mboxheader *ret, struct ck_err *err)
{
	CK_CLEANUP(dlist_freep) struct dlist *dl = NULL;
	size_t used;
	int r = dlist_parse(text.at, (size_t)(text.end - text.at), &dl, &used, err);
	if (r < 0)
		return r;
	if (dl->kind != DLIST_KVLIST)
		return ck_err_set(err, CK_ECORRUPT, "the mailbox header holds no %%(…) list");

	r = take_text(dl, "N", &ret->name, err);
	if (r == 0)
		r = take_text(dl, "Q", &ret->quotaroot, err);
	if (r < 0)
		return r;
	ret->uniqueid = copy_or_empty(dlist_text(dl, "I"));
	ret->acl = acl_text(dlist_get(dl, "A"));
	if (!ret->uniqueid || !ret->acl)
		return ck_err_nomem(err);
	return take_flags(dlist_get(dl, "U"), ret, err);
}

int mboxheader_parse(const char *data, size_t len, struct mboxheader *ret, struct ck_err *err)
{
	if (len < MAGIC_LEN || memcmp(data, MAGIC, MAGIC_LEN) != 0)
		return ck_err_set(err, CK_ECORRUPT, "not a mailbox header: it starts otherwise");
	struct text text = {data, data + len}, line;
	for (int i = 0; i < MAGIC_LINES; i++) {
		if (!next_line(&text, &line))
			return ck_err_set(err, CK_ECORRUPT, "the mailbox header ends too early");
	}
	/* Zeros are what a crash leaves of a file; no text in here can hold one. */
	const char *zero = memchr(text.at, '\0', (size_t)(text.end - text.at));
	if (zero)
		return ck_err_set(err, CK_ECORRUPT,
		                  "a zero byte at offset %zu of the mailbox header",
		                  (size_t)(zero - data));

	CK_CLEANUP(mboxheader_fini) struct mboxheader header = {0};
	int r = !is_empty(text) && *text.at == '%' ? parse_kvlist(text, &header, err)
	                                           : parse_lines(text, &header, err);
	if (r < 0)
		return r;
	*ret = header;
	header = (struct mboxheader){0};
	return 0;
}

int mboxheader_read(int dirfd, const char *path, struct mboxheader *ret, struct ck_err *err)
{
	CK_CLOSE int fd = fs_open_foreign(dirfd, path);
	if (fd < 0)
		return ck_err_sys(err, "cannot open '%s'", path);
	CK_CLEANUP(ck_buf_fini) struct ck_buf file = CK_BUF_INIT;
	int r = fs_read_fd(fd, FILE_LIMIT, &file, err);
	if (r == 0)
		r = mboxheader_parse(file.data, file.len, ret, err);
	return r < 0 ? ck_err_prefix(err, "cannot read '%s'", path) : 0;
}

void mboxheader_fini(struct mboxheader *h)
{
	free(h->quotaroot);
	free(h->uniqueid);
	free(h->name);
	free(h->acl);
	for (size_t i = 0; i < USER_FLAGS_MAX; i++)
		free(h->flags[i]);
	*h = (struct mboxheader){0};
}
