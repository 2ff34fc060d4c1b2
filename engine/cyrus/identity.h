/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Which server: several hosts, and several servers of one host, may share a destination or a state
 * directory, and none may take the archives and jobs of another for its own.
 */
#ifndef CYRUS_IDENTITY_H
#define CYRUS_IDENTITY_H

#include <stdbool.h>

#include <cyrkeep/err.h>
#include <cyrkeep/settings.h>

/** The name of this host, owned; NULL without memory. */
char *identity_host(void) CK_MUST_USE;

struct identity {
	char *host;
	char *configdirectory; /**< As imapd.conf has it; NULL where there is none to be read. */
};
void identity_fini(struct identity *id);

/** The server that the settings speak of. @return 0, or CK_ENOMEM. */
int identity_read(const struct ck_settings *settings, struct identity *ret,
                  struct ck_err *err) CK_MUST_USE;

/**
 * Is the server of @host with @configdirectory this one? Host names are compared without case;
 * a directory that either side does not know ("" or NULL) decides nothing.
 */
bool identity_is(const struct identity *id, const char *host, const char *configdirectory);

#endif
