/* SPDX-License-Identifier: BSD-2-Clause */
#include "job/history.h"

#include <stdlib.h>
#include <string.h>

#include "job/dir.h"
#include "job/spec.h"

/* Below this, what was measured is how long master takes to stop and start, and no rate. */
#define RATE_MIN_BYTES (UINT64_C(16) << 20)

/* Stopping, proving, starting, greeting; of a short downtime at most the half. */
#define OVERHEAD_MS 3000

/* Where nothing was measured: a disk that seeks from message to message. Most are faster. */
#define GUESS_BYTES_PER_S (UINT64_C(40) << 20)

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

static bool is_success(const struct ck_report *r)
{
	return r->result == CK_RESULT_OK || r->result == CK_RESULT_FINDINGS;
}

/* Cut short, as by the limit, but long enough to tell a rate. Who cancels may have paused before.
 */
static bool is_measured(const struct ck_report *r)
{
	return r->result == CK_RESULT_FAILED && r->bytes_read >= RATE_MIN_BYTES &&
	       r->downtime_ms > 0;
}

/* The newest success on this server for which both conditions (NULL: any) hold; @cut: or one that
 * was cut short. */
static int find_last(const struct ck_settings *settings, const char *method,
                     const struct ck_plan *plan, bool cut, struct history_last *ret,
                     struct ck_err *err)
{
	CK_CLEANUP(identity_fini) struct identity server = {0};
	CK_FREE uint32_t *jobs = NULL;
	size_t n = 0;
	*ret = (struct history_last){0};
	int r = identity_read(settings, &server, err);
	if (r == 0)
		r = dir_list(settings, &jobs, &n, err);
	for (size_t i = 0; r == 0 && i < n; i++) {
		CK_CLEANUP(spec_fini) struct spec s = {0};
		CK_CLEANUP(ck_event_fini) struct ck_event ev = {0};
		if (spec_read(settings, jobs[i], &s, NULL) < 0 || s.kind != CK_JOB_BACKUP ||
		    !spec_is_of(&s, &server) || (method && strcmp(s.plan.method, method) != 0) ||
		    (plan && !same_selection(&s.plan, plan)) ||
		    !history_report(settings, jobs[i], &ev) ||
		    (!is_success(&ev.report) && !(cut && is_measured(&ev.report))))
			continue;
		*ret = (struct history_last){
			.job = jobs[i],
			.mailboxes = ev.report.mailboxes,
			.messages = ev.report.messages,
			.bytes_read = ev.report.bytes_read,
			.bytes_written = ev.report.bytes_written,
			.subscriptions = ev.report.subscriptions,
			.seen = ev.report.seen,
			.sieve = ev.report.sieve,
			.quotas = ev.report.quotas,
			.downtime_ms = ev.report.downtime_ms,
			.cut = !is_success(&ev.report),
		};
		break;
	}
	return r;
}

int history_by_method(const struct ck_settings *settings, const char *method,
                      struct history_last *ret, struct ck_err *err)
{
	return find_last(settings, method, NULL, false, ret, err);
}

int history_by_plan(const struct ck_settings *settings, const struct ck_plan *plan,
                    struct history_last *ret, struct ck_err *err)
{
	return find_last(settings, NULL, plan, false, ret, err);
}

static int64_t ms_for(uint64_t bytes, double bytes_per_ms)
{
	return (int64_t)((double)bytes / bytes_per_ms);
}

void history_forecast(const struct history_last *last, uint64_t bytes, struct ck_forecast *ret)
{
	const double guess = (double)GUESS_BYTES_PER_S / 1000;
	*ret = (struct ck_forecast){.source = CK_FORECAST_GUESS};
	if (!last->job || last->downtime_ms <= 0) {
		ret->bytes_per_s = GUESS_BYTES_PER_S;
		ret->downtime_ms = OVERHEAD_MS + ms_for(bytes, guess);
		return;
	}
	if (last->bytes_read < RATE_MIN_BYTES) {
		/* Only what goes beyond it is a guess. */
		uint64_t more = bytes > last->bytes_read ? bytes - last->bytes_read : 0;
		ret->source = more < RATE_MIN_BYTES ? CK_FORECAST_LAST : CK_FORECAST_GUESS;
		ret->bytes_per_s = more < RATE_MIN_BYTES ? 0 : GUESS_BYTES_PER_S;
		ret->downtime_ms = last->downtime_ms + ms_for(more, guess);
		return;
	}
	int64_t half = last->downtime_ms / 2;
	int64_t overhead = half < OVERHEAD_MS ? half : OVERHEAD_MS;
	double rate = (double)last->bytes_read / (double)(last->downtime_ms - overhead);
	ret->source = last->cut ? CK_FORECAST_CUT : CK_FORECAST_LAST;
	ret->bytes_per_s = (uint64_t)(rate * 1000);
	ret->downtime_ms = overhead + ms_for(bytes, rate);
}

int history_measured(const struct ck_settings *settings, const char *method,
                     struct history_last *ret, struct ck_err *err)
{
	return find_last(settings, method, NULL, true, ret, err);
}
