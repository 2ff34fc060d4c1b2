/* SPDX-License-Identifier: BSD-2-Clause */
#include "cyrus/process.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cyrkeep/defs.h>

#include "base/fs.h"

#define STAT_MAX 1024 /* the fields that are wanted come first, behind 15 bytes of name */

/* "pid (name with anything) S ppid …"; the start time is the 22nd field. */
bool process_parse(const char *text, struct process *ret)
{
	const char *p = strrchr(text, ')');
	int pid, parent;
	if (!p || sscanf(text, "%d", &pid) != 1 ||
	    sscanf(p + 1, " %c %d", &ret->state, &parent) != 2)
		return false;
	ret->pid = pid;
	ret->parent = parent;
	for (int field = 2; field < 22 && p; field++)
		p = strchr(p + 1, ' ');
	return p && sscanf(p, " %" SCNu64, &ret->start) == 1;
}

bool process_read(pid_t pid, struct process *ret)
{
	char path[64], text[STAT_MAX];
	(void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	CK_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	int64_t n = fs_pread(fd, text, sizeof text - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	return process_parse(text, ret);
}

bool process_is_dead(const struct process *p)
{
	return p->state == 'Z' || p->state == 'X';
}
