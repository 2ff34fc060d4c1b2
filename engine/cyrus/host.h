/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * What of the host belongs to its Cyrus besides the store: settings files, and which software it
 * is.
 *
 * Settings files hold secrets: whole files (keys, password databases) and lines of text. Both are
 * named, and host_without_secrets() gives a file's text without them.
 */
#ifndef CYRUS_HOST_H
#define CYRUS_HOST_H

#include <stdbool.h>

#include <cyrkeep/buf.h>
#include <cyrkeep/server.h>
#include <cyrkeep/settings.h>

/**
 * Find the settings files of this host that are there: imapd.conf with its includes, cyrus.conf,
 * those of SASL, of systemd and init, the TLS files that imapd.conf names. In this order.
 *
 * @root  "" for the host itself; a directory that stands for "/" in tests.
 * @ret   Free with ck_host_files_free().
 */
int host_files(const char *root, const struct ck_settings *settings, const struct conf *conf,
               struct ck_host_file **ret, size_t *ret_n, struct ck_err *err) CK_MUST_USE;

/** Is the value of this option a secret, or does it hold one, as "ldap://name:password@host"? */
bool host_is_secret(const char *key, const char *value);

/** The keys of lines "KEY: VALUE" and "KEY = VALUE" in @text that hold passwords; appended. */
int host_secrets(const char *text, size_t len, struct ck_strv *ret) CK_MUST_USE;

/** @text, appended, without the values of those lines. */
int host_without_secrets(const char *text, size_t len, struct ck_buf *ret) CK_MUST_USE;

/** The software, as far as it tells. Owns its strings; NULL: not known. */
struct software {
	char *package;      /**< "cyrus-imapd 3.6.1-4+deb12u5": what the programs came in. */
	char *system;       /**< "Debian GNU/Linux 12 (bookworm)" */
	char *architecture; /**< "x86_64" */
	char *kernel;       /**< "6.1.0-28-amd64" */
	char *libc;         /**< "glibc 2.36" */
	char *build;        /**< What cyr_buildinfo says: JSON. */
	char *packages;     /**< All installed packages, "NAME VERSION" a line. */
};

/** Ask the host. Runs some programs, for up to a second; what does not answer is NULL. */
void software_read(struct software *ret);
void software_fini(struct software *s);

#endif
