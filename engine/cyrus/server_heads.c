/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One open and one read for each mailbox, several at a time because a cold disk answers late.
 * Threads take runs of neighbours from a counter and write to their own mailboxes only.
 */
#include <cyrkeep/server.h>

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "cyrus/index.h"
#include "cyrus/paths.h"

#define RUN         64 /* Mailboxes taken at once. */
#define THREADS_MAX 16

struct heads {
	struct ck_server *server;
	struct ck_watch *watch; /* or NULL */
	_Atomic size_t next;
	_Atomic int failed; /* CK_ENOMEM */
};

static int read_head(const struct ck_server *server, struct ck_mailbox *m, struct ck_buf *path)
{
	struct index_header h;
	ck_buf_reset(path);
	if (m->flags & (CK_MBOX_REMOTE | CK_MBOX_INTERMEDIATE)) {
		m->head = CK_HEAD_MISSING;
		return 0;
	}
	int r = mailbox_meta_file(server, m, META_INDEX, path, NULL);
	if (r == CK_ENOMEM)
		return r;
	if (r < 0) {
		m->head = CK_HEAD_BAD; /* no partition, or a name that leads nowhere */
		return 0;
	}
	r = index_header_read(AT_FDCWD, path->data, &h, NULL);
	if (r == CK_ENOMEM)
		return r;
	m->head = r == 0 ? CK_HEAD_OK : r == CK_ENOTFOUND ? CK_HEAD_MISSING : CK_HEAD_BAD;
	if (r == 0) {
		m->messages = h.exists;
		m->bytes = h.quota_bytes;
		m->uidvalidity = h.uidvalidity;
		m->highestmodseq = h.highestmodseq;
	}
	return 0;
}

static bool is_cancelled(const struct heads *heads)
{
	return heads->watch && atomic_load(&heads->watch->cancel);
}

static void *work(void *arg)
{
	struct heads *heads = arg;
	struct ck_server *server = heads->server;
	CK_CLEANUP(ck_buf_fini) struct ck_buf path = CK_BUF_INIT;
	while (!is_cancelled(heads) && !atomic_load(&heads->failed)) {
		size_t i = atomic_fetch_add(&heads->next, RUN);
		size_t end = i + RUN < server->nmailboxes ? i + RUN : server->nmailboxes;
		if (i >= end)
			break;
		for (size_t k = i; k < end; k++)
			if (read_head(server, &server->mailboxes[k], &path) < 0)
				atomic_store(&heads->failed, CK_ENOMEM);
		if (heads->watch)
			atomic_fetch_add(&heads->watch->done, end - i);
	}
	return NULL;
}

static unsigned thread_count(size_t mailboxes)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = cores > 0 ? (size_t)cores * 2 : 2;
	if (n > THREADS_MAX)
		n = THREADS_MAX;
	if (n > mailboxes / RUN + 1)
		n = mailboxes / RUN + 1;
	return (unsigned)n;
}

int ck_server_read_heads(struct ck_server *server, struct ck_watch *watch, struct ck_err *err)
{
	struct heads heads = {.server = server, .watch = watch};
	pthread_t threads[THREADS_MAX];
	unsigned wanted = thread_count(server->nmailboxes), started = 0;
	if (watch) {
		atomic_store(&watch->done, 0);
		atomic_store(&watch->total, server->nmailboxes);
	}
	while (started + 1 < wanted && pthread_create(&threads[started], NULL, work, &heads) == 0)
		started++;
	(void)work(&heads); /* this thread too: the work is done even if none could be started */
	while (started > 0)
		(void)pthread_join(threads[--started], NULL);
	if (is_cancelled(&heads))
		return ck_err_set(err, CK_ECANCEL, "cancelled");
	return atomic_load(&heads.failed) ? ck_err_nomem(err) : 0;
}
