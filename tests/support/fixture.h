/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * A small server on disk and a state directory with past jobs, for tests of screens: the engine
 * reads them as it reads real ones.
 */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include <cyrkeep/job.h>

struct screen;

/**
 * Write below @dir: imapd.conf, mailboxes.db and index headers of a server with the separator "/",
 * the partitions "default" and "slow", three users, a shared mailbox and one with a Chinese name.
 */
void fixture_server(const char *dir);

/** A backup as it is listed: what ck_jobs_list() will say of it. */
struct fixture_job {
	uint32_t job;
	int64_t started;   /**< Seconds since 1970. */
	int64_t took_ms;   /**< 0: no report, its worker is dead. */
	const char *title; /**< NULL: "backup of everything by stop to main" */
	struct ck_report report;
	int percent; /**< Where it stood last; 0: there are no figures. */
};
void fixture_job(const struct ck_settings *settings, const struct fixture_job *j);

/** What a machine differs in becomes the same everywhere: host, version, paths, free space. */
void fixture_pin_server(struct screen *s);

#endif
