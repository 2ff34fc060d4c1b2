/* SPDX-License-Identifier: BSD-2-Clause */
/** What the rows of the time line of archives say. */
#ifndef UI_ARCHIVE_ROWS_H
#define UI_ARCHIVE_ROWS_H

#include "loop/house.h"
#include "widgets/list.h"

/** "ok", "checked", "3 findings", "file is missing !": what is known of an archive. @backup made
 * it, @verify is the newest that looked at it; NULL for none that is known. */
void ui_archive_state(const struct ck_archive_info *a, const struct ck_job *backup,
                      const struct ck_job *verify, char *buf, size_t size, struct ui_value *ret);

/** Why a backup made no archive. */
const char *ui_archive_hole_cause(const struct ck_job *j);

/** Some lines about an archive, and about a backup that made none. */
void ui_archive_explain(const struct ck_archive_info *a, struct ck_buf *ret);
void ui_archive_explain_hole(const struct ck_job *j, int64_t now, struct ck_buf *ret);

#endif
