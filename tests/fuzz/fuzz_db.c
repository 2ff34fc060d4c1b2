/* SPDX-License-Identifier: BSD-2-Clause */
/** Any bytes as a database: the walk ends, says the same twice, and stays within the bytes. */
#include "fuzz/fuzz.h"

#include "cyrus/db.h"

#include <stdlib.h>

/* Records of a whole walk, and a sum over their bytes. */
static int walk(struct db *db, size_t *ret_records, unsigned *ret_sum)
{
	struct db_record record;
	int r;
	*ret_records = *ret_sum = 0;
	while ((r = db_next(db, &record, NULL)) > 0) {
		for (size_t i = 0; i < record.key_len; i++)
			*ret_sum = *ret_sum * 31 + (unsigned char)record.key[i];
		for (size_t i = 0; i < record.value_len; i++)
			*ret_sum = *ret_sum * 31 + (unsigned char)record.value[i];
		++*ret_records;
	}
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	CK_CLEANUP(db_closep) struct db *db = NULL;
	struct ck_err err = CK_ERR_INIT;
	size_t first, second, dumped = 0;
	unsigned sum, again;
	if (db_open_memory("fuzz", data, len, &db, &err) < 0)
		return 0;
	int r = walk(db, &first, &sum);
	CHECK(first <= len && (r < 0) == db_is_torn(db));
	db_rewind(db);
	CHECK(walk(db, &second, &again) == r && first == second && sum == again);
	db_rewind(db);
	CHECK(db_dump(db, &text, &dumped, &err) == r && (r < 0 || dumped == first));
	return 0;
}
