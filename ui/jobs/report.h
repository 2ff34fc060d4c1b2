/* SPDX-License-Identifier: BSD-2-Clause */
/** The report of an ended job in words. */
#ifndef UI_REPORT_H
#define UI_REPORT_H

#include "jobs/job.h"
#include "terminal/theme.h"

#define UI_REPORT_FACTS 16

/** One line: a label and what it is about. */
struct ui_fact {
	const char *label;
	char *text; /**< Owned. */
	enum ui_role role;
	unsigned flags; /**< enum ui_text_flags of the text. */
};

/** "ok", "look", "FAIL", "stop" */
const char *ui_report_word(const struct ck_report *r, enum ck_job_kind kind);
enum ui_role ui_report_role(const struct ck_report *r, enum ck_job_kind kind);

/** The verdict as sentences, with the error and its remedy; says whether Cyrus runs (@up: 1, 0, -1)
 * where it does not, and where the job failed. Appends to @ret. */
void ui_report_verdict(const struct ui_job *j, enum ck_job_kind kind, int up, struct ck_buf *ret);

/**
 * Its figures, only those that were measured.
 * @listed  As the house lists the job, or NULL. @command: how to start it again, or NULL.
 * @ret     UI_REPORT_FACTS places. @return lines used.
 */
size_t ui_report_facts(const struct ui_job *j, const struct ck_job *listed, const char *command,
                       int64_t now_ms, struct ui_fact *ret);
void ui_report_free(struct ui_fact *facts, size_t n);

#endif
