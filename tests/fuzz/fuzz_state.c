/* SPDX-License-Identifier: BSD-2-Clause */
/** Values of seen, quota, annotation and subscription databases. The first byte chooses. */
#include "fuzz/fuzz.h"

#include "cyrus/state.h"

#include <stdlib.h>
#include <string.h>

static void try_seen(const char *text, size_t len)
{
	struct seen seen;
	if (seen_parse(text, len, &seen, NULL) < 0)
		return;
	CHECK(strlen(seen.uids) <= len);
	seen_fini(&seen);
}

/* A key of 32 bytes at most, ended by its third NUL, and a value. */
static void try_annotation(const char *text, size_t len)
{
	size_t key_len = 0;
	for (int nuls = 0; key_len < len && nuls < 3; key_len++)
		nuls += text[key_len] == '\0';
	struct db_record record = {text, key_len, text + key_len, len - key_len};
	for (int file = ANNOTATION_GLOBAL; file <= ANNOTATION_MESSAGES; file++) {
		struct annotation a;
		if (annotation_parse((enum annotation_file)file, &record, &a, NULL) < 0)
			continue;
		CHECK(a.value_len <= record.value_len && strlen(a.entry) <= key_len);
		annotation_fini(&a);
	}
}

static void try_subscriptions(const uint8_t *data, size_t len)
{
	CK_CLEANUP(ck_strv_fini) struct ck_strv names = {0};
	CK_CLEANUP(db_closep) struct db *db = NULL;
	CHECK(!(db_open_memory("sub", data, len, &db, NULL) == 0 &&
	        subscriptions_read(db, "user.anne", &names, NULL) == 0 && names.n > len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct quota quota;
	if (len == 0)
		return 0;
	const char *text = (const char *)data + 1;
	switch (data[0]) {
	case 's':
		try_seen(text, len - 1);
		break;
	case 'q':
		CHECK(!(quota_parse(text, len - 1, &quota, NULL) == 0 &&
		        len < 4)); /* "1 2" is the shortest, "%()" is as long */
		break;
	case 'a':
		try_annotation(text, len - 1);
		break;
	default:
		try_subscriptions(data + 1, len - 1);
	}
	return 0;
}
