/* SPDX-License-Identifier: BSD-2-Clause */
/** What dead jobs left behind, in words: one state directory may serve several servers. */
#ifndef UI_LEFTOVER_H
#define UI_LEFTOVER_H

#include <cyrkeep/job.h>

/** "mail2, /var/lib/imap2": of which other server it is; nothing for the one of the settings. */
void ui_leftover_server(const struct ck_leftover *l, struct ck_buf *ret);

/** What it is, and of which other server. */
void ui_leftover_what(const struct ck_leftover *l, struct ck_buf *ret);

#endif
