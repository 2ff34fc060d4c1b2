/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Cyrus master: alive or not, stopped and started through the right control.
 *
 * Which control is data: engine/recipes/master-*.conf (systemd, init script, plain process).
 */
#ifndef CYRUS_MASTER_H
#define CYRUS_MASTER_H

#include <stdbool.h>
#include <sys/types.h>

#include <cyrkeep/buf.h>
#include <cyrkeep/err.h>
#include <cyrkeep/settings.h>

#include "cyrus/process.h"

/** How to control master on this host. */
struct master_control {
	char *recipe;          /**< "systemd" */
	char *title;           /**< "systemd unit cyrus-imapd.service" */
	char *pidfile;         /**< Locked by master as long as it lives. */
	struct ck_strv stop;   /**< argv; empty: SIGQUIT to the holder of the pid file's lock. */
	struct ck_strv start;  /**< argv */
	struct ck_strv status; /**< argv; exit 0 means active; may be empty. */
	int timeout_s;
	char *cyrus_conf; /**< That master reads; "" when it cannot be told. */
	/* What stopping is proven by; starting needs none of it. */
	char *user;           /**< Cyrus runs as this user. */
	char *imapd_conf;     /**< Processes with another -C belong to another server. */
	struct ck_strv roots; /**< Configuration directory and partitions. */
};

/** Choose by settings->master. CK_ENOTFOUND when no way fits, naming each and why not. */
int master_detect(const struct ck_settings *settings, struct master_control *ret,
                  struct ck_err *err) CK_MUST_USE;
void master_control_fini(struct master_control *c);

/**
 * 1: master holds its lock (@ret_pid, may be NULL); 0: nobody does; negative: cannot tell.
 * Allocates nothing.
 */
int master_is_alive(const struct master_control *c, pid_t *ret_pid, struct ck_err *err);

/**
 * Stop and prove it: the lock is free, none of the processes that were master's children is left,
 * no process of the Cyrus user works on this server (by its -C or by files open below the roots),
 * and none of master's ports is open. A master that is not running is fine; the rest is proven all
 * the same.
 * @ret_told  A master ran and was told to, whatever came of it; may be NULL.
 * @return 0; CK_ETIMEOUT and CK_EBUSY name what is still there.
 */
int master_stop(const struct master_control *c, bool *ret_told, struct ck_err *err) CK_MUST_USE;

/** Would a master that is started now give up over its cyrus.conf? @return 0 or CK_EUSAGE. */
int master_can_start(const struct master_control *c, struct ck_err *err) CK_MUST_USE;

/** Where a client comes in, and so where it shows that master serves. */
struct master_door {
	char host[64]; /**< Numeric, or "localhost". */
	uint16_t port; /**< 0: none is known. */
	bool greets;   /**< It says an IMAP greeting; else it takes connections. */
};

/**
 * Find a door of the running @master: @host:@port as the settings have it, which greets or at least
 * takes connections; else one of the ports that master listens on. Takes some seconds at most.
 */
void master_find_door(const char *host, uint16_t port, pid_t master, struct master_door *ret);

/** Does it open within the time? Allocates nothing. */
bool master_door_opens(const struct master_door *d, int timeout_ms);

/** A master that got the order to stop, or was about to get it. */
struct master_told {
	struct process who;  /**< pid 0: not known. */
	int64_t patience_ms; /**< How long it may take to obey. */
	const struct master_door *door;
};

/**
 * End a master that was told to stop and hangs in it, with no process left: see process_is_hung().
 * To be called a few times a second, with the same @told and @since (0 at first). Allocates
 * nothing. @return true when it was killed.
 */
bool master_unhang(const struct master_control *c, const struct process *told, int64_t *since_ms);

/**
 * Start and prove it: lock held, and it stays so for a moment. Fine when it already runs; but one
 * that was @told to stop (may be NULL) is waited for first.
 * Needs recipe, pidfile, start, cyrus_conf and timeout_s only, and allocates nothing, so that a
 * guard process can call it. The program started is a child of the caller until it makes itself a
 * daemon. CK_ETIMEOUT; CK_EFAIL with the reason, as far as cyrus.conf tells it.
 */
int master_start(const struct master_control *c, const struct master_told *told,
                 struct ck_err *err) CK_MUST_USE;

/**
 * Wait until a master that was started serves: before it opens its ports it does what START of
 * cyrus.conf tells, and it may give up there or at the first port. Allocates nothing.
 *
 * @d  Without a port: it must live for some seconds.
 * @return 1 the door opens, 0 it lives and the door stays shut, negative: it ended again.
 */
int master_serves(const struct master_control *c, const struct master_door *d, int timeout_ms,
                  struct ck_err *err) CK_MUST_USE;

/** Put what is wrong with cyrus.conf, or the way to find out, to a failed start. @return @code. */
int master_explain(const struct master_control *c, int code, struct ck_err *err);

/** The pid file as it is: each master that starts writes it anew. */
struct master_mark {
	uint64_t inode;
	int64_t size, mtime_s, mtime_ns;
};
void master_mark(const struct master_control *c, struct master_mark *ret);

/** Has a master been started since, whether it lives or not? */
bool master_was_there(const struct master_control *c, const struct master_mark *since);

#endif
