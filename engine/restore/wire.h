/* SPDX-License-Identifier: BSD-2-Clause */
/** What is said over IMAP: names, dates, flags. */
#ifndef RESTORE_WIRE_H
#define RESTORE_WIRE_H

#include "cyrus/conf.h"
#include <cyrkeep/buf.h>

/**
 * Internal name @intname as its owner says it (@owned), or as anybody says a shared one; appended,
 * in modified UTF-7, without the domain, which his login implies.
 */
int wire_for_user(const struct conf *conf, const char *intname, bool owned, struct ck_buf *ret);

/** What an atom, a quoted string or a literal of @len bytes at @text says; appended.
 * @return 0 or CK_ENOMEM. */
int wire_take_string(const char *text, size_t len, struct ck_buf *ret);

/** The name in "* LIST (flags) "/" name" of a mailbox that is there, appended; false for any other
 * line. */
bool wire_listed(const char *line, size_t len, struct ck_buf *ret);

/** The time as APPEND takes it: "01-Jan-2020 10:00:00 +0000". */
void wire_date(int64_t seconds, char ret[32]);

/**
 * "(\Seen $Label1)" of flags that blanks separate, appended: without \Recent, which nobody sets,
 * and without those that could not stand bare in a command, as what is damaged may hold.
 */
void wire_put_flags(struct ck_buf *cmd, const char *flags);

/** May a message be sent by APPEND? @return NULL, or why Cyrus refuses it. */
const char *wire_refusal(const char *data, size_t len);

#endif
