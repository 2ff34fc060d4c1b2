/* SPDX-License-Identifier: BSD-2-Clause */
/** A rehearsal in words. */
#ifndef UI_REHEARSAL_WORDS_H
#define UI_REHEARSAL_WORDS_H

#include "archives/answers.h"
#include "archives/rehearsed.h"

/** What was looked at, a line each: "ok    …"; appended. @nrefused: mailboxes. */
void ui_rehearsal_checks(const struct ck_rehearsal *p, size_t nrefused, struct ck_buf *ret);

/** What the job would do with the answers of @request, and the command line; appended. */
void ui_rehearsal_run(const struct ck_settings *settings, const struct ck_rehearsal *p,
                      const struct ck_restore_request *request, struct ck_buf *ret);

/** Which limits the answers of @request would raise, a line each; appended.
 * @return whether there are any. */
bool ui_rehearsal_raises(const struct ck_rehearsal *p, const struct ck_restore_request *request,
                         struct ck_buf *ret);

/** The whole page as harmless text for a file; @checks and @run as above. Appended. */
void ui_rehearsal_page(const struct ui_rehearsed *r, const struct ui_answers *answers,
                       const char *checks, const char *run, struct ck_buf *ret);

#endif
