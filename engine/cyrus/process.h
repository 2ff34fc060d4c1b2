/* SPDX-License-Identifier: BSD-2-Clause */
/** A line of the process table. Allocates nothing, so that a guard can ask too. */
#ifndef CYRUS_PROCESS_H
#define CYRUS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** One process; pid and start time together are never given out twice between two boots. */
struct process {
	pid_t pid, parent, group;
	uint64_t start; /**< In clock ticks since boot. */
	char state;     /**< As in /proc/PID/stat; 'Z' and 'X' are dead. */
};

/** @return false when there is no process @pid. */
bool process_read(pid_t pid, struct process *ret);

/** The text of /proc/PID/stat; false when it is none. */
bool process_parse(const char *text, struct process *ret);

/**
 * Does @pid wait for nothing any more but children that are all dead, and does not notice that they
 * are? A Cyrus master that is told to stop while a client is knocking can end like this (3.6): the
 * client keeps its pselect() busy, and SIGCHLD is let in only while that waits. It has nothing left
 * to do, and never ends. Children of another process group do not count: master waits for those of
 * DAEMON with wait=y when all others are gone.
 */
bool process_is_hung(pid_t pid);

/** Send @sig to the living children of @pid. */
void process_signal_children(pid_t pid, int sig);

/** Dead, but its parent has not asked for it. */
bool process_is_dead(const struct process *p);

#endif
