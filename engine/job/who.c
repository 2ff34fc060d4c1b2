/* SPDX-License-Identifier: BSD-2-Clause */
#include "job/who.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/fs.h"

#define STAT_LIMIT 4096

/* The terminal of the session, from the device number in /proc/PID/stat; 0 for none. */
static dev_t terminal_of(pid_t pid)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	char path[64];
	unsigned tty;
	(void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	if (fs_read_file(AT_FDCWD, path, STAT_LIMIT, &text, NULL) < 0)
		return 0;
	/* The name in brackets may hold anything: count from behind it. */
	const char *p = strrchr(text.data, ')');
	if (!p || sscanf(p + 1, " %*c %*d %*d %*d %u", &tty) != 1)
		return 0;
	/* Packed as in <linux/kdev_t.h>: minor bits 0 to 7 and 20 to 31, major 8 to 19. */
	return tty ? makedev((tty >> 8) & 0xfff, (tty & 0xff) | ((tty >> 12) & 0xfff00)) : 0;
}

char *who_is(pid_t pid, uid_t uid)
{
	/* Never getpwuid(): a console asks in several threads. */
	char number[16], terminal[32] = "", names[4096];
	struct passwd entry, *pw = NULL;
	if (getpwuid_r(uid, &entry, names, sizeof names, &pw) != 0)
		pw = NULL;
	(void)snprintf(number, sizeof number, "%u", (unsigned)uid);
	dev_t tty = terminal_of(pid);
	if (tty && major(tty) >= 136 && major(tty) <= 143) /* UNIX 98 pseudo terminals */
		(void)snprintf(terminal, sizeof terminal, " on pts/%u",
		               minor(tty) + 256 * (major(tty) - 136));
	else if (tty && major(tty) == 4)
		(void)snprintf(terminal, sizeof terminal, " on tty%u", minor(tty));
	else if (tty)
		(void)snprintf(terminal, sizeof terminal, " on a terminal");
	char *who;
	return asprintf(&who, "%s%s", pw ? pw->pw_name : number, terminal) < 0 ? NULL : who;
}
