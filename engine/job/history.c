/* SPDX-License-Identifier: BSD-2-Clause */
#include "job/history.h"

#include <stdlib.h>
#include <string.h>

#include "job/dir.h"
#include "job/spec.h"

/* Master needs this long to stop and start whatever is copied: below it no rate is worked out. */
#define RATE_MIN_BYTES (UINT64_C(16) << 20)

static bool same_list(const struct ck_strv *a, const struct ck_strv *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

/* No pattern at all is the same as everything. */
static bool is_all(const struct ck_strv *select)
{
	return select->n == 0 || (select->n == 1 && strcmp(select->items[0], "*") == 0);
}

static bool same_selection(const struct ck_plan *a, const struct ck_plan *b)
{
	return ((is_all(&a->select) && is_all(&b->select)) || same_list(&a->select, &b->select)) &&
	       same_list(&a->exclude, &b->exclude);
}

/* The newest success for which both conditions (NULL: any) hold. */
static int find_last(const struct ck_settings *settings, const char *method,
                     const struct ck_plan *plan, struct history_last *ret, struct ck_err *err)
{
	CK_FREE uint32_t *jobs = NULL;
	size_t n;
	*ret = (struct history_last){0};
	int r = dir_list(settings, &jobs, &n, err);
	for (size_t i = 0; r == 0 && i < n; i++) {
		CK_CLEANUP(spec_fini) struct spec s = {0};
		CK_CLEANUP(ck_event_fini) struct ck_event ev = {0};
		if (spec_read(settings, jobs[i], &s, NULL) < 0 || s.kind != CK_JOB_BACKUP ||
		    (method && strcmp(s.plan.method, method) != 0) ||
		    (plan && !same_selection(&s.plan, plan)) ||
		    !history_report(settings, jobs[i], &ev) ||
		    (ev.report.result != CK_RESULT_OK && ev.report.result != CK_RESULT_FINDINGS))
			continue;
		*ret = (struct history_last){
			.job = jobs[i],
			.mailboxes = ev.report.mailboxes,
			.messages = ev.report.messages,
			.bytes_read = ev.report.bytes_read,
			.bytes_written = ev.report.bytes_written,
			.downtime_ms = ev.report.downtime_ms,
		};
		break;
	}
	return r;
}

int history_by_method(const struct ck_settings *settings, const char *method,
                      struct history_last *ret, struct ck_err *err)
{
	return find_last(settings, method, NULL, ret, err);
}

int history_by_plan(const struct ck_settings *settings, const struct ck_plan *plan,
                    struct history_last *ret, struct ck_err *err)
{
	return find_last(settings, NULL, plan, ret, err);
}

int64_t history_downtime_ms(const struct history_last *last, uint64_t bytes)
{
	if (!last->job || last->downtime_ms <= 0)
		return -1;
	if (last->bytes_read < RATE_MIN_BYTES)
		return bytes < RATE_MIN_BYTES ? last->downtime_ms : -1;
	return (int64_t)((double)last->downtime_ms * ((double)bytes / (double)last->bytes_read));
}
