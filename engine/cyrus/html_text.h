/* SPDX-License-Identifier: BSD-2-Clause */
/** HTML of a mail reduced to lines of text: no layout, no links fetched, nothing run. */
#ifndef CYRUS_HTML_TEXT_H
#define CYRUS_HTML_TEXT_H

#include <cyrkeep/buf.h>

/** Append the text of @len bytes of UTF-8 HTML to @ret. Never fails on its input. */
void html_text(const char *html, size_t len, struct ck_buf *ret);

#endif
