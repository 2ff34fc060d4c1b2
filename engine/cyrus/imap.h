/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * An IMAP connection to the running server, as administrator or in a user's name.
 *
 * A thin client: it frames lines and literals, keeps a time limit, speaks TLS by OpenSSL, and
 * leaves meaning to its callers. One connection belongs to one thread.
 *
 * A sync_server, known by its greeting, is spoken to in its own way: no tags, and "GET" for
 * SYNCGET. It announces X-REPLICATION here.
 */
#ifndef CYRUS_IMAP_H
#define CYRUS_IMAP_H

#include <stdbool.h>
#include <stdint.h>

#include <cyrkeep/buf.h>
#include <cyrkeep/err.h>
#include <cyrkeep/settings.h>

struct imap;

/**
 * Connect and log in (AUTHENTICATE PLAIN; LOGIN where that is missing and @authzid is NULL).
 *
 * @authzid  Act as this user (proxy authorisation), or NULL for the administrator himself.
 * @port     0: settings->server.port.
 * @return 0, CK_EFAIL (no answer, refused; the remedy names the setting), CK_EDENIED (login
 * refused).
 */
int imap_open(const struct ck_settings *settings, const char *authzid, uint16_t port,
              struct imap **ret, struct ck_err *err) CK_MUST_USE;

/**
 * The same over a connected socket, which is taken over (closed on failure too): the greeting is
 * read, nobody is logged in. @timeout_ms limits each silence.
 */
int imap_attach(int fd, int timeout_ms, struct imap **ret, struct ck_err *err) CK_MUST_USE;

/** Log in as @user with @password, in the name of @authzid where that is not NULL. */
int imap_login(struct imap *c, const char *user, const char *password, const char *authzid,
               struct ck_err *err) CK_MUST_USE;
void imap_close(struct imap *c);
void imap_closep(struct imap **c);

/** Did the server announce @capability? */
bool imap_has(const struct imap *c, const char *capability);

/** Ask the server what it announces now; a sync_server has said it in its greeting. */
int imap_ask_capabilities(struct imap *c, struct ck_err *err) CK_MUST_USE;

/** Is the connection gone? Then every command fails with CK_EIO. */
bool imap_is_dead(const struct imap *c);

/** Did the server say so, with a BYE? Else the connection was lost. */
bool imap_was_told_bye(const struct imap *c);

/** A whole response line with its literals in place, as received; @data is "* …" without CRLF. */
typedef int (*imap_line_fn)(void *arg, const char *line, size_t len, struct ck_err *err);

/**
 * Send a command (without tag and CRLF; literals inside as {n+} or {n}, both are sent right) and
 * read until its tagged answer. A line end that no literal announces is refused (CK_EUSAGE): a
 * foreign name cannot smuggle in a second command.
 *
 * @fn          Called for each untagged response; may be NULL.
 * @ret_answer  "OK …", "NO …" or "BAD …" appended; may be NULL.
 * @return 0 for OK; CK_EFAIL for NO and BAD, with the server's words; CK_ETIMEOUT, CK_EIO,
 * CK_ECORRUPT for the connection, which is dead afterwards; what @fn returned, if it failed.
 */
int imap_command(struct imap *c, const char *command, size_t len, imap_line_fn fn, void *arg,
                 struct ck_buf *ret_answer, struct ck_err *err) CK_MUST_USE;

/** A command that the server answers with "+": send @reply, then read the tagged answer. */
int imap_converse(struct imap *c, const char *command, const char *reply,
                  struct ck_err *err) CK_MUST_USE;

/** printf form of imap_command() for commands without foreign bytes. */
int imap_commandf(struct imap *c, imap_line_fn fn, void *arg, struct ck_err *err, const char *fmt,
                  ...) CK_PRINTF(5, 6) CK_MUST_USE;

/** Append @text as an IMAP string: quoted where possible, else a literal. */
int imap_put_string(struct ck_buf *buf, const char *text, size_t len);

#endif
