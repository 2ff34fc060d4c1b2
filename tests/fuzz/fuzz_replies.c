/* SPDX-License-Identifier: BSD-2-Clause */
/* A server that says anything, to the whole client: greeting, login, quota, digests, mailboxes. */
#include "fuzz/fuzz.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fs.h"
#include "cyrus/imap.h"
#include "cyrus/sync.h"
#include "restore/live.h"
#include "restore/quota.h"
#include "restore/wire.h"

static int see_line(void *arg, const char *line, size_t len, struct ck_err *err)
{
	struct quota_root q = {.name = CK_BUF_INIT};
	(void)arg, (void)err;
	CHECK(len >= 1 && line[len - 1] != '\n');
	if (quota_line(line, len, &q))
		CHECK(q.n <= QUOTA_LIMITS && q.name.len <= len);
	quota_root_fini(&q);
	struct ck_buf name = CK_BUF_INIT;
	if (wire_listed(line, len, &name))
		CHECK(name.len > 0 && name.len < len);
	ck_buf_fini(&name);
	return 0;
}

static int see_mailbox(void *arg, const struct sync_mailbox *m, struct ck_err *err)
{
	(void)arg, (void)err;
	CHECK(*m->intname && m->acl && m->partition);
	return 0;
}

static void talk(struct imap *c)
{
	static const char *const names[] = {"user.anne", NULL};
	struct ck_err err = CK_ERR_INIT;
	struct live live = {0};
	bool taken = false;
	(void)!imap_login(c, "cyrus", "secret", NULL, &err);
	(void)!imap_ask_capabilities(c, &err);
	(void)!sync_is_taken(c, &taken, &err);
	(void)!imap_commandf(c, see_line, NULL, &err, "GETQUOTAROOT x");
	(void)!sync_get_mailboxes(c, names, 1, see_mailbox, NULL, &err);
	if (live_read_sync(c, "user.anne", &live, &err) == 0)
		live_fini(&live);
	if (live_read_imap(c, "INBOX", &live, &err) == 0)
		live_fini(&live);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct imap *c = NULL;
	struct ck_err err = CK_ERR_INIT;
	int ends[2];
	if (len > 60000) /* what a socket takes before somebody reads */
		return 0;
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	CHECK(fs_write_all(ends[0], data, len) == 0 && shutdown(ends[0], SHUT_WR) == 0);
	int r = imap_attach(ends[1], 1000, &c, &err);
	CHECK(r == 0 || (r == err.code && err.msg[0]));
	if (r == 0)
		talk(c);
	imap_close(c);
	(void)close(ends[0]);
	return 0;
}
