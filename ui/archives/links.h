/* SPDX-License-Identifier: BSD-2-Clause */
/** What the lists of jobs and archives say of each other, looked up once for all rows. */
#ifndef UI_LINKS_H
#define UI_LINKS_H

#include <cyrkeep/archive.h>
#include <cyrkeep/job.h>

#define UI_LINKS_NONE UINT32_MAX

/** Zeroed: nothing is known. */
struct ui_links {
	/* Per archive, the job of the list, or UI_LINKS_NONE: */
	uint32_t *verify; /**< The newest verify of it that has ended. */
	uint32_t *backup; /**< The backup that made it. */
	/* Per job: */
	bool *has_archive; /**< An archive bears its number. */
};

/** @return 0 or CK_ENOMEM. */
int ui_links_make(struct ui_links *l, const struct ck_job *jobs, size_t njobs,
                  const struct ck_archive_info *archives, size_t narchives) CK_MUST_USE;
void ui_links_fini(struct ui_links *l);

#endif
