/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The inside of a worker process: the job it runs, its run, its log, and two helpers beside the
 * thread that works: one that ticks (figures, signals, the limit) and one that listens (pause,
 * resume, cancel).
 */
#ifndef JOB_WORKER_H
#define JOB_WORKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/run.h"
#include "hold/hold.h"
#include "job/eventlog.h"
#include "job/spec.h"

/**
 * Descriptors that the starter hands on: the worker's lock, the lock on imapd.conf, and a pipe that
 * the worker closes when the starter may end: systemd kills what is in the starter's unit then.
 */
#define WORKER_LOCK_FD   3
#define WORKER_SERVER_FD 4
#define WORKER_READY_FD  5

struct worker {
	const struct ck_settings *settings; /**< Borrowed. */
	uint32_t job;
	char *dir; /**< STATE/jobs/N */
	struct spec spec;
	struct eventlog *log;
	struct run run;        /**< run.arg is the worker. */
	struct ck_watch watch; /**< Of long calls that take no run; cancelled with it. */
	struct hold *hold;     /**< Backup: set before the threads start. */
	int figures;
	pthread_mutex_t writing; /**< Of figures, while there are helpers; taken before mutex. */
	uint64_t figures_seq;
	int ready;           /**< WORKER_READY_FD until the starter may end, then -1. */
	int64_t started_ms;  /**< Monotonic. */
	uint64_t bytes_read; /**< Backup: from the store, once the copy has been read. */

	_Atomic int phase; /**< enum ck_phase */
	_Atomic uint64_t findings_told;
	_Atomic int64_t down_predicted_ms;
	atomic_bool copied;     /**< Backup: all has been read; what is counted now is checking. */
	atomic_bool hold_broke; /**< Cancelled because of that, not by anybody. */
	atomic_bool quit;       /**< The helpers end. */

	pthread_mutex_t mutex; /**< Guards what follows. */
	pthread_cond_t changed;
	bool paused;
	char mailbox[256];

	pthread_t ticker, listener;
	bool has_helpers;
	int listen_fd; /**< The job's socket. */
	int wake[2];   /**< Ends the listener's wait. */
};

/** Begin and end a phase in the log and the figures. */
void worker_phase(struct worker *w, enum ck_phase phase);
void worker_phase_end(struct worker *w, enum ck_phase phase);

/** Start and end the helpers; nothing may fork without exec in between. */
int worker_helpers_start(struct worker *w, struct ck_err *err) CK_MUST_USE;
void worker_helpers_stop(struct worker *w);

/** What a command does; @who is "root on pts/1". @return NULL, or why not: a sentence. */
const char *worker_command(struct worker *w, enum ck_job_command command, const char *who);

/** The listener's thread: serves the socket of the job (control.c). */
int control_open(const struct ck_settings *settings, uint32_t job, struct ck_err *err) CK_MUST_USE;
void *control_main(void *worker);

/** The backup (backup.c): fills @report as far as it got, whatever it returns. */
int backup_run(struct worker *w, struct ck_report *report, struct ck_err *err) CK_MUST_USE;

#endif
