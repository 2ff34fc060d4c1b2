/* SPDX-License-Identifier: BSD-2-Clause */
/** What a rehearsal found, in words. */
#ifndef UI_RESTORING_H
#define UI_RESTORING_H

#include <cyrkeep/restore.h>

/** "ok", "note", "warn" */
const char *ui_check_word(enum ck_check_level level);

/** "5.5G of 5.0G", appended. */
void ui_passed_figures(const struct ck_rehearsal_quota *q, const struct ck_restore_request *request,
                       struct ck_buf *ret);

/** "quota of 'user/bob' would be passed: 5.5G of 5.0G", appended. */
void ui_passed_words(const struct ck_rehearsal_quota *q, const struct ck_restore_request *request,
                     struct ck_buf *ret);

/** What the answer @answer means for a limit: "only what fits is put back"; appended. */
void ui_quota_meaning(const struct ck_rehearsal_quota *q, enum ck_restore_quota answer,
                      enum ck_restore_via via, struct ck_buf *ret);

/** A figure of the limit @q, bytes or messages. */
void ui_quota_figure(const struct ck_rehearsal_quota *q, uint64_t n, struct ck_buf *ret);

/** "41 of the 9 118 missing lie in user/bob/Trash now"; appended. */
void ui_elsewhere_words(const struct ck_rehearsal *r, struct ck_buf *ret);

#endif
