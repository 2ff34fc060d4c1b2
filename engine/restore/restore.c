/* SPDX-License-Identifier: BSD-2-Clause */
#include "restore/restore.h"

#include <stdio.h>
#include <string.h>

#include "restore/quota.h"
#include "restore/readmarks.h"
#include "restore/remarks.h"
#include "restore/via.h"

#define TOLD_MOST 100 /* mailboxes whose new place the log names */

/** Take out of the missing what is to stay where it lies now. @ret: how many. */
static int leave(struct restore *r, const struct restore_item *item, struct comparison *c,
                 size_t *ret, struct ck_err *err)
{
	*ret = 0;
	if (!r->leave_elsewhere)
		return 0;
	int n = elsewhere_look(r, item, c, err);
	if (n == 0)
		*ret = elsewhere_leave(c);
	return n;
}

/** The rehearsal: how much there is to do, so that progress has a total. */
static int measure(struct restore *r, struct run *run, struct ck_report *report, struct ck_err *err)
{
	uint64_t messages = 0, bytes = 0;
	atomic_store(&run->mailboxes_total, r->n);
	for (size_t i = 0; i < r->n; i++) {
		CK_CLEANUP(comparison_fini) struct comparison c = {0};
		size_t left;
		run_current(run, r->items[i].shown);
		int n = run_checkpoint(run, err);
		if (n == 0)
			n = restore_compare(r, &r->items[i], &c, err);
		if (n == 0)
			n = leave(r, &r->items[i], &c, &left, err);
		if (n == 0 && c.action != CK_RESTORE_REFUSE && r->quota == CK_QUOTA_RAISE)
			n = quota_sums_add(&r->sums, &r->items[i], &c, err);
		if (n < 0)
			return n;
		report->present += c.present;
		atomic_fetch_add(&run->mailboxes_done, 1);
		if (c.action == CK_RESTORE_REFUSE)
			continue;
		messages += c.nmissing;
		bytes += c.missing_bytes;
	}
	atomic_store(&run->mailboxes_done, 0);
	atomic_store(&run->messages_total, messages);
	atomic_store(&run->bytes_total, bytes);
	return 0;
}

/** What the archive itself cannot give. */
static void report_gaps(const struct restore_item *item, const struct comparison *c,
                        struct run *run)
{
	if (c->not_stored)
		run_finding(run, item->source->name, 0, "not-archived",
		            "look for them in another archive",
		            "%llu message(s) are missing and not in this archive",
		            (unsigned long long)c->not_stored);
	for (size_t i = 0; i < c->ndamaged; i++)
		run_finding(run, item->source->name, c->archived.messages[c->damaged[i]].uid,
		            "guid-mismatch", "try an older archive",
		            "is not the message that its GUID names, and was not put back");
}

/** Once, when the first mailbox is made anew: what there is are those before the damage. */
static void tell_damage(struct restore *r, const struct comparison *c, struct run *run)
{
	bool made = c->action == CK_RESTORE_RECREATE || c->action == CK_RESTORE_CREATE;
	if (!made || !r->annotations.damage || r->damage_told)
		return;
	r->damage_told = true;
	run_finding(run, NULL, 0, "annotations-lost", "look into an earlier archive",
	            "annotations of mailboxes may not all have come back: %s",
	            r->annotations.damage);
}

static bool is_final(int n)
{
	return n == CK_ECANCEL || n == CK_ENOMEM;
}

/** Who looks for the mail later looks into the report. */
static void tell_target(const struct restore_item *item, struct run *run, struct ck_report *report)
{
	if (report->mailboxes + report->mailboxes_failed <= TOLD_MOST)
		run_note(run, "%s is in %s", item->source->name, item->shown);
	if (!report->into)
		report->into = strdup(item->shown);
}

/** What the answers of the request take out of the missing; @ret_out: how many have no room. */
static int heed(struct restore *r, const struct restore_item *item, struct comparison *c,
                struct run *run, struct ck_report *report, size_t *ret_out, struct ck_err *err)
{
	size_t left;
	*ret_out = 0;
	int n = leave(r, item, c, &left, err);
	if (n < 0)
		return n;
	report->elsewhere += left;
	if (left)
		run_note(
			run,
			"%zu message(s) of '%s' lie in other mailboxes of '%s' and were left there",
			left, item->shown, item->owner);
	if (r->quota != CK_QUOTA_FIT || !c->nmissing)
		return 0;
	int64_t out = quota_fit(r, item, c, err);
	if (out <= 0)
		return (int)out;
	*ret_out = (size_t)out;
	report->failed += *ret_out;
	run_finding(run, item->source->name, 0, "quota-full",
	            "raise the quota, or run the restore again with --quota raise",
	            "%zu message(s) were not put back: the quota has no room for them", *ret_out);
	if (c->nmissing)
		return 0;
	report->mailboxes_failed++;
	c->action = CK_RESTORE_NOTHING;
	return 0;
}

/** What came of a mailbox that lacked something; @added of it. */
static void tell_restored(const struct restore_item *item, const struct comparison *c,
                          uint64_t added, int64_t now, struct run *run)
{
	struct ck_restored r = {.mailbox = item->shown,
	                        .before = c->live.exists ? (int64_t)c->live.n : -1,
	                        .added = (int64_t)added,
	                        .now = now,
	                        .archive = (int64_t)c->wanted,
	                        .lacking = (int64_t)(c->wanted - c->present - added)};
	if (c->action != CK_RESTORE_NOTHING || r.lacking)
		run_restored(run, &r);
}

/**
 * One mailbox. A failure of its own is a finding, and the next one goes on.
 * @return 0, CK_ECANCEL, CK_ENOMEM, or a lost server.
 */
static int restore_item(struct restore *r, const struct restore_item *item, struct run *run,
                        struct ck_report *report, struct ck_err *err)
{
	CK_CLEANUP(comparison_fini) struct comparison c = {0};
	run_current(run, item->shown);
	int n = run_checkpoint(run, err);
	if (n == 0)
		n = restore_compare(r, item, &c, err);
	if (n < 0)
		return n;
	if (c.action == CK_RESTORE_REFUSE) {
		run_finding(run, item->source->name, 0, "refused",
		            "restore it under another name with --to", "not put back: %s",
		            c.reason);
		report->failed += c.wanted - c.present;
		report->mailboxes_failed++;
		tell_restored(item, &c, 0, c.live.exists ? (int64_t)c.live.n : -1, run);
		return 0;
	}
	report_gaps(item, &c, run);
	report->failed += c.not_stored + c.ndamaged;
	size_t out;
	n = heed(r, item, &c, run, report, &out, err);
	if (n < 0)
		return n;
	if (c.action == CK_RESTORE_NOTHING) {
		tell_restored(item, &c, 0, c.live.exists ? (int64_t)c.live.n : -1, run);
		return 0;
	}
	tell_damage(r, &c, run);
	struct outcome outcome = {0};
	struct ck_err why = CK_ERR_INIT;
	uint64_t told = atomic_load(&run->findings);
	n = r->via == CK_VIA_IMAP ? via_imap(r, item, &c, run, &outcome, &why)
	                          : via_sync(r, item, &c, run, &outcome, &why);
	tell_restored(item, &c, outcome.added, outcome.now, run);
	report->added += outcome.added;
	report->messages += outcome.added;
	if (is_final(n)) {
		if (err)
			*err = why;
		return n;
	}
	report->failed += n < 0 ? c.nmissing - outcome.added : outcome.failed;
	if (n < 0)
		restore_advise(&why);
	if (n < 0)
		run_finding(run, item->source->name, 0, "restore-failed", why.remedy,
		            "could not be put back: %s", why.msg);
	else if (outcome.failed && atomic_load(&run->findings) == told)
		run_finding(run, item->source->name, 0, "restore-incomplete",
		            "run the restore again: it adds only what is missing",
		            "%llu message(s) are not there after all",
		            (unsigned long long)outcome.failed);
	if (n < 0 || outcome.failed || out)
		report->mailboxes_failed++;
	else
		report->mailboxes++;
	if (outcome.added && strcmp(item->shown, item->source->name) != 0)
		tell_target(item, run, report);
	return 0;
}

static void begin_report(const struct restore *r, struct ck_report *ret)
{
	const struct ck_archive_info *info = ck_archive_info(r->archive);
	*ret = (struct ck_report){.archive = info->number, .path = strdup(info->path)};
	(void)snprintf(ret->kind, sizeof ret->kind, "%s", info->kind);
	(void)snprintf(ret->method, sizeof ret->method, "%s",
	               r->via == CK_VIA_IMAP ? "imap" : "sync");
}

int restore_begin(const struct ck_settings *settings, const struct ck_restore_request *request,
                  struct run *run, struct restore **ret_restore, struct ck_report *ret,
                  struct ck_err *err)
{
	CK_CLEANUP(restore_closep) struct restore *r = NULL;
	*ret = (struct ck_report){0};
	int n = restore_open(settings, request, &r, err);
	if (n == 0) {
		begin_report(r, ret);
		n = measure(r, run, ret, err);
	}
	if (n < 0) {
		restore_advise(err);
		return n;
	}
	*ret_restore = CK_STEAL(r);
	return 0;
}

static void note_search(const struct restore *r, struct run *run)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	if (remarks_search(r, &text) == 0 && text.len)
		run_note(run, "%s", text.data);
}

int restore_carry_out(struct restore *r, struct run *run, struct ck_report *report,
                      struct ck_err *err)
{
	struct ck_err why = CK_ERR_INIT;
	int n = quota_raise(r, &r->sums, run, &report->raised, &why);
	for (size_t i = 0; i < r->n && n == 0; i++) {
		n = restore_item(r, &r->items[i], run, report, &why);
		atomic_fetch_add(&run->mailboxes_done, 1);
	}
	/* After a cancel too: what was made is there, and no later restore would make it again. */
	if ((n == 0 || n == CK_ECANCEL) && readmarks_of_readers(r, run, &why) < 0)
		n = CK_ENOMEM;
	if (n < 0)
		restore_advise(&why);
	if (n < 0 && !is_final(n) && report->added) {
		/* Not "nothing changed" any more: say what is missing, keep what is there. */
		run_finding(run, NULL, 0, "restore-stopped", why.remedy,
		            "the restore stopped before its end: %s", why.msg);
		n = 0;
	}
	if (report->added)
		note_search(r, run);
	report->bytes_read = ck_archive_bytes_read(r->archive);
	report->findings = atomic_load(&run->findings);
	report->result = n == CK_ECANCEL    ? CK_RESULT_CANCELLED
	                 : n < 0            ? CK_RESULT_FAILED
	                 : report->findings ? CK_RESULT_FINDINGS
	                                    : CK_RESULT_OK;
	if (n < 0 && err)
		*err = why;
	return n;
}
