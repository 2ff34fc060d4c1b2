/* SPDX-License-Identifier: BSD-2-Clause */
/** The file `spec` of a job: what it was told to do, by whom and when; written once. */
#ifndef JOB_SPEC_H
#define JOB_SPEC_H

#include <cyrkeep/job.h>

#include "cyrus/identity.h"

/** A spec that owns all it says. Zero-initialise. */
struct spec {
	enum ck_job_kind kind;
	struct ck_plan plan;               /**< Backup. */
	char *destination;                 /**< Backup: absolute directory. */
	bool accept_shrink;                /**< Backup: a gate that closes is only noted. */
	struct ck_restore_request restore; /**< Restore. */
	char *archive;                     /**< Verify. */
	char *host, *configdirectory;      /**< Of the server; NULL where that is not known. */
	char *who;                         /**< "root on pts/1" */
	char *title;                       /**< "backup of everything by stop to main" */
	int64_t started_ms;                /**< Wall clock. */
};
void spec_fini(struct spec *s);

int spec_write(const struct ck_settings *settings, uint32_t job, const struct spec *spec,
               struct ck_err *err) CK_MUST_USE;
int spec_read(const struct ck_settings *settings, uint32_t job, struct spec *ret,
              struct ck_err *err) CK_MUST_USE;

/** Is it a job of that server? One that does not say so is. */
bool spec_is_of(const struct spec *spec, const struct identity *server);

/** The parser itself, for tests and fuzzing. @return 0, CK_ECORRUPT, CK_ENOMEM. */
int spec_parse(const char *text, size_t len, struct spec *ret) CK_MUST_USE;
int spec_format(const struct spec *spec, struct ck_buf *ret) CK_MUST_USE;

#endif
