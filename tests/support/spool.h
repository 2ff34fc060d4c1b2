/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * A small Cyrus 3.6 store for tests of the archive: two partitions, one with meta and archive
 * partitions, hard links, an expunged message, sieve, databases. Every failure fails the test.
 *
 *   user/anne       uids 1 to 5, 6 expunged but present       partition default
 *   user/anne/Sent  uids 1 (a hard link to anne's 2) and 2
 *   user/bob        uid 1, and 2 on the archive partition      partition two
 */
#ifndef TESTS_SPOOL_H
#define TESTS_SPOOL_H

#include <cyrkeep/server.h>
#include <cyrkeep/settings.h>

#define SPOOL_ANNE "one/uuid/a/n/anneinbox01"
#define SPOOL_SENT "one/uuid/s/e/sentbox0001"
#define SPOOL_BOB  "two/uuid/b/o/bobinbox001"
#define SPOOL_BOBM "meta/uuid/b/o/bobinbox001"
#define SPOOL_BOBA "arch/uuid/b/o/bobinbox001"

struct spool {
	char *dir;
	struct ck_settings settings; /**< Points at it; destination "main" is DIR/backup. */
};

struct spool *spool_new(void);
void spool_free(struct spool *s);

/** Add a mailbox of anne's whose name and subjects hold escapes, bidi marks and broken UTF-8. */
void spool_add_hostile(struct spool *s);

/** DIR/@name, owned. */
char *spool_path(const struct spool *s, const char *name);

/** Read it as the program does, heads too. */
struct ck_server *spool_open(const struct spool *s);

#endif
