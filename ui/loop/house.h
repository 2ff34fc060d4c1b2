/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * The state of the house: what every screen may want to know, read once for all of them.
 *
 * Server, jobs, archives and leftovers are read by tasks and published here; when something
 * changed, every screen's news() is called. The one running job is watched live, for the status
 * cell. A member is meaningful once its known flag is set; its error is kept beside it.
 */
#ifndef UI_HOUSE_H
#define UI_HOUSE_H

#include <cyrkeep/archive.h>
#include <cyrkeep/job.h>
#include <cyrkeep/select.h>

#include "terminal/theme.h"

struct ui_app;

/** A server picture that several screens hold. Immutable once published, but for trees that come
 * to it. */
struct ui_server {
	struct ck_server *server;
	/** Of its mailboxes, by enum ck_grouping. By partition at once; the others when a screen
	 * has had them built, NULL until then: for the drawing thread. */
	struct ck_tree *trees[CK_GROUPINGS];
	bool domains;                    /**< Some mailbox is in a virtual domain. */
	uint64_t users, messages, bytes; /**< Totals over all mailboxes. */
	uint64_t mailboxes;              /**< Without remote and intermediate ones. */
	struct ui_partition_use {
		uint64_t mailboxes, messages, bytes; /**< Of one data partition. */
	} * partitions;                              /**< As server->partitions. */
	struct ui_app *app;                          /**< Whose tasks free it. */
	int refs;                                    /**< Of the drawing thread. */
};
/** Hold it for as long as you read from it, even when the house has a newer one. */
struct ui_server *ui_server_ref(struct ui_server *s);
void ui_server_unref(struct ui_server *s);

/** What was found at a destination. */
struct ui_house_destination {
	bool exists; /**< The directory is there; else the first backup makes it. */
	uint64_t free_bytes, size_bytes;
	struct ck_err err; /**< code 0: it can be used. */
};

struct ui_house {
	struct ui_server *server; /**< NULL until read; its heads are read too. */
	bool server_known;        /**< An attempt has ended: server or server_err. */
	struct ck_err server_err;
	struct ck_watch *server_watch; /**< While it is being read: mailboxes counted. */

	int up;           /**< 1 up, 0 down, -1 not known. */
	char *start_line; /**< While it is down: the command that starts it here, or NULL. */

	struct ck_job *jobs; /**< Newest first. */
	size_t njobs;
	bool jobs_known;
	struct ck_err jobs_err;

	struct ck_archive_info *archives; /**< Newest first. */
	size_t narchives;
	bool archives_known;
	struct ck_err archives_err;

	struct ui_house_destination *destinations; /**< As those of the settings. */
	size_t ndestinations;                      /**< 0 until known. */

	struct ck_leftover *leftovers;
	size_t nleftovers;
	bool leftovers_known;

	uint32_t live_job;           /**< The watched job, or 0. */
	struct ck_progress progress; /**< Its latest figures. */
	int64_t progress_ms;         /**< When they came, by the app's clock. */
	size_t nrunning;             /**< Jobs that are under way. */
	bool paused;                 /**< The watched one is. */

	enum ck_grouping grouping; /**< Of Sources, as the user chose it last. */
};

/** Read the server anew (imapd.conf, mailboxes, counts). */
void ui_house_read_server(struct ui_app *app);

/** Read jobs, archives and leftovers anew; also done by itself every few seconds. */
void ui_house_read_jobs(struct ui_app *app);

/** Read the leftovers alone: a look at one small file for each job. For the start. */
void ui_house_read_leftovers(struct ui_app *app);

/** The verify job that found the archive @a damaged, unless a later one found it whole; or NULL. */
const struct ck_job *ui_house_damage(const struct ui_house *h, const struct ck_archive_info *a);

/** Is it under way? */
bool ui_house_is_live(const struct ck_job *job);

/** How many archives lie in the directory @dir, the bytes of them, and when the newest began: 0
 * without one; @ret_newest may be NULL. */
size_t ui_house_archives_in(const struct ui_house *h, const char *dir, uint64_t *ret_bytes,
                            int64_t *ret_newest);

/** Did this verify (or NULL) find damage? */
bool ui_house_is_damage(const struct ck_job *verify);

/** Is @job a verify of @a that has ended? */
bool ui_house_is_verify_of(const struct ck_job *job, const struct ck_archive_info *a);

/** The newest of these, or NULL. Looks through all jobs; for all archives see links.h. */
const struct ck_job *ui_house_verify(const struct ui_house *h, const struct ck_archive_info *a);

/** Does what a dead job left behind keep the Cyrus of this server down now? */
bool ui_leftover_is_down(const struct ui_house *h, const struct ck_leftover *l);

/** What a dead job left behind, in the console's words and times. */
void ui_leftover_words(const struct ui_house *h, const struct ck_leftover *l, int64_t now,
                       struct ck_buf *ret);

/** The newest archive that can be used, or NULL. */
const struct ck_archive_info *ui_house_last_good(const struct ui_house *h);

/** How far a job is that is under way, by the latest figures; 99 until it has ended. */
int ui_house_percent(const struct ui_house *h, const struct ck_job *j);

/** The job that holds Cyrus down, running or dead; 0 when none does, or Cyrus is up. */
uint32_t ui_house_stopper(const struct ui_house *h);

/** Words of the status cell: the first that holds of the table in the specification. */
struct ui_status {
	char text[48];
	int role; /**< enum ui_role */
};
/** @now: the wall clock, in seconds; a stop that outlived its job is counted from its journal. */
struct ui_status ui_house_status(const struct ui_house *h, int64_t clock_ms, int64_t now);

/* For the loop only. */
int ui_house_open(struct ui_app *app, struct ui_house **ret, struct ck_err *err);
void ui_house_close(struct ui_app *app, struct ui_house *h);
void ui_house_tick(struct ui_app *app);
int ui_house_fd(const struct ui_house *h);
void ui_house_ready(struct ui_app *app);
/** Tells the screens. */
void ui_app_news(struct ui_app *app);

#endif
