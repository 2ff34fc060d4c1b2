/* SPDX-License-Identifier: BSD-2-Clause */
/** Names of owners, each looked up once. For one thread. */
#ifndef ARCHIVE_OWNER_H
#define ARCHIVE_OWNER_H

#include <sys/types.h>

struct owners;

struct owners *owners_new(void);
void owners_free(struct owners *o);

/** Name of a user or group, or NULL where it has none. Borrowed. */
const char *owners_user(struct owners *o, uid_t uid);
const char *owners_group(struct owners *o, gid_t gid);

#endif
