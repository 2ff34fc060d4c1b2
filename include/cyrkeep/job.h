/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Jobs: started here, run by a worker process of their own that no terminal owns.
 *
 * A job lives in STATE/jobs/NUMBER/ (spec, events, figures, undo journal, log, socket). Starting
 * one returns at once with its number; whoever wants to watch attaches, by number, from any
 * process, as often as he likes. See engine/job/README.md for the files.
 */
#ifndef CK_JOB_H
#define CK_JOB_H

#include <cyrkeep/event.h>
#include <cyrkeep/restore.h>
#include <cyrkeep/server.h>
#include <cyrkeep/settings.h>

enum ck_job_kind {
	CK_JOB_BACKUP,
	CK_JOB_RESTORE,
	CK_JOB_VERIFY,
};

/** "backup", "restore", "verify" */
const char *ck_job_kind_name(enum ck_job_kind kind);

/** What a job is to do. */
struct ck_job_spec {
	enum ck_job_kind kind;
	const struct ck_plan *plan; /**< Backup. */
	const char *destination;    /**< Backup: name or absolute path; NULL: the plan's. */
	bool accept_shrink;         /**< Backup: of this run, the sanity gate's objection. */
	const struct ck_restore_request *restore; /**< Restore. */
	const char *archive;                      /**< Verify: number, path or "latest". */
};

/**
 * Start a job. Everything that can be refused at once is refused here and nothing is started:
 * CK_EUSAGE (method, rule, destination, pattern), CK_EBUSY (another job works on this server; the
 * sentence names it and who started it), CK_EDENIED.
 *
 * @ret_job  The number, from 1.
 */
int ck_job_start(const struct ck_settings *settings, const struct ck_job_spec *spec,
                 uint32_t *ret_job, struct ck_err *err) CK_MUST_USE;

/** What ck_job_start() would refuse for its own sake, whatever else is going on: CK_EUSAGE. */
int ck_job_check(const struct ck_settings *settings, const struct ck_job_spec *spec,
                 struct ck_err *err) CK_MUST_USE;

/** Code of the problem that a plan is. */
#define CK_PROBLEM_PLAN "E-PLAN"

/**
 * Could each plan of the settings run? What speaks against one, be it method, driver, a rule, a
 * default exclusion, its destination or a pattern that selects no mailbox of @server, becomes a
 * problem of @server whose sentence names the plan. Changes nothing and looks at no file.
 * @return 0 or CK_ENOMEM.
 */
int ck_plans_check(const struct ck_settings *settings, struct ck_server *server,
                   struct ck_err *err) CK_MUST_USE;

/**
 * Would the sanity gate stop a backup by @plan that takes so much? @return 0; CK_EGATE when far
 * more was there the last time: the sentence says what; CK_EDENIED, CK_ENOMEM.
 */
int ck_job_gate(const struct ck_settings *settings, const struct ck_plan *plan, uint64_t mailboxes,
                uint64_t messages, struct ck_err *err) CK_MUST_USE;

/**
 * Is this server free for a job that changes or stops it?
 * @return 0, CK_EBUSY as ck_job_start() would say it, CK_EDENIED.
 */
int ck_job_busy(const struct ck_settings *settings, struct ck_err *err) CK_MUST_USE;

/** The body of a worker: runs job @job to its end. Called by the program for its own children only.
 */
int ck_job_worker_main(const struct ck_settings *settings, uint32_t job);

enum ck_job_state {
	CK_JOB_STARTING,
	CK_JOB_RUNNING,
	CK_JOB_PAUSED,
	CK_JOB_CANCELLING,
	CK_JOB_DONE,
	CK_JOB_DEAD, /**< Its worker is gone without a report. */
};

/** "running", "paused", "cancelling", "done", "dead", "starting" */
const char *ck_job_state_name(enum ck_job_state state);

struct ck_job;

/** The same for people: one that has ended is "done", "cancelled" or "failed". */
const char *ck_job_state_word(const struct ck_job *job);

/** One line of the job list. */
struct ck_job {
	uint32_t job;
	enum ck_job_kind kind;
	enum ck_job_state state;
	enum ck_phase phase;
	int percent;                  /**< 0 to 100; where it stopped, if it was not done. */
	int64_t started_ms, ended_ms; /**< Wall clock; ended 0 while it runs. */
	char *who;                    /**< "root on pts/1" */
	char *title;                  /**< "backup of everything by stop to main" */
	enum ck_result result;
	struct ck_report report; /**< Meaningful once done. */
};

/** All jobs, newest first. Free with ck_jobs_free(). */
int ck_jobs_list(const struct ck_settings *settings, struct ck_job **ret, size_t *ret_n,
                 struct ck_err *err) CK_MUST_USE;
void ck_jobs_free(struct ck_job *jobs, size_t n);

/**
 * Append the command line that starts the same again, quoted for a shell; the plan in full.
 * @return 0, CK_ENOTFOUND, CK_ECORRUPT, CK_ENOMEM.
 */
int ck_job_command_line(const struct ck_settings *settings, uint32_t job, struct ck_buf *ret,
                        struct ck_err *err) CK_MUST_USE;

enum ck_job_command {
	CK_JOB_PAUSE,
	CK_JOB_RESUME,
	CK_JOB_CANCEL,
};

/** Ask a running job. @return 0 once the worker has it; CK_ENOTFOUND; CK_EFAIL when it has ended,
 * or is paused already, or is not paused. */
int ck_job_command(const struct ck_settings *settings, uint32_t job, enum ck_job_command command,
                   struct ck_err *err) CK_MUST_USE;

struct ck_attach;

/**
 * Watch a job: every event from the first, then live. Works for ended jobs too.
 * Nothing here waits for the job; its files are read, which takes as long as their disk does.
 */
int ck_attach_open(const struct ck_settings *settings, uint32_t job, struct ck_attach **ret,
                   struct ck_err *err) CK_MUST_USE;
void ck_attach_close(struct ck_attach *a);

/** Readable whenever ck_attach_next() may have something. */
int ck_attach_fd(const struct ck_attach *a);

/**
 * The next event.
 *
 * @return 1 with @ret filled (release it), 0 when there is nothing yet, CK_ENOTFOUND after the
 * report (the end), CK_EFAIL when the worker died without one; the sentence says so.
 */
int ck_attach_next(struct ck_attach *a, struct ck_event *ret, struct ck_err *err) CK_MUST_USE;

/** Something a dead run left behind. */
struct ck_leftover {
	uint32_t job;
	char *what;                   /**< "Cyrus is stopped by job 7 since 02:14" */
	char *remedy;                 /**< What unwind does about it. */
	char *by_hand;                /**< The command for doing it by hand. */
	int64_t since_ms;             /**< Wall clock: when it was done that is to be undone. */
	bool urgent;                  /**< Cyrus is down because of it. */
	bool guarded;                 /**< The guard of the job lives, and tries it too. */
	char *host, *configdirectory; /**< Of its server; NULL where that is not known. */
	bool elsewhere;               /**< Of another server than the one of the settings. */
};

/** What is left behind by dead workers of this state directory, the urgent first; usually nothing.
 */
int ck_unwind_list(const struct ck_settings *settings, struct ck_leftover **ret, size_t *ret_n,
                   struct ck_err *err) CK_MUST_USE;
void ck_leftovers_free(struct ck_leftover *list, size_t n);

/** Undo all of it. @ret_undone counts. @return 0, or the first failure after having tried all; its
 * sentence names each job that could not be undone, and why. */
int ck_unwind(const struct ck_settings *settings, size_t *ret_undone,
              struct ck_err *err) CK_MUST_USE;

/** What a forecast of downtime rests on. */
enum ck_forecast_source {
	CK_FORECAST_NONE,  /**< There is no forecast. */
	CK_FORECAST_LAST,  /**< The last backup by the same method. */
	CK_FORECAST_CUT,   /**< One that failed on the way: its rate. */
	CK_FORECAST_GUESS, /**< A cautious rate; too little was measured on this server. */
};

/** How long Cyrus will be down. */
struct ck_forecast {
	int64_t downtime_ms; /**< -1 unknown. */
	enum ck_forecast_source source;
	uint64_t bytes_per_s; /**< The rate that it was worked out with; 0: not by a rate. */
};

/** A way of holding the store still, and whether it can be used here. */
struct ck_method {
	const char *name;  /**< "stop" */
	const char *title; /**< "stop Cyrus, copy, start it again" */
	char grade;        /**< The best grade it gives. */
	bool possible;     /**< Works on this host. */
	char *reason;      /**< Why not, or how ("systemd unit cyrus-imapd.service"). */
	char *remedy;      /**< What makes it possible; "" where it is, or nothing is known. */
	struct ck_forecast forecast;
};

/** The methods that this version has, best first. @bytes is what would be copied. */
int ck_methods_list(const struct ck_settings *settings, uint64_t bytes, struct ck_method **ret,
                    size_t *ret_n, struct ck_err *err) CK_MUST_USE;
void ck_methods_free(struct ck_method *list, size_t n);

/** Is Cyrus stopped for the method called @name? False for one that is unknown. */
bool ck_method_stops(const char *name);

#endif
