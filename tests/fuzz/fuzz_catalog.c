/* SPDX-License-Identifier: BSD-2-Clause */
/* What lies behind the checksums of an archive: the headline, and the catalogue as SQLite bytes. */
#include "fuzz/fuzz.h"

#include <stdlib.h>

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

static void read_catalog(const uint8_t *data, size_t len)
{
	struct catalog *c = NULL;
	struct ck_archived_mailbox *boxes = NULL;
	size_t n = 0;
	uint64_t sum = 0;
	if (catalog_open_memory(data, len, &c, NULL) < 0)
		return;
	if (catalog_mailboxes(c, &boxes, &n, NULL) >= 0) {
		for (size_t i = 0; i < n; i++)
			CHECK(boxes[i].name && boxes[i].grade < CK_GRADE_MAX_);
		ck_archived_mailboxes_free(boxes, n);
	}
	(void)!catalog_each_message(c, 0, see_message, &sum, NULL);
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
