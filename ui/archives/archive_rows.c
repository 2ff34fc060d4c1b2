/* SPDX-License-Identifier: BSD-2-Clause */
#include "archives/archive_rows.h"

#include <stdio.h>
#include <string.h>

#include "archives/opened.h"
#include "words/fmt.h"

void ui_archive_state(const struct ck_archive_info *a, const struct ck_job *backup,
                      const struct ck_job *verify, char *buf, size_t size, struct ui_value *ret)
{
	const struct ck_job *damage = ui_house_is_damage(verify) ? verify : NULL;
	uint64_t findings = backup ? backup->report.findings : 0;
	ret->text = buf;
	ret->role = UI_ROLE_OK;
	if (!a->present) {
		ret->role = UI_ROLE_ERROR;
		snprintf(buf, size, "file is missing !");
	} else if (damage) {
		ret->role = UI_ROLE_ERROR;
		snprintf(buf, size, "DAMAGED, job %u !", damage->job);
	} else if (a->damaged) {
		ret->role = UI_ROLE_ERROR;
		snprintf(buf, size, "DAMAGED, cut !");
	} else if (a->result == CK_RESULT_FAILED || a->result == CK_RESULT_CANCELLED ||
	           a->result == CK_RESULT_NONE) {
		ret->role = UI_ROLE_WARN;
		snprintf(buf, size, "partial, %s !",
		         a->result ? ck_result_name(a->result) : "not ended");
	} else if (*a->incomplete) {
		ret->role = UI_ROLE_WARN;
		snprintf(buf, size, "incomplete !");
	} else if (a->result == CK_RESULT_FINDINGS) {
		ret->role = UI_ROLE_WARN;
		if (findings)
			snprintf(buf, size, "%s", ui_fmt_things(findings, "finding").s);
		else
			snprintf(buf, size, "findings");
	} else {
		snprintf(buf, size, verify && verify->result == CK_RESULT_OK ? "checked" : "ok");
	}
}

const char *ui_archive_hole_cause(const struct ck_job *j)
{
	return j->state == CK_JOB_DEAD ? "its worker died without a report"
	       : j->report.error       ? j->report.error
	                               : ck_result_name(j->result);
}

void ui_archive_explain(const struct ck_archive_info *a, struct ck_buf *out)
{
	if (a->number == 0) {
		(void)ck_buf_addf(out,
		                  "The file has %s and cannot be opened: it is cut, or something "
		                  "was written over it; nothing remembers what was in it.\n"
		                  "what comes before the damage: tar --zstd -xf ",
		                  ui_fmt_size(a->bytes).s);
		(void)ck_buf_add_word(out, a->path);
		return;
	}
	(void)ck_buf_addf(out, "%s, %s, %s of mail; the file has %s\n",
	                  ui_fmt_things(a->mailboxes, "mailbox").s,
	                  ui_fmt_things(a->messages, "message").s, ui_fmt_size(a->bytes_mail).s,
	                  ui_fmt_size(a->bytes).s);
	(void)ck_buf_addf(out, "of %s by %s, Cyrus down for %s; grades", a->host, a->method,
	                  ui_fmt_took(a->downtime_ms).s);
	for (int g = 0; g < CK_GRADE_MAX_; g++)
		if (a->grades[g])
			(void)ck_buf_addf(out, " %c %s", ck_grade_letter((enum ck_grade)g),
			                  ui_fmt_count(a->grades[g]).s);
	if (*a->incomplete)
		(void)ck_buf_addf(out, "\nincomplete: %s", a->incomplete);
	(void)ck_buf_adds(out, "\nplain tar: tar --zstd -xf ");
	(void)ck_buf_add_word(out, a->path);
	if (!a->present)
		(void)ck_buf_adds(out, "\nThe file is not where it was. Is the disk mounted?");
}

void ui_archive_explain_hole(const struct ck_job *j, int64_t now, struct ck_buf *out)
{
	(void)ck_buf_addf(out, "Job %u, started %s by %s, made no archive\n", j->job,
	                  ui_fmt_date(j->started_ms / 1000, now).s, j->who ? j->who : "?");
	(void)ck_buf_addf(out, "Cause   %s\n", ui_archive_hole_cause(j));
	if (j->report.remedy && *j->report.remedy)
		(void)ck_buf_addf(out, "Remedy  %s\n", j->report.remedy);
}
