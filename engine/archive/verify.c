/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "archive/check.h"

static int fill_report(const struct ck_settings *settings, const char *which, struct ck_report *ret,
                       struct ck_err *err)
{
	CK_CLEANUP(ck_archive_closep) struct ck_archive *a = NULL;
	int r = ck_archive_open(settings, which, &a, err);
	if (r < 0)
		return r;
	const struct ck_archive_info *info = ck_archive_info(a);
	char *path = strdup(info->path);
	if (!path)
		return ck_err_nomem(err);
	free(ret->path);
	ret->path = path;
	ret->archive = info->number;
	(void)snprintf(ret->kind, sizeof ret->kind, "%s", info->kind);
	(void)snprintf(ret->method, sizeof ret->method, "%s", info->method);
	ret->mailboxes = info->mailboxes;
	ret->messages = info->messages;
	memcpy(ret->grades, info->grades, sizeof ret->grades);
	return 0;
}

int archive_verify(const struct ck_settings *settings, const char *which, struct run *run,
                   struct ck_report *ret, struct ck_err *err)
{
	struct check_result result = {0};
	struct ck_err why = CK_ERR_INIT;
	int r = fill_report(settings, which, ret, &why);
	if (r >= 0)
		r = archive_check(settings, ret->path, run, true, &result, &why);
	if (r == CK_ECORRUPT) {
		/* So damaged that it cannot be opened: that too is an answer. */
		run_finding(run, NULL, 0, "archive-damaged",
		            *why.remedy ? why.remedy : "use another archive", "%s", why.msg);
	} else if (r < 0) {
		if (err)
			*err = why;
		return r;
	}
	ret->bytes_read = result.bytes;
	ret->findings = atomic_load(&run->findings);
	ret->result = ret->findings ? CK_RESULT_FINDINGS : CK_RESULT_OK;
	return 0;
}
