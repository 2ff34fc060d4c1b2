/* SPDX-License-Identifier: BSD-2-Clause */
/** Backs a test spool up without a job, and keeps what the run said. */
#ifndef TESTS_BACKUP_H
#define TESTS_BACKUP_H

#include "base/run.h"
#include "support/spool.h"
#include <cyrkeep/event.h>
#include <cyrkeep/select.h>

struct backup {
	struct run run;
	struct ck_strv findings; /**< "MAILBOX UID CODE", in order. */
	struct ck_strv remedies; /**< Theirs. */
	struct ck_report report;
	struct ck_default_effect defaults[CK_DEFAULT_EXCLUSIONS]; /**< Before the copy. */
	struct ck_default_effect config;                          /**< The configuration, then; */
	struct ck_default_effect kinds[CK_CONFIG_KINDS];          /**< and by kind. */
	struct ck_err err;
	int r; /**< What the first failing phase returned, or 0. */
};

/** Rules are separated by a blank; NULL: none. Never fails the test by itself. */
void backup_run(struct backup *b, const struct spool *s, const char *rule, bool without_config);

/** Of everything but keys and passwords. */
void backup_run_without_secrets(struct backup *b, const struct spool *s);

/** The same with the default exclusions @keep switched off. @select: a pattern, or NULL for all. */
void backup_run_keeping(struct backup *b, const struct spool *s, const struct ck_strv *keep,
                        const char *select);
void backup_fini(struct backup *b);

typedef void (*backup_fn)(struct backup *b, const struct spool *s);

/** The same of everything; @copied is called when the store has been read, before the seal. */
void backup_run_copied(struct backup *b, const struct spool *s, backup_fn copied);

/** And here @sealed when the file is complete, before it is checked. */
void backup_run_sealed(struct backup *b, const struct spool *s, backup_fn sealed);

/** Prepare run to gather findings. */
void backup_listen(struct backup *b);

/** Number of findings that are exactly @text. */
size_t backup_found(const struct backup *b, const char *text);

#endif
