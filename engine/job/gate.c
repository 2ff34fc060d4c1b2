/* SPDX-License-Identifier: BSD-2-Clause */
#include "job/gate.h"

#include <inttypes.h>

#include <cyrkeep/select.h>

/* It closes below this share of the messages of the last run with the same selection, and below
 * that of its mailboxes: a list that has lost so many entries is a damaged one. Of a handful a few
 * may go without that. */
#define PERCENT      50
#define LIST_PERCENT 65
#define LIST_LEAST   3

/* Of things of which a server has about as many every day. */
static bool is_torn(uint64_t before, uint64_t now)
{
	return now + LIST_LEAST <= before && now * 100 < before * LIST_PERCENT;
}

int gate_check(const struct history_last *last, uint64_t mailboxes, uint64_t messages,
               struct ck_err *err)
{
	bool mail = messages * 100 < last->messages * PERCENT;
	bool list = is_torn(last->mailboxes, mailboxes);
	if (!last->job || (!mail && !list))
		return 0;
	if (list)
		(void)ck_err_set(err, CK_EGATE,
		                 "the list of mailboxes has %" PRIu64
		                 " entries where job %u found %" PRIu64 ": mailboxes are missing",
		                 mailboxes, last->job, last->mailboxes);
	else
		(void)ck_err_set(err, CK_EGATE,
		                 "the server has %" PRIu64 " messages where job %u found %" PRIu64
		                 ": mail is missing",
		                 messages, last->job, last->messages);
	return ck_err_remedy(err, "look for the missing mail; if it was removed on purpose, back "
	                          "up once with --accept-shrink");
}

void gate_tell_state(const struct history_last *last, const struct ck_report *now, struct run *run)
{
	const struct {
		const char *what;
		uint64_t before, now;
	} state[] = {
		{"users with subscriptions", last->subscriptions, now->subscriptions},
		{"users with read marks", last->seen, now->seen},
		{"users with sieve scripts", last->sieve, now->sieve},
		{"quota limits", last->quotas, now->quotas},
	};
	for (size_t i = 0; i < CK_COUNT(state); i++)
		if (is_torn(state[i].before, state[i].now))
			run_finding(run, NULL, 0, "state-shrunk",
			            "look whether their files were lost; an earlier archive has "
			            "them",
			            "there are %" PRIu64 " %s where job %u found %" PRIu64,
			            state[i].now, state[i].what, last->job, state[i].before);
}

int ck_job_gate(const struct ck_settings *settings, const struct ck_plan *plan, uint64_t mailboxes,
                uint64_t messages, struct ck_err *err)
{
	struct history_last last;
	CK_CLEANUP(ck_plan_fini) struct ck_plan applied = {0};
	if (ck_plan_copy(plan, &applied) < 0)
		return ck_err_nomem(err);
	ck_rules_drop_off(&applied.exclude); /* as the jobs have it */
	int r = history_by_plan(settings, &applied, &last, err);
	return r < 0 ? r : gate_check(&last, mailboxes, messages, err);
}
