/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The headline of an archive: one JSON object in its last frame, as member .cyrkeep/headline.json,
 * and in STATE/catalog.db. Says what lists of archives say, and where the catalogue lies.
 */
#ifndef ARCHIVE_HEADLINE_H
#define ARCHIVE_HEADLINE_H

#include <cyrkeep/archive.h>

#define HEADLINE_FORMAT 1
#define HEADLINE_MEMBER ".cyrkeep/headline.json"

struct headline {
	struct ck_archive_info info; /**< Without path, bytes and present. */
	struct ck_plan plan;
	char separator;
	uint64_t members; /**< Tar members before the headline's own. */
	uint32_t catalog_frame, catalog_offset;
	uint64_t catalog_size;
};

/** Parse. @return 0, CK_ECORRUPT, CK_EUNSUPPORTED (a later format), CK_ENOMEM. */
int headline_parse(const char *text, size_t len, struct headline *ret,
                   struct ck_err *err) CK_MUST_USE;
void headline_fini(struct headline *h);

/**
 * Find the headline in the bytes of the last frame, which begins with its tar header.
 * @return 0 with its bytes borrowed, or CK_ECORRUPT.
 */
int headline_find(const char *frame, size_t len, const char **ret, size_t *ret_len,
                  struct ck_err *err) CK_MUST_USE;

#endif
