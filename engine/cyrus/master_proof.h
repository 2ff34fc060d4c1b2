/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Proof that master is really gone: what belonged to it before the stop is noted, and afterwards
 * everything of it, and everything else that could still write to the store, is looked for in
 * /proc. A pid file alone proves nothing: a child that hangs keeps its mailbox open.
 */
#ifndef CYRUS_MASTER_PROOF_H
#define CYRUS_MASTER_PROOF_H

#include <sys/types.h>

#include "cyrus/master.h"

/** One process, told from a later one with the same number by its start time. */
struct proof_process {
	pid_t pid;
	uint64_t start; /**< In clock ticks since boot. */
};

/** What must be gone. Zero-initialise. */
struct master_proof {
	struct proof_process *processes; /**< Master and its descendants, by number. */
	size_t n;
	struct ck_strv ports; /**< Listening addresses as /proc/net/tcp spells them. */
};

/** Add the living descendants of @master and its listening ports. May be called again. */
int proof_note(struct master_proof *p, pid_t master, struct ck_err *err) CK_MUST_USE;

/** What is still there: "imapd (pid 812)", "port 143"; appended to @ret; nothing means proven. */
int proof_look(const struct master_proof *p, const struct master_control *c, struct ck_strv *ret,
               struct ck_err *err) CK_MUST_USE;

/** A TCP port that @master listens on, as a door that takes connections. @return false: none. */
bool proof_listener(pid_t master, struct master_door *ret);

void proof_fini(struct master_proof *p);

#endif
