/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * What a job says about itself. Plain values: no event points into the engine.
 *
 * Each event is also one JSON line (the command line's --json, and STATE/jobs/N/events), whose keys
 * are a contract; ck_event.json holds that line.
 */
#ifndef CK_EVENT_H
#define CK_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cyrkeep/err.h>

/** The phases of a run, in order; a run may lack some. */
enum ck_phase {
	CK_PHASE_INSPECT,
	CK_PHASE_SELECT,
	CK_PHASE_HOLD,
	CK_PHASE_COPY,
	CK_PHASE_RELEASE,
	CK_PHASE_SEAL,
	CK_PHASE_CHECK,
	CK_PHASE_REPORT,
	CK_PHASE_REHEARSE, /**< Restore: what is missing. */
	CK_PHASE_RESTORE,  /**< Restore: put back. */
	CK_PHASE_MAX_,
};

/** "inspect", "select", … */
const char *ck_phase_name(enum ck_phase phase);

/** Grade of a mailbox in an archive. */
enum ck_grade {
	CK_GRADE_A, /**< At rest: index, header and every GUID agree. */
	CK_GRADE_B, /**< Snapshot that agrees with itself. */
	CK_GRADE_C, /**< Readable, but index and files differ; reconstruct mends it. */
	CK_GRADE_D, /**< Copied unheld. */
	CK_GRADE_F, /**< Unreadable. */
	CK_GRADE_MAX_,
};

/** 'A' … 'F' */
char ck_grade_letter(enum ck_grade grade);

enum ck_result {
	CK_RESULT_NONE, /**< Not ended. */
	CK_RESULT_OK,
	CK_RESULT_FINDINGS,
	CK_RESULT_FAILED,
	CK_RESULT_CANCELLED,
};

/** "ok", "findings", "failed", "cancelled"; "" for none. */
const char *ck_result_name(enum ck_result result);

enum ck_event_kind {
	CK_EV_PHASE,    /**< A phase began or ended. */
	CK_EV_PROGRESS, /**< The latest figures; each is complete in itself. */
	CK_EV_FINDING,  /**< One thing that is wrong; the job goes on. */
	CK_EV_NOTE,     /**< Somebody did something, or the job says what it does. */
	CK_EV_RESTORED, /**< A restore has done with one mailbox. */
	CK_EV_STATE,    /**< running, paused, cancelling. */
	CK_EV_REPORT,   /**< The last event. */
};

/** Figures of a running job. */
struct ck_progress {
	uint64_t messages_done, messages_total; /**< Totals are 0 while unknown. */
	uint64_t bytes_done, bytes_total;       /**< Before compression. */
	uint64_t mailboxes_done, mailboxes_total;
	uint64_t bytes_written;    /**< After compression. */
	uint64_t findings;         /**< So far. */
	int64_t elapsed_ms;        /**< Since the job started. */
	int64_t eta_ms;            /**< -1 while unknown. */
	int64_t down_ms;           /**< How long Cyrus has been down; 0 when it is not. */
	int64_t down_limit_ms;     /**< max_downtime. */
	int64_t down_predicted_ms; /**< From an earlier run or the bytes; -1 unknown. */
	char mailbox[256];         /**< External name of one that is being worked on. */
};

/** The last word of a job. */
struct ck_report {
	uint32_t job;
	uint32_t archive; /**< 0 when none was made or read. */
	char *path;       /**< Of the archive, or NULL. */
	char kind[8];     /**< "full", "incr" */
	char method[24];  /**< "stop", …; for a restore "sync" or "imap". */
	enum ck_result result;
	uint64_t mailboxes, messages, bytes_read, bytes_written;
	int64_t downtime_ms;
	uint64_t grades[CK_GRADE_MAX_];
	uint64_t findings;
	/** Of a backup: users taken; of those, with subscriptions, with read marks (a file of their
	 * own, or in the index of their INBOX), with a sieve directory; and quota limits. */
	uint64_t users, subscriptions, seen, sieve, quotas;
	char incomplete[96]; /**< What a whole restore would miss: "no mailboxes.db"; else "". */
	/** Of a restore: messages; and mailboxes that lack something still. `mailboxes` are those
	 * that got back all they were to get. */
	uint64_t added, present, failed, mailboxes_failed;
	uint64_t
		elsewhere; /**< Of a restore: missing, but left in another mailbox, as asked for; */
	uint64_t raised;   /**< and limits of quotas that it has set higher. */
	char *into; /**< Of a restore: the first mailbox that was not put back where it was, under
	               its name on the server; else NULL. */
	enum ck_code code; /**< Class of the failure; CK_OK unless result is failed. */
	char *error;       /**< One sentence when result is failed, else NULL. */
	char *remedy;      /**< What to do about it, or NULL. */
};

/** One thing that is wrong. */
struct ck_finding {
	char *mailbox; /**< External name, or NULL. */
	uint32_t uid;  /**< 0 when it is not about one message. */
	char *code;    /**< "guid-mismatch", "missing-file", … never changes. */
	char *text;    /**< One sentence. */
	char *remedy;  /**< What to do; never NULL. */
};

/** What came of one mailbox of a restore. */
struct ck_restored {
	char *mailbox;   /**< External name on the server. */
	int64_t before;  /**< Messages that it held; -1: it was not there. */
	int64_t added;   /**< Put back. */
	int64_t now;     /**< Messages that it holds, read back; -1: nobody looked. */
	int64_t archive; /**< Messages that were asked for. */
	int64_t lacking; /**< Of those, not there all the same, by GUID. */
};

/** One event. Release with ck_event_fini(). */
struct ck_event {
	enum ck_event_kind kind;
	int64_t time_ms;     /**< Wall clock, milliseconds since 1970. */
	enum ck_phase phase; /**< Of CK_EV_PHASE and CK_EV_PROGRESS. */
	bool begins;         /**< CK_EV_PHASE: it begins; else it ended. */
	struct ck_progress progress;
	struct ck_finding finding;
	struct ck_restored restored;
	struct ck_report report;
	char *text; /**< CK_EV_NOTE, CK_EV_STATE: words; else NULL. */
	char *json; /**< The contract line, without newline. */
};
void ck_event_fini(struct ck_event *ev);

/** Parse one JSON line into @ret. @return 0, CK_ECORRUPT, CK_ENOMEM. Unknown keys are ignored. */
int ck_event_parse(const char *line, size_t len, struct ck_event *ret) CK_MUST_USE;

#endif
