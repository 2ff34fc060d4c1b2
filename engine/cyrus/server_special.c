/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Special use (RFC 6154) is a mailbox annotation "/specialuse". Keys of annotations.db begin with
 * the internal name up to 3.4 and with the uniqueid since 3.6.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cyrus/names.h"
#include "cyrus/server_parts.h"
#include "cyrus/state.h"

#define ENTRY           "/specialuse"
#define LOCK_TIMEOUT_MS 10000
#define WORDS_MAX       256 /* Longest value that is a list of uses rather than rubbish. */

struct special {
	struct ck_server *server;
	struct name_index *by_id;
	const char *last[8]; /* Values met lately: few differ. */
	size_t next;
};

static void special_fini(struct special *s)
{
	name_index_free(s->by_id);
}

/* Is this key MAILBOX NUL "/specialuse" NUL USER…? Cheap, since most records are others. */
static bool is_special(const struct db_record *r, size_t *ret_mailbox_len)
{
	const char *nul = r->key_len ? memchr(r->key, '\0', r->key_len) : NULL;
	if (!nul)
		return false;
	*ret_mailbox_len = (size_t)(nul - r->key);
	size_t left = r->key_len - *ret_mailbox_len - 1;
	return left >= sizeof ENTRY && memcmp(nul + 1, ENTRY, sizeof ENTRY) == 0;
}

static int by_intname(const void *key, const void *mailbox)
{
	return name_compare(key, ((const struct ck_mailbox *)mailbox)->intname);
}

static struct ck_mailbox *find_mailbox(const struct special *s, const char *mailbox)
{
	struct ck_server *server = s->server;
	uint32_t i =
		*mailbox ? name_index_find(s->by_id, server, mailbox, strlen(mailbox)) : UINT32_MAX;
	if (i != UINT32_MAX)
		return &server->mailboxes[i];
	if (server->nmailboxes == 0)
		return NULL;
	return bsearch(mailbox, server->mailboxes, server->nmailboxes, sizeof *server->mailboxes,
	               by_intname);
}

static const char *keep(struct special *s, const char *text)
{
	for (size_t i = 0; i < CK_COUNT(s->last); i++)
		if (s->last[i] && strcmp(s->last[i], text) == 0)
			return s->last[i];
	const char *copy = arena_str(s->server->arena, text);
	s->last[s->next++ % CK_COUNT(s->last)] = copy;
	return copy;
}

static bool has_word(const char *words, const char *word, size_t len)
{
	while (*words) {
		size_t n = strcspn(words, " ");
		if (n == len && memcmp(words, word, n) == 0)
			return true;
		words += n + (words[n] == ' ');
	}
	return false;
}

/* Several users may see several uses in one mailbox: all are told, each once. */
static int add_words(struct special *s, struct ck_mailbox *m, const char *value)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf all = CK_BUF_INIT;
	if (ck_buf_adds(&all, m->special) < 0)
		return CK_ENOMEM;
	for (const char *p = value; *p;) {
		size_t n = strcspn(p, " ");
		if (n > 0 && !has_word(all.data, p, n)) {
			if (all.len)
				(void)ck_buf_addc(&all, ' ');
			(void)ck_buf_add(&all, p, n);
		}
		p += n + (p[n] == ' ');
	}
	const char *kept = all.failed ? NULL : keep(s, all.data);
	if (!kept)
		return CK_ENOMEM;
	m->special = kept;
	return 0;
}

static int take_record(struct special *s, const struct db_record *record)
{
	struct annotation a;
	size_t len;
	if (!is_special(record, &len))
		return 0;
	int r = annotation_parse(ANNOTATION_GLOBAL, record, &a, NULL);
	if (r < 0)
		return r == CK_ENOMEM ? r : 0; /* a role is lost to the view, not to the backup */
	struct ck_mailbox *m = a.deleted ? NULL : find_mailbox(s, a.mailbox);
	r = m && a.value && a.value_len <= WORDS_MAX ? add_words(s, m, a.value) : 0;
	annotation_fini(&a);
	return r;
}

static int read_all(struct special *s, struct db *db, struct ck_watch *watch, struct ck_err *err)
{
	struct db_record record;
	int r;
	while ((r = db_next(db, &record, err)) > 0) {
		if (take_record(s, &record) < 0)
			return ck_err_nomem(err);
		if (watch && atomic_load(&watch->cancel))
			return ck_err_set(err, CK_ECANCEL, "cancelled");
	}
	return r;
}

int server_read_special(struct ck_server *server, struct ck_watch *watch, struct ck_err *err)
{
	CK_CLEANUP(db_closep) struct db *db = NULL;
	CK_CLEANUP(special_fini) struct special s = {.server = server};
	struct ck_err why = CK_ERR_INIT;
	int r = db_open(server_database(server, "annotations.db"), LOCK_TIMEOUT_MS, &db, &why);
	if (r == CK_ENOTFOUND)
		return 0; /* made with the first annotation */
	if (r == 0) {
		s.by_id = name_index_new(server, offsetof(struct ck_mailbox, uniqueid));
		if (!s.by_id)
			return ck_err_nomem(err);
		r = read_all(&s, db, watch, &why);
	}
	if (r == 0)
		return 0;
	if (r == CK_ENOMEM || r == CK_ECANCEL)
		return ck_err_set(err, (enum ck_code)r, "%s", why.msg);
	if (server_problem(server, "E-DATABASE", false,
	                   "rules by special use (special:\\Junk) will not see every mailbox",
	                   "annotations cannot be read: %s", why.msg) < 0)
		return ck_err_nomem(err);
	return 0;
}
