/* SPDX-License-Identifier: BSD-2-Clause */
#include "archives/rehearsal_words.h"

#include <string.h>

#include "archives/opened.h"
#include "words/fmt.h"
#include "words/restoring.h"
#include "words/text.h"

#define RAISED_TOLD 5

void ui_rehearsal_checks(const struct ck_rehearsal *p, size_t nrefused, struct ck_buf *ret)
{
	if (nrefused)
		(void)ck_buf_addf(ret, "warn  %s cannot be put back like this; see the note\n",
		                  ui_fmt_things(nrefused, "mailbox").s);
	if (p->damaged)
		(void)ck_buf_addf(ret,
		                  "warn  %s message%s damaged in the archive and would stay "
		                  "missing: look for %s in an older one\n",
		                  ui_fmt_count(p->damaged).s, p->damaged == 1 ? " is" : "s are",
		                  p->damaged == 1 ? "it" : "them");
	for (size_t i = 0; i < p->nchecks; i++)
		(void)ck_buf_addf(ret, "%-4s  %s\n", ui_check_word(p->checks[i].level),
		                  p->checks[i].text);
}

static void sum_up(const struct ck_rehearsal *p, bool leave, struct ck_buf *ret)
{
	uint64_t n = p->missing - (leave ? p->elsewhere : 0);
	(void)ck_buf_addf(ret,
	                  "%s message%s, %s, would be added; %s %s there already. Nothing that is "
	                  "there is changed or removed.\n",
	                  ui_fmt_count(n).s, n == 1 ? "" : "s",
	                  ui_fmt_size(p->missing_bytes - (leave ? p->elsewhere_bytes : 0)).s,
	                  ui_fmt_count(p->present).s, p->present == 1 ? "is" : "are");
}

void ui_rehearsal_run(const struct ck_settings *settings, const struct ck_rehearsal *p,
                      const struct ck_restore_request *request, struct ck_buf *ret)
{
	CK_CLEANUP(ck_strv_fini) struct ck_strv steps = {0};
	sum_up(p, request->leave_elsewhere, ret);
	if (ck_restore_steps(p, request, &steps) == 0) {
		(void)ck_buf_adds(ret, "steps ");
		for (size_t i = 0; i < steps.n; i++)
			(void)ck_buf_addf(ret, "%s%s", i ? "; " : " ", steps.items[i]);
		(void)ck_buf_addc(ret, '\n');
	}
	(void)ck_buf_adds(ret, "runs   ");
	ui_restore_command(settings, request, ret);
}

bool ui_rehearsal_raises(const struct ck_rehearsal *p, const struct ck_restore_request *request,
                         struct ck_buf *ret)
{
	size_t n = 0;
	for (size_t i = 0; i < p->nquotas && request->quota == CK_QUOTA_RAISE; i++) {
		const struct ck_rehearsal_quota *q = &p->quotas[i];
		if (!ck_restore_passes(q, request) || n++ >= RAISED_TOLD)
			continue;
		(void)ck_buf_addf(ret, "%s: from ", q->root);
		ui_quota_figure(q, q->limit, ret);
		(void)ck_buf_adds(ret, " to ");
		ui_quota_figure(q, q->raised, ret);
		(void)ck_buf_adds(ret, q->messages ? " messages\n" : "\n");
	}
	if (n > RAISED_TOLD)
		(void)ck_buf_addf(ret, "and %s more\n", ui_fmt_count(n - RAISED_TOLD).s);
	if (n)
		(void)ck_buf_adds(ret, "The restore does not set it back.");
	return n > 0;
}

static void add_row(const struct ui_rehearsed_node *n, bool leave, struct ck_buf *ret)
{
	for (int c = UI_REHEARSED_ARCHIVE; ui_rehearsed_columns[c].title; c++) {
		char buf[96];
		struct ui_value v = {0};
		ui_rehearsed_value(n->m, leave, (enum ui_rehearsed_column)c, buf, sizeof buf, &v);
		(void)ck_buf_addf(ret, c < UI_REHEARSED_NOTE ? "%9s" : "  %-18s", v.text);
	}
	(void)ck_buf_addf(ret, "  %s%s\n", n->parent ? "  " : "", n->label);
}

/** The page as it is. */
static void compose(const struct ui_rehearsed *r, const struct ui_answers *answers,
                    const char *checks, const char *run, struct ck_buf *ret)
{
	(void)ck_buf_addf(ret,
	                  "A rehearsal of a restore from archive %u, %s: nothing was changed.\n\n",
	                  r->plan.archive, r->plan.path);
	(void)ck_buf_addf(ret, "%9s%9s%9s%9s%9s  %-18s  %s\n", "archive", "now", "after", "add",
	                  "same", "note", "mailbox");
	for (uint32_t i = 1; i < r->n; i++)
		add_row(&r->nodes[i], answers->request->leave_elsewhere, ret);
	if (answers->nquestions)
		(void)ck_buf_adds(ret, "\nNeeds your answer\n");
	ui_answers_say(answers, ret);
	(void)ck_buf_addf(ret, "\nChecks\n%s\nWill run\n%s\n", checks ? checks : "",
	                  run ? run : "");
}

void ui_rehearsal_page(const struct ui_rehearsed *r, const struct ui_answers *answers,
                       const char *checks, const char *run, struct ck_buf *ret)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf raw = CK_BUF_INIT;
	compose(r, answers, checks, run, &raw);
	/* Somebody will show it on a terminal: names of mailboxes are foreign. */
	for (const char *line = raw.data; *line;) {
		size_t len = strcspn(line, "\n");
		(void)ui_text(line, len, UI_NAME, ret);
		(void)ck_buf_addc(ret, '\n');
		line += len + (line[len] == '\n');
	}
	ret->failed = ret->failed || raw.failed;
}
