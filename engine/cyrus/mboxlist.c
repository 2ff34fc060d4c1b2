/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Generations of mailboxes.db (imap/mboxlist.c of each release):
 *
 *   2.2 to 2.4  internal name -> "[(key value …) ]type partition acl", type a decimal bit set
 *   2.5 to 3.4  internal name -> %(T letters I uniqueid P partition S server V … C … F … A %(…))
 *   3.6 on      'N' and the name with 0x1F between levels -> the same; 'I' and the uniqueid -> the
 *               same with N instead of I; 'A' and who and name -> nothing; 'J': of JMAP
 *
 * 2.5 leaves text records as they are until they change, so text or dlist is told by each record;
 * the keys of 3.6 are an affair of the whole file.
 */
#include "cyrus/mboxlist.h"

#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cyrus/dlist_token.h"
#include "cyrus/names.h"

struct mboxlist {
	struct db *db;      /* borrowed */
	bool modern;        /* keys as of 3.6 */
	struct ck_buf text; /* strings of the entry at hand; the first is the empty one */
};

/* Strings of an entry as offsets into text, which moves while it grows. 0 is "". */
struct draft {
	size_t intname, partition, uniqueid, acl;
	struct mboxlist_entry entry;
};

static const struct {
	char letter;
	unsigned bit; /* in numbers of old text records; 0: has none */
	uint32_t type;
} types[] = {
	{'r', 1, MBTYPE_REMOTE},
	{'z', 2, MBTYPE_RESERVED},
	{'n', 4, 0},
	{'m', 8, 0},
	{'d', 16, MBTYPE_DELETED},
	{'c', 32, MBTYPE_DAV},
	{'a', 64, MBTYPE_DAV},
	{'b', 128, MBTYPE_DAV},
	{'i', 256, MBTYPE_INTERMEDIATE},
	{'s', 512, MBTYPE_DAV},
	{'p', 1024, MBTYPE_DAV},
	{'e', 0, 0},
	{'f', 0, MBTYPE_DAV},
	{'j', 0, MBTYPE_DAV},
	{'l', 0, MBTYPE_LEGACY_DIR},
};

static uint32_t type_of_number(uint64_t number)
{
	uint32_t type = 0;
	for (size_t i = 0; i < CK_COUNT(types); i++)
		if (number & types[i].bit)
			type |= types[i].type;
	return type;
}

static uint32_t type_of_letters(const char *letters, size_t len)
{
	uint32_t type = 0;
	for (size_t i = 0; i < len; i++)
		for (size_t k = 0; k < CK_COUNT(types); k++)
			if (letters[i] == types[k].letter)
				type |= types[k].type;
	return type;
}

static int complain(const char *why, struct ck_err *err)
{
	return ck_err_set(err, CK_ECORRUPT, "%s", why);
}

/* Append @len bytes as a terminated string. */
static int put_string(struct mboxlist *list, const char *s, size_t len, size_t *ret,
                      struct ck_err *err)
{
	size_t at = list->text.len;
	if (memchr(s, '\0', len))
		return complain("a NUL inside a string", err);
	if (ck_buf_add(&list->text, s, len) < 0 || ck_buf_addc(&list->text, '\0') < 0)
		return ck_err_nomem(err);
	*ret = at;
	return 0;
}

static int put_token(struct mboxlist *list, const struct dlist_token *token, size_t *ret,
                     struct ck_err *err)
{
	size_t at = list->text.len;
	if (token->kind == DTOKEN_NIL)
		return 0;
	if (token->kind != DTOKEN_TEXT)
		return complain("a list where a string belongs", err);
	if (!token->escaped)
		return put_string(list, token->text, token->len, ret, err);
	if (dlist_token_put(&list->text, token) < 0 || ck_buf_addc(&list->text, '\0') < 0)
		return ck_err_nomem(err);
	if (strlen(list->text.data + at) != list->text.len - at - 1)
		return complain("a NUL inside a string", err);
	*ret = at;
	return 0;
}

static int take_number(const struct dlist_token *token, uint64_t max, uint64_t *ret,
                       struct ck_err *err)
{
	if (token->kind == DTOKEN_NIL)
		return 0;
	if (token->kind != DTOKEN_TEXT || !number_parse(token->text, token->len, max, ret))
		return complain("a string where a number belongs", err);
	return 0;
}

/* %(id rights …) as "id TAB rights TAB …" */
static int take_acl(struct mboxlist *list, struct dlist_reader *r, const struct dlist_token *token,
                    size_t *ret, struct ck_err *err)
{
	size_t at = list->text.len;
	struct dlist_token word;
	int n;
	if (token->kind != DTOKEN_KVLIST)
		return put_token(list, token, ret, err); /* a string: "id TAB rights TAB" */
	while ((n = dlist_token_next(r, &word, err)) > 0 && word.kind != DTOKEN_CLOSE) {
		if (word.kind != DTOKEN_TEXT && word.kind != DTOKEN_NIL)
			return complain("an ACL that is no list of strings", err);
		if (memchr(word.text, '\0', word.len))
			return complain("a NUL inside a string", err);
		if (dlist_token_put(&list->text, &word) < 0 || ck_buf_addc(&list->text, '\t') < 0)
			return ck_err_nomem(err);
	}
	if (n <= 0)
		return n < 0 ? n : complain("an ACL without end", err);
	if (ck_buf_addc(&list->text, '\0') < 0)
		return ck_err_nomem(err);
	*ret = at;
	return 0;
}

/* One key of the record and its value. */
static int take_member(struct mboxlist *list, struct dlist_reader *r, char key,
                       const struct dlist_token *value, struct draft *draft, struct ck_err *err)
{
	struct mboxlist_entry *e = &draft->entry;
	uint64_t number = 0;
	int n;
	switch (key) {
	case 'T':
		if (value->kind != DTOKEN_TEXT)
			return complain("a type that is no string", err);
		e->type |= type_of_letters(value->text, value->len);
		return 0;
	case 'I':
		return put_token(list, value, &draft->uniqueid, err);
	case 'P':
		return put_token(list, value, &draft->partition, err);
	case 'V':
		n = take_number(value, UINT32_MAX, &number, err);
		e->uidvalidity = (uint32_t)number;
		return n;
	case 'C':
		return take_number(value, UINT64_MAX, &e->createdmodseq, err);
	case 'F':
		return take_number(value, UINT64_MAX, &e->foldermodseq, err);
	case 'A':
		return take_acl(list, r, value, &draft->acl, err);
	default:
		return dlist_token_skip(r, value, err);
	}
}

static int parse_dlist(struct mboxlist *list, struct dlist_reader *r, struct draft *draft,
                       struct ck_err *err)
{
	struct dlist_token key, value;
	int n = dlist_token_next(r, &value, err);
	if (n <= 0 || value.kind != DTOKEN_KVLIST)
		return n < 0 ? n : complain("the value is no %( list", err);
	while ((n = dlist_token_next(r, &key, err)) > 0 && key.kind != DTOKEN_CLOSE) {
		if (key.kind != DTOKEN_TEXT && key.kind != DTOKEN_NIL)
			return dlist_damaged(r, "a key that is no atom", err);
		n = dlist_token_next(r, &value, err);
		if (n <= 0 || value.kind == DTOKEN_CLOSE)
			return n < 0 ? n : dlist_damaged(r, "a key without value", err);
		n = take_member(list, r, key.len == 1 ? key.text[0] : '\0', &value, draft, err);
		if (n < 0)
			return n;
	}
	if (n == 0)
		return dlist_damaged(r, "a list without end", err);
	return n < 0 ? n : r->at == r->len ? 0 : dlist_damaged(r, "something behind the list", err);
}

/* "(uniqueid X specialuse Y)" before the type: 2.4 reads it, some 2.4 builds wrote it. */
static int take_prefix(struct mboxlist *list, struct dlist_reader *r, struct draft *draft,
                       struct ck_err *err)
{
	struct dlist_token key, value;
	int n = dlist_token_next(r, &key, err); /* the parenthesis */
	while (n > 0 && (n = dlist_token_next(r, &key, err)) > 0 && key.kind != DTOKEN_CLOSE) {
		n = dlist_token_next(r, &value, err);
		if (n <= 0)
			break;
		if (key.kind == DTOKEN_TEXT && key.len == 8 && memcmp(key.text, "uniqueid", 8) == 0)
			n = put_token(list, &value, &draft->uniqueid, err);
		else
			n = dlist_token_skip(r, &value, err);
		if (n < 0)
			return n;
		n = 1;
	}
	if (n <= 0)
		return n < 0 ? n : complain("a list without end", err);
	while (r->at < r->len && r->text[r->at] == ' ')
		r->at++;
	return 0;
}

/* The next word up to a blank, which is passed over, or to the end. */
static const char *take_word(struct dlist_reader *r, size_t *ret_len)
{
	const char *word = r->text + r->at;
	const char *blank = memchr(word, ' ', r->len - r->at);
	*ret_len = blank ? (size_t)(blank - word) : r->len - r->at;
	r->at += *ret_len + (blank ? 1 : 0);
	return word;
}

static int parse_text(struct mboxlist *list, struct dlist_reader *r, struct draft *draft,
                      struct ck_err *err)
{
	uint64_t type;
	size_t len;
	if (r->text[0] == '(') {
		int n = take_prefix(list, r, draft, err);
		if (n < 0)
			return n;
	}
	const char *word = take_word(r, &len);
	if (!number_parse(word, len, UINT32_MAX, &type))
		return complain("the type is no number", err);
	draft->entry.type |= type_of_number(type);
	word = take_word(r, &len);
	if (len == 0)
		return complain("no partition", err);
	/* "server!partition" while a mailbox moves between servers */
	const char *bang = memchr(word, '!', len);
	if (bang) {
		len -= (size_t)(bang + 1 - word);
		word = bang + 1;
	}
	int n = put_string(list, word, len, &draft->partition, err);
	if (n < 0)
		return n;
	return put_string(list, r->text + r->at, r->len - r->at, &draft->acl, err);
}

static int put_name(struct mboxlist *list, const struct db_record *record, struct draft *draft,
                    struct ck_err *err)
{
	size_t at = list->text.len;
	if (!list->modern)
		return put_string(list, record->key, record->key_len, &draft->intname, err);
	if (memchr(record->key, '\0', record->key_len))
		return complain("a NUL inside a name", err);
	if (name_from_database(record->key + 1, record->key_len - 1, &list->text) < 0 ||
	    ck_buf_addc(&list->text, '\0') < 0)
		return ck_err_nomem(err);
	draft->intname = at;
	return 0;
}

static int parse_record(struct mboxlist *list, const struct db_record *record, struct draft *draft,
                        struct ck_err *err)
{
	struct dlist_reader r = {.text = record->value, .len = record->value_len};
	ck_buf_reset(&list->text);
	if (ck_buf_addc(&list->text, '\0') < 0)
		return ck_err_nomem(err);
	if (record->key_len <= list->modern)
		return complain("an empty name", err);
	if (record->value_len == 0)
		return complain("an empty value", err);
	if (!list->modern)
		draft->entry.type = MBTYPE_LEGACY_DIR;
	int n = put_name(list, record, draft, err);
	if (n < 0)
		return n;
	if (list->modern || record->value[0] == '%')
		return parse_dlist(list, &r, draft, err);
	return parse_text(list, &r, draft, err);
}

static void finish_entry(const struct mboxlist *list, const struct draft *draft,
                         struct mboxlist_entry *ret)
{
	const char *text = list->text.data;
	*ret = draft->entry;
	if (!(ret->type & (MBTYPE_REMOTE | MBTYPE_INTERMEDIATE | MBTYPE_DELETED | MBTYPE_RESERVED)))
		ret->type |= MBTYPE_LOCAL;
	ret->intname = text + draft->intname;
	ret->partition = ret->type & MBTYPE_REMOTE ? "" : text + draft->partition;
	ret->uniqueid = text + draft->uniqueid;
	ret->acl = text + draft->acl;
}

static bool is_bookkeeping(const struct mboxlist *list, const struct db_record *record)
{
	char family = record->key_len > 0 ? record->key[0] : '\0';
	return family == '$' || (list->modern && (family == 'I' || family == 'A' || family == 'J'));
}

static int name_record(const struct db_record *record, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf key = CK_BUF_INIT;
	if (db_put_escaped(&key, record->key, record->key_len) < 0)
		return ck_err_nomem(err);
	return ck_err_prefix(err, "record '%s' of mailboxes.db", key.data);
}

int mboxlist_next(struct mboxlist *list, struct mboxlist_entry *ret, struct ck_err *err)
{
	struct db_record record;
	int r;
	while ((r = db_next(list->db, &record, err)) > 0) {
		struct draft draft = {0};
		if (is_bookkeeping(list, &record))
			continue;
		if (list->modern && record.key[0] != 'N')
			r = complain("a key of unknown kind", err);
		else
			r = parse_record(list, &record, &draft, err);
		if (r < 0)
			return r == CK_ENOMEM ? r : name_record(&record, err);
		if (draft.entry.type & MBTYPE_DELETED)
			continue;
		finish_entry(list, &draft, ret);
		return 1;
	}
	return r;
}

/* What a record says about its file: 1 has keys as of 3.6, 0 has not, -1 says nothing. Old files
 * may hold shared mailboxes called "News" or "Info". */
static int judge_generation(const struct db_record *record)
{
	struct dlist_reader r = {.text = record->value, .len = record->value_len};
	struct dlist_token key, value;
	char family = record->key_len > 0 ? record->key[0] : '$';
	if (family == '$')
		return -1;
	if (!memchr("NIAJ", family, 4))
		return 0;
	if (memchr(record->key, 0x1f, record->key_len) ||
	    memchr(record->key, 0x1e, record->key_len))
		return 1; /* control bytes could never be in names */
	if (record->value_len == 0)
		return -1;
	if (family == 'A' || record->value[0] != '%')
		return 0;
	bool letters = false;
	int n = dlist_token_next(&r, &value, NULL);
	while (n > 0 && (n = dlist_token_next(&r, &key, NULL)) > 0 && key.kind == DTOKEN_TEXT) {
		n = dlist_token_next(&r, &value, NULL);
		if (n > 0 && family == 'I' && key.len == 1 && key.text[0] == 'N')
			return 1; /* the name in a record by id */
		if (n > 0 && key.len == 1 && key.text[0] == 'T' && value.kind == DTOKEN_TEXT) {
			letters = true;
			if (memchr(value.text, 'e', value.len))
				return 1; /* before 3.6 no letter means mail */
		}
		if (n > 0 && dlist_token_skip(&r, &value, NULL) < 0)
			n = -1;
	}
	return n <= 0 || letters ? -1 : 0;
}

static bool has_modern_keys(struct db *db)
{
	struct db_record record;
	int verdict = -1;
	while (verdict < 0 && db_next(db, &record, NULL) > 0)
		verdict = judge_generation(&record);
	db_rewind(db);
	return verdict == 1;
}

int mboxlist_open(struct db *db, struct mboxlist **ret, struct ck_err *err)
{
	struct mboxlist *list = ck_alloc(1, sizeof *list);
	if (!list)
		return ck_err_nomem(err);
	list->text = (struct ck_buf)CK_BUF_INIT;
	list->db = db;
	db_rewind(db);
	list->modern = has_modern_keys(db);
	*ret = list;
	return 0;
}

void mboxlist_close(struct mboxlist *list)
{
	if (!list)
		return;
	ck_buf_fini(&list->text);
	free(list);
}

bool mboxlist_is_torn(const struct mboxlist *list)
{
	return db_is_torn(list->db);
}
