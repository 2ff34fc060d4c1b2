/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/direct.h"

#define BLOCK     (4u << 20)  /* one write */
#define WRITE_OUT (64u << 20) /* buffered: start write-out this often */

struct sink {
	int fd;
	const char *name;
	char *block;      /* BLOCK bytes, aligned */
	size_t fill;      /* of them in use */
	uint64_t offset;  /* where block will lie */
	uint64_t started; /* buffered: write-out was started up to here */
	bool direct;
};

int sink_open(int fd, const char *name, struct sink **ret, struct ck_err *err)
{
	struct sink *s = ck_alloc(1, sizeof *s);
	if (!s)
		return ck_err_nomem(err);
	s->block = aligned_alloc(DIRECT_ALIGN, BLOCK);
	if (!s->block) {
		free(s);
		return ck_err_nomem(err);
	}
	s->fd = fd;
	s->name = name;
	s->direct = direct_set(fd, true);
	*ret = s;
	return 0;
}

void sink_close(struct sink *s)
{
	if (!s)
		return;
	free(s->block);
	free(s);
}

static int put(struct sink *s, size_t len, struct ck_err *err)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pwrite(s->fd, s->block + done, len - done, (off_t)(s->offset + done));
		if (n > 0) {
			done += (size_t)n;
		} else if (n < 0 && errno == EINTR) {
			continue;
		} else if (s->direct && (errno == EINVAL || n >= 0)) {
			/* This file system promises O_DIRECT and does not keep it, or a short
			 * write left us unaligned: go on through the page cache. */
			(void)direct_set(s->fd, false);
			s->direct = false;
		} else {
			if (n == 0)
				errno = EIO;
			return ck_err_sys(err, "cannot write archive '%s'", s->name);
		}
	}
	s->offset += len;
	if (!s->direct && s->offset - s->started >= WRITE_OUT) {
		(void)sync_file_range(s->fd, (off_t)s->started, (off_t)(s->offset - s->started),
		                      SYNC_FILE_RANGE_WRITE);
		s->started = s->offset;
	}
	return 0;
}

int sink_write(struct sink *s, const void *data, size_t len, struct ck_err *err)
{
	const char *p = data;
	while (len) {
		size_t n = BLOCK - s->fill < len ? BLOCK - s->fill : len;
		memcpy(s->block + s->fill, p, n);
		s->fill += n;
		p += n;
		len -= n;
		if (s->fill < BLOCK)
			break;
		int r = put(s, BLOCK, err);
		if (r < 0)
			return r;
		s->fill = 0;
	}
	return 0;
}

int sink_finish(struct sink *s, struct ck_err *err)
{
	if (s->direct) {
		(void)direct_set(s->fd, false);
		s->direct = false;
	}
	int r = put(s, s->fill, err);
	if (r < 0)
		return r;
	s->fill = 0;
	if (fsync(s->fd) < 0)
		return ck_err_sys(err, "cannot sync archive '%s'", s->name);
	return 0;
}
