/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Annotations (imap/annotate.c). The value is a C structure poured out: the length in a slot of
 * the writer's unsigned long, the bytes, NUL, a content type, NUL, a time in another such slot,
 * and from 3.0 a modseq u64, from 3.2 a flag byte. Slots are 8 bytes on 64-bit machines, 4 on
 * others; which it was shows in what adds up.
 */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "cyrus/state.h"

#define MODSEQ_SIZE   8
#define FLAG_SIZE     1
#define FLAG_DELETED  1
#define KEY_WORDS_MAX 3

struct span {
	const char *p;
	size_t len;
};

/* "a NUL b NUL c NUL" as three spans; a missing last NUL is forgiven. */
static bool split_key(const struct db_record *record, struct span words[KEY_WORDS_MAX])
{
	const char *p = record->key, *end = p + record->key_len;
	for (int i = 0; i < KEY_WORDS_MAX; i++) {
		const char *nul = p < end ? memchr(p, '\0', (size_t)(end - p)) : NULL;
		if (!nul && (i < KEY_WORDS_MAX - 1 || p > end))
			return false;
		words[i] = (struct span){.p = p, .len = (size_t)((nul ? nul : end) - p)};
		p = nul ? nul + 1 : end;
	}
	return p == end;
}

/* Does the value add up with slots of @slot bytes, the length standing at @at in the first? */
static bool split_value(const struct db_record *record, size_t slot, size_t at,
                        struct span *ret_value, struct annotation *ret)
{
	static const uint8_t zeros[4];
	const uint8_t *v = (const uint8_t *)record->value;
	size_t left = record->value_len;
	if (left < slot)
		return false;
	if (slot == 8 && memcmp(v + (at ? 0 : 4), zeros, sizeof zeros) != 0)
		return false;
	uint32_t len = be32(v + at);
	v += slot;
	left -= slot;
	if (left <= len || v[len] != '\0')
		return false;
	const uint8_t *type = v + len + 1;
	left -= (size_t)len + 1;
	const uint8_t *nul = left > 0 ? memchr(type, '\0', left) : NULL;
	if (!nul)
		return false;
	const uint8_t *rest = nul + 1;
	left -= (size_t)(rest - type);
	if (left != slot && left != slot + MODSEQ_SIZE && left != slot + MODSEQ_SIZE + FLAG_SIZE)
		return false;
	ret->modseq = left > slot ? be64(rest + slot) : 0;
	ret->deleted = left > slot + MODSEQ_SIZE && (rest[slot + MODSEQ_SIZE] & FLAG_DELETED);
	*ret_value = (struct span){.p = (const char *)v, .len = len};
	return true;
}

static int complain(const struct db_record *record, const char *why, struct ck_err *err)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf key = CK_BUF_INIT;
	if (db_put_escaped(&key, record->key, record->key_len) < 0)
		return ck_err_nomem(err);
	return ck_err_set(err, CK_ECORRUPT, "annotation '%s' cannot be read: %s", key.data, why);
}

static char *copy_bytes(const char *p, size_t len)
{
	char *copy = malloc(len + 1);
	if (!copy)
		return NULL;
	memcpy(copy, p, len);
	copy[len] = '\0';
	return copy;
}

static int copy_annotation(struct annotation *a, const struct span words[KEY_WORDS_MAX],
                           const struct span *value, struct ck_err *err)
{
	a->mailbox = copy_bytes(words[0].p, words[0].len);
	a->entry = copy_bytes(words[1].p, words[1].len);
	a->user = copy_bytes(words[2].p, words[2].len);
	a->value = copy_bytes(value->p, value->len);
	a->value_len = value->len;
	if (!a->value || !a->mailbox || !a->entry || !a->user) {
		annotation_fini(a);
		return ck_err_nomem(err);
	}
	return 0;
}

int annotation_parse(enum annotation_file file, const struct db_record *record,
                     struct annotation *ret, struct ck_err *err)
{
	struct span words[KEY_WORDS_MAX], value;
	struct annotation a = {0};
	uint64_t uid = 0;
	if (!split_key(record, words))
		return complain(record, "the key has not three parts", err);
	if (file == ANNOTATION_MESSAGES &&
	    !number_parse(words[0].p, words[0].len, UINT32_MAX, &uid))
		return complain(record, "the key begins with no UID", err);
	if (!split_value(record, 8, 0, &value, &a) && !split_value(record, 4, 0, &value, &a) &&
	    !split_value(record, 8, 4, &value, &a))
		return complain(record, "the lengths in its value do not add up", err);
	a.uid = (uint32_t)uid;
	if (file == ANNOTATION_MESSAGES)
		words[0].len = 0;
	int r = copy_annotation(&a, words, &value, err);
	if (r < 0)
		return r;
	*ret = a;
	return 0;
}

void annotation_fini(struct annotation *a)
{
	free(a->mailbox);
	free(a->entry);
	free(a->user);
	free(a->value);
	*a = (struct annotation){0};
}
