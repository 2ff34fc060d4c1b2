/* SPDX-License-Identifier: BSD-2-Clause */
/** dlist: what was parsed can be put and parsed again, and means the same. */
#include "fuzz/fuzz.h"

#include "cyrus/dlist.h"

#include <stdlib.h>
#include <string.h>

static void put(struct ck_buf *buf, const struct dlist *dl)
{
	if (dl->name) {
		(void)dlist_put(buf, dl->name, strlen(dl->name));
		(void)ck_buf_addc(buf, ' ');
	}
	switch (dl->kind) {
	case DLIST_NIL:
		(void)ck_buf_adds(buf, "NIL");
		break;
	case DLIST_ATOM:
		(void)dlist_put(buf, dl->value, dl->value_len);
		break;
	case DLIST_FILE:
		(void)ck_buf_addf(buf, "%%{%s %s %zu}\r\n", dl->part, dl->guid, dl->value_len);
		(void)ck_buf_add(buf, dl->value, dl->value_len);
		break;
	case DLIST_LIST:
	case DLIST_KVLIST:
		(void)ck_buf_adds(buf, dl->kind == DLIST_LIST ? "(" : "%(");
		for (const struct dlist *c = dl->child; c; c = c->next) {
			put(buf, c);
			if (c->next)
				(void)ck_buf_addc(buf, ' ');
		}
		(void)ck_buf_addc(buf, ')');
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf once = CK_BUF_INIT, twice = CK_BUF_INIT;
	CK_CLEANUP(dlist_freep) struct dlist *first = NULL;
	CK_CLEANUP(dlist_freep) struct dlist *second = NULL;
	size_t used;
	if (dlist_parse((const char *)data, len, &first, &used, NULL) < 0)
		return 0;
	CHECK(used <= len);
	put(&once, first);
	CHECK(dlist_parse(once.data, once.len, &second, &used, NULL) == 0 && used == once.len);
	put(&twice, second);
	CHECK(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
	return 0;
}
