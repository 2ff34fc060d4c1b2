/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int run_checkpoint(struct run *run, struct ck_err *err)
{
	int r = run->checkpoint ? run->checkpoint(run) : 0;
	if (r < 0 || atomic_load(&run->cancel))
		return ck_err_set(err, CK_ECANCEL, "cancelled");
	return 0;
}

void run_finding(struct run *run, const char *mailbox, uint32_t uid, const char *code,
                 const char *remedy, const char *fmt, ...)
{
	atomic_fetch_add(&run->findings, 1);
	if (!run->finding)
		return;
	char *text = NULL;
	va_list args;
	va_start(args, fmt);
	int len = vasprintf(&text, fmt, args);
	va_end(args);
	run->finding(run, mailbox, uid, code, len < 0 ? code : text, remedy);
	if (len >= 0)
		free(text);
}

void run_restored(struct run *run, const struct ck_restored *r)
{
	if (run->restored)
		run->restored(run, r);
}

void run_current(struct run *run, const char *mailbox)
{
	if (run->current)
		run->current(run, mailbox);
}

void run_note(struct run *run, const char *fmt, ...)
{
	if (!run->note)
		return;
	char *text = NULL;
	va_list args;
	va_start(args, fmt);
	int len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len >= 0) {
		run->note(run, text);
		free(text);
	}
}
