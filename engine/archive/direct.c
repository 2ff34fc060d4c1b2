/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive/direct.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

bool direct_set(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		return false;
	return fcntl(fd, F_SETFL, on ? flags | O_DIRECT : flags & ~O_DIRECT) == 0;
}

void direct_reader_fini(struct direct_reader *d)
{
	free(d->block);
	d->block = NULL;
	d->cap = 0;
}

static size_t aligned_up(uint64_t n)
{
	return (size_t)((n + DIRECT_ALIGN - 1) & ~(uint64_t)(DIRECT_ALIGN - 1));
}

static int reserve(struct direct_reader *d, size_t len, struct ck_err *err)
{
	if (len <= d->cap)
		return 0;
	direct_reader_fini(d);
	d->block = aligned_alloc(DIRECT_ALIGN, len);
	if (!d->block)
		return ck_err_nomem(err);
	d->cap = len;
	return 0;
}

int direct_read(struct direct_reader *d, uint64_t offset, size_t len, const char **ret,
                struct ck_err *err)
{
	size_t skip = (size_t)(offset % DIRECT_ALIGN), need = skip + len, done = 0;
	size_t whole = aligned_up(need);
	bool buffered = false;
	int r = reserve(d, whole, err);
	if (r < 0)
		return r;
	while (done < need) {
		ssize_t n =
			pread(d->fd, d->block + done, whole - done, (off_t)(offset - skip + done));
		if (n > 0) {
			done += (size_t)n;
		} else if (n == 0) {
			return ck_err_set(err, CK_ECORRUPT, "the file ends before");
		} else if (errno == EINVAL && !buffered) {
			/* Or a short read left us unaligned. Another thread may have switched it
			 * off in between: once more all the same. */
			(void)direct_set(d->fd, false);
			buffered = true;
		} else if (errno != EINTR) {
			return ck_err_sys(err, "cannot read it");
		}
	}
	*ret = d->block + skip;
	return 0;
}
