/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers to SYNCGET: what is accepted is complete. */
#include "fuzz/fuzz.h"

#include <stdint.h>
#include <string.h>

#include "cyrus/sync.h"
#include "cyrus/sync_user.h"

static int look(void *arg, const struct sync_record *r, struct ck_err *err)
{
	(void)err;
	size_t *bytes = arg;
	CHECK(r->uid != 0 && r->flags != NULL);
	*bytes += strlen(r->flags);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sync_mailbox m = {0};
	size_t bytes = 0;
	int r = sync_parse_mailbox((const char *)data, size, &m, look, &bytes, NULL);
	CHECK(bytes <= size);
	if (r == 0)
		CHECK(*m.intname && m.uniqueid && m.partition && m.acl && m.quotaroot && m.mbtype);
	sync_mailbox_fini(&m);
	CK_CLEANUP(ck_strv_fini) struct ck_strv names = {0};
	if (sync_parse_subscriptions((const char *)data, size, &names, NULL) == 0)
		CHECK(names.n <= size);
	CK_CLEANUP(sync_user_fini) struct sync_user user = {0};
	if (sync_parse_user((const char *)data, size, &user, NULL) == 0)
		CHECK(user.seen.n + user.scripts.n <= 1);
	return 0;
}
