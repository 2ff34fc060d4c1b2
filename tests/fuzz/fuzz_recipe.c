/* SPDX-License-Identifier: BSD-2-Clause */
/* A recipe for Cyrus's master from any bytes: it fits, or why it does not is said. */
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fs.h"
#include "cyrus/master.h"

const char *__lsan_default_suppressions(void);

/* libconfig 1.5 forgets the text of a string literal that never ends. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static char imapd_conf[] = "/nowhere/imapd.conf", pidfile[] = "/nowhere/pid",
		    word[] = "/bin/true";
	static char *start[] = {word, NULL};
	struct ck_settings settings = {
		.imapd_conf = imapd_conf,
		.master = {.pidfile = pidfile, .start = {.items = start, .n = 1}, .timeout_s = 1}};
	struct master_control control = {0};
	struct ck_err err = CK_ERR_INIT;
	char path[40];
	/* The one would open whatever file is named, the other run whatever program. */
	if (memmem(data, len, "@include", 8) || memmem(data, len, "exists", 6))
		return 0;
	int fd = memfd_create("recipe", MFD_CLOEXEC);
	CHECK(fd >= 0 && fs_write_all(fd, data, len) == 0);
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	settings.master.recipe = path;
	/* Where it fits, imapd.conf is read, which is not there. */
	int r = master_detect(&settings, &control, &err);
	CHECK(r < 0 && r == err.code && err.msg[0]);
	master_control_fini(&control);
	(void)close(fd);
	return 0;
}
