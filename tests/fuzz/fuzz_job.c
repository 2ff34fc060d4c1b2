/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of a job, which another version, a crash or a full disk may have left as it likes: its
 * events, spec and figures. What is understood can be written, and means the same then. The first
 * byte chooses.
 */
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <zlib.h>

#include "base/fs.h"
#include "job/event.h"
#include "job/figures.h"
#include "job/spec.h"

static void try_event(const char *text, size_t len)
{
	struct ck_event ev = {0}, back = {0};
	struct ck_buf once = CK_BUF_INIT, twice = CK_BUF_INIT;
	if (ck_event_parse(text, len, &ev) < 0)
		return;
	CHECK(ev.json && event_format(&ev, &once) == 0);
	CHECK(ck_event_parse(once.data, once.len, &back) == 0);
	CHECK(event_format(&back, &twice) == 0 && strcmp(once.data, twice.data) == 0);
	ck_event_fini(&ev);
	ck_event_fini(&back);
	ck_buf_fini(&once);
	ck_buf_fini(&twice);
}

static void try_spec(const char *text, size_t len)
{
	struct spec spec = {0}, back = {0};
	struct ck_buf once = CK_BUF_INIT, twice = CK_BUF_INIT;
	if (spec_parse(text, len, &spec) < 0)
		return;
	CHECK(spec.who && spec.title && spec_format(&spec, &once) == 0);
	CHECK(spec_parse(once.data, once.len, &back) == 0);
	CHECK(spec_format(&back, &twice) == 0 && strcmp(once.data, twice.data) == 0);
	spec_fini(&spec);
	spec_fini(&back);
	ck_buf_fini(&once);
	ck_buf_fini(&twice);
}

/* One block; its checksum is put in place, so that what lies behind it gets tried. */
static void try_figures(const char *text, size_t len)
{
	char block[FIGURES_SIZE], head[10];
	struct figures f = {0};
	memset(block, ' ', sizeof block);
	memcpy(block + 9, text, len < sizeof block - 9 ? len : sizeof block - 9);
	(void)snprintf(head, sizeof head, "%08lx ",
	               crc32(0, (const Bytef *)block + 9, sizeof block - 9));
	memcpy(block, head, 9);
	int fd = memfd_create("figures", MFD_CLOEXEC);
	CHECK(fd >= 0 && fs_write_all(fd, block, sizeof block) == 0);
	if (figures_read(fd, &f) == 0)
		CHECK(f.percent >= 0 && f.percent <= 100);
	ck_event_fini(&f.event);
	(void)close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	const char *text = (const char *)data + 1;
	if (data[0] == 's')
		try_spec(text, len - 1);
	else if (data[0] == 'f')
		try_figures(text, len - 1);
	else
		try_event(text, len - 1);
	return 0;
}
