/* SPDX-License-Identifier: BSD-2-Clause */
/** mailboxes.db of any generation, as a flat file, whose bytes are easiest to bend. */
#include "fuzz/fuzz.h"

#include "cyrus/mboxlist.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CK_CLEANUP(db_closep) struct db *db = NULL;
	struct mboxlist *list = NULL;
	struct mboxlist_entry e;
	struct ck_err err = CK_ERR_INIT;
	size_t calls = 0;
	int r;
	if (db_open_memory("mailboxes.db", data, len, &db, &err) < 0)
		return 0;
	CHECK(mboxlist_open(db, &list, &err) == 0);
	while ((r = mboxlist_next(list, &e, &err)) != 0) {
		CHECK(++calls <= len + 1);
		if (r < 0 && mboxlist_is_torn(list))
			break;
		CHECK(!(r > 0 && (strlen(e.intname) > len || strlen(e.partition) > len ||
		                  strlen(e.uniqueid) > len || strlen(e.acl) > len + 1 ||
		                  (e.type & MBTYPE_DELETED))));
	}
	mboxlist_close(list);
	return 0;
}
