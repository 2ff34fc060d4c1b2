/* SPDX-License-Identifier: BSD-2-Clause */
/* A theme from any bytes: complete in any case, every colour one that its level has. */
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fs.h"
#include "terminal/theme.h"

const char *__lsan_default_suppressions(void);

/* libconfig 1.5 forgets the text of a string literal that never ends. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

static void check_style(const struct ui_style *s, enum ui_colours level)
{
	static const int32_t highest[UI_COLOURS_MAX_] = {
		[UI_COLOURS_MONO] = -1,
		[UI_COLOURS_16] = 15,
		[UI_COLOURS_256] = 255,
		[UI_COLOURS_DIRECT] = 0xffffff,
	};
	CHECK(s->fg >= -1 && s->bg >= -1 && s->attrs < 1u << 5);
	CHECK(s->fg <= highest[level] && s->bg <= highest[level]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ui_theme theme;
	struct ck_err err = CK_ERR_INIT;
	char path[40];
	if (memmem(data, len, "@include", 8)) /* would open whatever file is named */
		return 0;
	int fd = memfd_create("theme", MFD_CLOEXEC);
	CHECK(fd >= 0 && fs_write_all(fd, data, len) == 0);
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	int r = ui_theme_load(path, NULL, &theme, &err);
	CHECK(r == 0 || (r == err.code && err.msg[0]));
	for (int level = 0; level < UI_COLOURS_MAX_; level++)
		for (int role = 0; role < UI_ROLE_MAX_; role++)
			check_style(&theme.roles[level][role], (enum ui_colours)level);
	(void)close(fd);
	return 0;
}
