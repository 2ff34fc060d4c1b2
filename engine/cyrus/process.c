/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/process.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cyrkeep/defs.h>

#include "base/fs.h"

#define STAT_MAX   1024 /* the fields that are wanted come first, behind 15 bytes of name */
#define STATUS_MAX 8192

/* "pid (name with anything) S ppid …"; the start time is the 22nd field. */
bool process_parse(const char *text, struct process *ret)
{
	const char *p = strrchr(text, ')');
	int pid, parent, group;
	if (!p || sscanf(text, "%d", &pid) != 1 ||
	    sscanf(p + 1, " %c %d %d", &ret->state, &parent, &group) != 3)
		return false;
	ret->pid = pid;
	ret->parent = parent;
	ret->group = group;
	for (int field = 2; field < 22 && p; field++)
		p = strchr(p + 1, ' ');
	return p && sscanf(p, " %" SCNu64, &ret->start) == 1;
}

/* A file below /proc/PID, of which the first bytes are enough. @return false when it is not there.
 */
static bool read_file(pid_t pid, const char *name, char *ret, size_t size)
{
	char path[64];
	(void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	CK_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	int64_t n = fd < 0 ? -1 : fs_pread(fd, ret, size - 1, 0);
	ret[n > 0 ? n : 0] = '\0';
	return n > 0;
}

bool process_read(pid_t pid, struct process *ret)
{
	char text[STAT_MAX];
	return read_file(pid, "stat", text, sizeof text) && process_parse(text, ret);
}

static bool is_pending(pid_t pid, int sig)
{
	char text[STATUS_MAX];
	uint64_t set;
	const char *line =
		read_file(pid, "status", text, sizeof text) ? strstr(text, "\nShdPnd:") : NULL;
	return line && sscanf(line, " ShdPnd: %" SCNx64, &set) == 1 && set >> (sig - 1) & 1;
}

/* The children of a process, one after the other. */
struct children {
	char text[STATUS_MAX];
	char *at;
};

static bool open_children(pid_t pid, struct children *ret)
{
	char name[64];
	(void)snprintf(name, sizeof name, "task/%d/children", (int)pid);
	ret->at = ret->text;
	return read_file(pid, name, ret->text, sizeof ret->text);
}

/* The next that still has a line in the process table. */
static bool next_child(struct children *c, struct process *ret)
{
	for (char *end;; c->at = end) {
		long pid = strtol(c->at, &end, 10);
		if (end == c->at)
			return false;
		if (process_read((pid_t)pid, ret)) {
			c->at = end;
			return true;
		}
	}
}

bool process_is_hung(pid_t pid)
{
	struct process p, child;
	struct children children;
	bool dead = false;
	if (!process_read(pid, &p) || (p.state != 'R' && p.state != 'S') ||
	    !is_pending(pid, SIGCHLD) || !open_children(pid, &children))
		return false;
	while (next_child(&children, &child)) {
		dead |= process_is_dead(&child);
		if (!process_is_dead(&child) && child.group == p.group)
			return false;
	}
	return dead;
}

void process_signal_children(pid_t pid, int sig)
{
	struct process child;
	struct children children;
	if (open_children(pid, &children))
		while (next_child(&children, &child))
			(void)kill(child.pid, sig);
}

bool process_is_dead(const struct process *p)
{
	return p->state == 'Z' || p->state == 'X';
}
