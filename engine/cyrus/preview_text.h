/* SPDX-License-Identifier: BSD-2-Clause */
/** The text of ck_message_preview(), made where a hostile message can do no harm. */
#ifndef CYRUS_PREVIEW_TEXT_H
#define CYRUS_PREVIEW_TEXT_H

#include <cyrkeep/buf.h>

/** Most bytes that preview_text() appends. */
#define PREVIEW_LIMIT ((size_t)1 << 20)

/** Append headers, the best text part and the list of the others. @return 0 or CK_ENOMEM. */
int preview_text(const void *raw, size_t len, struct ck_buf *ret);

#endif
