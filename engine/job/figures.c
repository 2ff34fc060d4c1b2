/* SPDX-License-Identifier: BSD-2-Clause */
#include "job/figures.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "base/fs.h"
#include "base/number.h"
#include "job/event.h"

#define HEAD_LEN 9 /* CRC in hexadecimal and a space */

static const char *const state_names[] = {
	[CK_JOB_STARTING] = "starting", [CK_JOB_RUNNING] = "running",
	[CK_JOB_PAUSED] = "paused",     [CK_JOB_CANCELLING] = "cancelling",
	[CK_JOB_DONE] = "done",         [CK_JOB_DEAD] = "dead",
};

const char *ck_job_state_name(enum ck_job_state state)
{
	return (size_t)state < CK_COUNT(state_names) ? state_names[state] : "";
}

static unsigned long block_crc(const char *block)
{
	return crc32(0, (const Bytef *)block + HEAD_LEN, FIGURES_SIZE - HEAD_LEN);
}

int figures_write(int fd, const struct figures *f)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf text = CK_BUF_INIT;
	(void)ck_buf_addf(&text, "%*s%s %d %llu ", HEAD_LEN, "", ck_job_state_name(f->state),
	                  f->percent, (unsigned long long)f->seq);
	if (event_format(&f->event, &text) < 0)
		return CK_ENOMEM;
	char block[FIGURES_SIZE], head[HEAD_LEN + 1];
	memset(block, ' ', sizeof block);
	memcpy(block, text.data, text.len < sizeof block ? text.len : sizeof block - 1);
	block[sizeof block - 1] = '\n';
	(void)snprintf(head, sizeof head, "%08lx ", block_crc(block));
	memcpy(block, head, HEAD_LEN);
	return pwrite(fd, block, sizeof block, 0) == (ssize_t)sizeof block ? 0 : -1;
}

/* "STATE PERCENT SEQ {JSON}": cut in place. */
static int parse_block(char *text, size_t len, struct figures *ret)
{
	size_t state = 0;
	uint64_t percent, seq;
	char *rest = text, *name = strsep(&rest, " "), *number = rest ? strsep(&rest, " ") : NULL,
	     *count = rest ? strsep(&rest, " ") : NULL;
	while (state < CK_COUNT(state_names) && strcmp(name, state_names[state]) != 0)
		state++;
	if (state == CK_COUNT(state_names) || !number || !count || !rest ||
	    !number_parse(number, strlen(number), 100, &percent) ||
	    !number_parse(count, strlen(count), UINT64_MAX, &seq))
		return CK_ECORRUPT;
	struct figures f = {.state = (enum ck_job_state)state, .percent = (int)percent, .seq = seq};
	size_t line = len - (size_t)(rest - text);
	while (line && (rest[line - 1] == ' ' || rest[line - 1] == '\n'))
		line--;
	int r = ck_event_parse(rest, line, &f.event);
	if (r == 0)
		*ret = f;
	return r;
}

int figures_read(int fd, struct figures *ret)
{
	char block[FIGURES_SIZE + 1], crc[HEAD_LEN + 1];
	int64_t n = fs_pread(fd, block, FIGURES_SIZE, 0);
	if (n == 0)
		return CK_ENOTFOUND;
	if (n != FIGURES_SIZE)
		return CK_ECORRUPT;
	block[FIGURES_SIZE] = '\0';
	(void)snprintf(crc, sizeof crc, "%08lx ", block_crc(block));
	if (memcmp(block, crc, HEAD_LEN) != 0 || memchr(block, '\0', FIGURES_SIZE))
		return CK_ECORRUPT;
	return parse_block(block + HEAD_LEN, FIGURES_SIZE - HEAD_LEN, ret);
}
