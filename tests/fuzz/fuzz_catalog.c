/* SPDX-License-Identifier: BSD-2-Clause */
/* What lies behind the checksums of an archive: the headline, and the catalogue as SQLite bytes. */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "archive/catalog.h"
#include "archive/headline.h"

static int see_message(void *arg, const struct catalog_message *m, struct ck_err *err)
{
	(void)err;
	*(uint64_t *)arg += m->size;
	return 0;
}

static int see_file(void *arg, const struct catalog_file *f, struct ck_err *err)
{
	(void)err;
	*(uint64_t *)arg += f->member[0];
	return 0;
}

struct bytes {
	const uint8_t *data;
	size_t len;
};

static int give(void *arg, uint64_t offset, void *ret, size_t len, struct ck_err *err)
{
	const struct bytes *b = arg;
	(void)err;
	CHECK(offset <= b->len && len <= b->len - offset);
	memcpy(ret, b->data + offset, len);
	return 0;
}

static void read_catalog(const uint8_t *data, size_t len)
{
	struct bytes bytes = {data, len};
	const struct sql_source source = {
		.name = "bytes", .read = give, .arg = &bytes, .size = len};
	struct catalog *c = NULL;
	struct ck_archived_mailbox *boxes = NULL;
	size_t n = 0;
	uint64_t sum = 0;
	if (catalog_open_source(&source, &c, NULL) < 0)
		return;
	if (catalog_mailboxes(c, &boxes, &n, NULL) >= 0) {
		for (size_t i = 0; i < n; i++)
			CHECK(boxes[i].name && boxes[i].grade < CK_GRADE_MAX_);
		ck_archived_mailboxes_free(boxes, n);
	}
	struct catalog_walk *w = NULL;
	struct catalog_message m;
	if (catalog_walk_new(c, &w, NULL) >= 0) {
		while (catalog_walk_next(w, &m, NULL) > 0)
			sum += m.size;
		catalog_walk_free(w);
	}
	(void)!catalog_each_message(c, 1, see_message, &sum, NULL);
	(void)!catalog_each_file(c, 1, see_file, &sum, NULL);
	(void)!catalog_counts(c, &sum, &sum, NULL);
	catalog_close(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct headline h;
	const char *text = NULL;
	size_t text_len = 0;
	CHECK(!(headline_find((const char *)data, len, &text, &text_len, NULL) >= 0 &&
	        (text < (const char *)data || text + text_len > (const char *)data + len)));
	if (headline_parse((const char *)data, len, &h, NULL) >= 0)
		headline_fini(&h);
	read_catalog(data, len);
	return 0;
}
