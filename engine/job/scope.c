/* SPDX-License-Identifier: BSD-2-Clause */
#include "job/scope.h"

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/number.h"
#include "base/spawn.h"

#define CALL_MS  10000
#define MOVE_MS  5000
#define STEP_MS  10
#define STOP_US  "30000000" /* from SIGTERM to SIGKILL: time for starting Cyrus again */
#define PROC_MAX ((size_t)1 << 16)

/* Are we in the control group of @unit? */
static bool is_inside(const char *unit)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	return fs_read_file(AT_FDCWD, "/proc/self/cgroup", PROC_MAX, &text, NULL) == 0 &&
	       strstr(text.data, unit);
}

/*
 * @oom  Also say that what is left goes on when one process of the unit is killed because memory
 *       ran out: the guard, and a Cyrus that it has started. Known for scopes since systemd 253;
 *       before, they go on anyway.
 */
static int call_manager(const char *unit, const char *about, bool oom, struct ck_err *err)
{
	char pid[16];
	(void)snprintf(pid, sizeof pid, "%d", (int)getpid());
	const char *const head[] = {"busctl", "--system", "--quiet", "--expect-reply=yes", "call",
	                            /* whom */
	                            "org.freedesktop.systemd1", "/org/freedesktop/systemd1",
	                            "org.freedesktop.systemd1.Manager", "StartTransientUnit",
	                            /* name, mode, properties, auxiliary units */
	                            "ssa(sv)a(sa(sv))", unit, "fail", oom ? "5" : "4",
	                            "Description", "s", about,       /* */
	                            "PIDs", "au", "1", pid,          /* */
	                            "TimeoutStopUSec", "t", STOP_US, /* */
	                            "CollectMode", "s", "inactive-or-failed"};
	static const char *const more[] = {"OOMPolicy", "s", "continue"};
	const char *argv[CK_COUNT(head) + CK_COUNT(more) + 2];
	size_t n = CK_COUNT(head);
	memcpy(argv, head, sizeof head);
	for (size_t i = 0; oom && i < CK_COUNT(more); i++)
		argv[n++] = more[i];
	argv[n++] = "0";
	argv[n] = NULL;
	CK_CLEANUP(ck_buf_fini) struct ck_buf out = CK_BUF_INIT;
	int status;
	int r = spawn_run(argv, CALL_MS, &out, &status, err);
	if (r < 0)
		return r;
	if (status == 0)
		return 0;
	out.data[strcspn(out.data, "\r\n")] = '\0';
	return ck_err_set(err, CK_EFAIL, "'busctl' ended with status %d: %.200s", status, out.data);
}

int scope_enter(uint32_t job, struct ck_err *err)
{
	if (geteuid() != 0 || access("/run/systemd/system", F_OK) != 0)
		return 0;
	char unit[64], about[64];
	(void)snprintf(unit, sizeof unit, "cyrkeep-job-%u-%d.scope", job, (int)getpid());
	(void)snprintf(about, sizeof about, "cyrkeep job %u", job);
	int r = call_manager(unit, about, true, NULL);
	if (r == CK_EFAIL)
		r = call_manager(unit, about, false, err);
	if (r < 0)
		return ck_err_prefix(err, "cannot have the unit '%s'", unit);
	/* The answer tells that the unit will be there, not that it is. */
	for (int64_t end = time_mono_ms() + MOVE_MS; !is_inside(unit);) {
		if (time_mono_ms() >= end)
			return ck_err_set(err, CK_ETIMEOUT,
			                  "systemd did not move us into '%s' within %d s", unit,
			                  MOVE_MS / 1000);
		(void)poll(NULL, 0, STEP_MS);
	}
	return 1;
}
