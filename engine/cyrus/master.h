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

/** How to control master on this host; self-contained, so that an undo journal can hold it. */
struct master_control {
	char *recipe;          /**< "systemd" */
	char *pidfile;         /**< Locked by master as long as it lives. */
	struct ck_strv stop;   /**< argv; empty: SIGQUIT to the holder of the pid file's lock. */
	struct ck_strv start;  /**< argv */
	struct ck_strv status; /**< argv; exit 0 means active; may be empty. */
	int timeout_s;
};

/** Choose by settings->master. CK_ENOTFOUND when no way fits, naming each and why not. */
int master_detect(const struct ck_settings *settings, struct master_control *ret,
                  struct ck_err *err) CK_MUST_USE;
void master_control_fini(struct master_control *c);

/** 1: master holds its lock (@ret_pid, may be NULL); 0: nobody does; negative: cannot tell. */
int master_is_alive(const struct master_control *c, pid_t *ret_pid, struct ck_err *err);

/**
 * Stop and prove it: lock free, and none of the processes that were master's children left.
 * A master that is not running is fine. CK_ETIMEOUT names what is still there.
 */
int master_stop(const struct master_control *c, struct ck_err *err) CK_MUST_USE;

/** Start and prove it: lock held, and it stays so for a moment. Fine when it already runs. */
int master_start(const struct master_control *c, struct ck_err *err) CK_MUST_USE;

#endif
