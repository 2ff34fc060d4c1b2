/* SPDX-License-Identifier: BSD-2-Clause */
/* What a dead job left behind, found by its journal: listed, or undone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/number.h"
#include "hold/hold.h"
#include "hold/journal.h"

/* argv as one would type it. */
static void add_command(struct ck_buf *ret, char *const *argv)
{
	for (size_t i = 0; argv[i]; i++) {
		if (i)
			(void)ck_buf_addc(ret, ' ');
		(void)ck_buf_add_word(ret, argv[i]);
	}
}

static int describe(const struct journal_entry *e, uint32_t job, bool guarded,
                    struct ck_leftover *ret)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf what = CK_BUF_INIT;
	CK_CLEANUP(ck_buf_fini) struct ck_buf by_hand = CK_BUF_INIT;
	const char *remedy;
	char since[32];
	time_rfc3339(e->time_ms / 1000, since);
	switch (e->kind) {
	case JOURNAL_MASTER:
		(void)ck_buf_addf(&what, "Cyrus was stopped by job %u at %s", job, since);
		remedy = guarded ? "starts Cyrus; its guard tries it too"
		                 : "starts Cyrus, unless it runs again";
		if (e->n > JOURNAL_FIXED)
			add_command(&by_hand, e->words + JOURNAL_FIXED);
		break;
	case JOURNAL_FILES:
		(void)ck_buf_addf(&what, "unfinished archive of job %u: '%s'", job,
		                  e->n ? e->words[0] : "?");
		remedy = "removes what is still there of it";
		(void)ck_buf_adds(&by_hand, "rm -f ");
		add_command(&by_hand, e->words);
		break;
	default:
		(void)ck_buf_addf(&what, "job %u left something that only a later version knows",
		                  job);
		remedy = "does nothing: unwind with the version of cyrkeep that ran the job";
		break;
	}
	*ret = (struct ck_leftover){
		.job = job,
		.what = ck_buf_take(&what),
		.remedy = strdup(remedy),
		.by_hand = ck_buf_take(&by_hand),
		.since_ms = e->time_ms,
		.urgent = e->kind == JOURNAL_MASTER,
		.guarded = guarded,
	};
	return ret->what && ret->remedy && ret->by_hand ? 0 : CK_ENOMEM;
}

/*
 * Open what is left of a job. While somebody has it locked, that is the worker or, if that is dead,
 * a guard that has not come to its end yet; beside one of those anybody may undo: it looks again
 * before each try, and two starts of one master are one.
 */
static int open_left(const char *job_dir, enum journal_mode mode, bool worker_lives, int *ret_fd,
                     bool *ret_guarded, struct ck_err *err)
{
	int r = journal_open(job_dir, mode, ret_fd, err);
	*ret_guarded = r == CK_EBUSY && !worker_lives;
	return *ret_guarded ? journal_open(job_dir, JOURNAL_BESIDE, ret_fd, err) : r;
}

int hold_pending(const char *job_dir, uint32_t job, bool worker_lives, struct ck_leftover **ret,
                 size_t *ret_n, struct ck_err *err)
{
	CK_CLOSE int fd = -1;
	bool guarded;
	int r = open_left(job_dir, JOURNAL_LOOK, worker_lives, &fd, &guarded, err);
	if (r < 0)
		return r == CK_ENOTFOUND || r == CK_EBUSY ? 0 : r;
	CK_FREE struct journal *j = ck_alloc(1, sizeof *j);
	if (!j)
		return ck_err_nomem(err);
	r = journal_read(fd, j, err);
	if (r < 0)
		return r;
	int found = 0;
	for (size_t i = j->n; i-- > 0;) {
		if (j->entries[i].done)
			continue;
		struct ck_leftover *more = reallocarray(*ret, *ret_n + 1, sizeof *more);
		if (!more)
			return ck_err_nomem(err);
		*ret = more;
		more[*ret_n] = (struct ck_leftover){0};
		r = describe(&j->entries[i], job, guarded, &more[(*ret_n)++]);
		if (r < 0)
			return ck_err_nomem(err);
		found++;
	}
	return found;
}

int hold_unwind(const char *job_dir, bool worker_lives, struct ck_err *err)
{
	struct ck_err why = CK_ERR_INIT;
	CK_CLOSE int fd = -1;
	bool guarded;
	int r = open_left(job_dir, JOURNAL_TAKE, worker_lives, &fd, &guarded, &why);
	if (r == CK_ENOTFOUND)
		return 0;
	if (r < 0) {
		if (err)
			*err = why;
		return r;
	}
	CK_FREE struct journal *j = ck_alloc(1, sizeof *j);
	if (!j)
		return ck_err_nomem(err);
	return journal_undo(fd, j, true, err);
}
