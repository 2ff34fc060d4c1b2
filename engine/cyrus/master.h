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

/** How to control master on this host. */
struct master_control {
	char *recipe;          /**< "systemd" */
	char *title;           /**< "systemd unit cyrus-imapd.service" */
	char *pidfile;         /**< Locked by master as long as it lives. */
	struct ck_strv stop;   /**< argv; empty: SIGQUIT to the holder of the pid file's lock. */
	struct ck_strv start;  /**< argv */
	struct ck_strv status; /**< argv; exit 0 means active; may be empty. */
	int timeout_s;
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
 * the same. CK_ETIMEOUT and CK_EBUSY name what is still there.
 */
int master_stop(const struct master_control *c, struct ck_err *err) CK_MUST_USE;

/**
 * Start and prove it: lock held, and it stays so for a moment. Fine when it already runs.
 * Needs recipe, pidfile, start and timeout_s only, and allocates nothing, so that a guard process
 * can call it. The program started is a child of the caller until it makes itself a daemon.
 */
int master_start(const struct master_control *c, struct ck_err *err) CK_MUST_USE;

/**
 * Wait until @host:@port greets an IMAP client. Allocates nothing when @host is numeric.
 * @return 0, CK_ETIMEOUT, or CK_EUSAGE for a host that is not numeric and not "localhost".
 */
int master_greets(const char *host, uint16_t port, int timeout_ms, struct ck_err *err) CK_MUST_USE;

/**
 * Wait until a master that was started serves: before it opens its ports it does what START of
 * cyrus.conf tells, and it may give up there or at the first port. Allocates nothing when @host is
 * numeric.
 *
 * @port  0: nothing to wait for but the end of a short moment.
 * @return 1 it greets, 0 it lives and does not greet within the time, negative: it ended again.
 */
int master_serves(const struct master_control *c, const char *host, uint16_t port, int timeout_ms,
                  struct ck_err *err) CK_MUST_USE;

#endif
