/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive/frame.h"

#include <stdlib.h>

#include <zstd.h>

/* 16 MiB, zstd takes as much of it as a frame needs: a level's own window is a fraction of our
 * frames. Every decoder takes up to 27 (zstd.h, ZSTD_WINDOWLOG_LIMIT_DEFAULT). */
#define WINDOW_LOG 24

struct frame_packer {
	ZSTD_CCtx *z;
};

struct frame_unpacker {
	ZSTD_DCtx *z;
};

int frame_packer_new(int level, struct frame_packer **ret, struct ck_err *err)
{
	struct frame_packer *p = ck_alloc(1, sizeof *p);
	if (!p)
		return ck_err_nomem(err);
	p->z = ZSTD_createCCtx();
	if (!p->z || ZSTD_isError(ZSTD_CCtx_setParameter(p->z, ZSTD_c_compressionLevel, level)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(p->z, ZSTD_c_windowLog, WINDOW_LOG)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(p->z, ZSTD_c_checksumFlag, 1)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(p->z, ZSTD_c_contentSizeFlag, 1))) {
		frame_packer_free(p);
		return ck_err_nomem(err);
	}
	*ret = p;
	return 0;
}

void frame_packer_free(struct frame_packer *p)
{
	if (!p)
		return;
	(void)ZSTD_freeCCtx(p->z);
	free(p);
}

int frame_pack(struct frame_packer *p, const void *data, size_t len, struct ck_buf *ret,
               struct ck_err *err)
{
	ck_buf_reset(ret);
	if (ck_buf_reserve(ret, ZSTD_compressBound(len)) < 0)
		return ck_err_nomem(err);
	size_t n = ZSTD_compress2(p->z, ret->data, ret->cap, data, len);
	if (ZSTD_isError(n))
		return ck_err_set(err, CK_EFAIL, "cannot compress %zu bytes: %s", len,
		                  ZSTD_getErrorName(n));
	ret->len = n;
	return 0;
}

int frame_unpacker_new(struct frame_unpacker **ret, struct ck_err *err)
{
	struct frame_unpacker *u = ck_alloc(1, sizeof *u);
	if (!u)
		return ck_err_nomem(err);
	u->z = ZSTD_createDCtx();
	if (!u->z) {
		free(u);
		return ck_err_nomem(err);
	}
	*ret = u;
	return 0;
}

void frame_unpacker_free(struct frame_unpacker *u)
{
	if (!u)
		return;
	(void)ZSTD_freeDCtx(u->z);
	free(u);
}

int frame_unpack(struct frame_unpacker *u, const void *data, size_t len, size_t want,
                 struct ck_buf *ret, struct ck_err *err)
{
	ck_buf_reset(ret);
	if (want > FRAME_LIMIT)
		return ck_err_set(err, CK_ECORRUPT, "a frame claims to hold %zu bytes", want);
	/* ZSTD_decompressDCtx() would accept several frames, and skippable ones, in a row. */
	size_t whole = ZSTD_findFrameCompressedSize(data, len);
	if (ZSTD_isError(whole))
		return ck_err_set(err, CK_ECORRUPT, "not a zstd frame: %s",
		                  ZSTD_getErrorName(whole));
	if (whole != len)
		return ck_err_set(err, CK_ECORRUPT,
		                  "the frame has %zu bytes where the seek table says %zu", whole,
		                  len);
	if (ret->cap < want + 2)
		ck_buf_fini(ret); /* no bytes to be kept, and no more room than is needed */
	if (ck_buf_reserve(ret, want + 1) < 0)
		return ck_err_nomem(err);
	size_t n = ZSTD_decompressDCtx(u->z, ret->data, want, data, len);
	if (ZSTD_isError(n))
		return ck_err_set(err, CK_ECORRUPT, "cannot unpack a frame: %s",
		                  ZSTD_getErrorName(n));
	if (n != want)
		return ck_err_set(err, CK_ECORRUPT,
		                  "the frame holds %zu bytes where the seek table says %zu", n,
		                  want);
	ret->len = n;
	ret->data[n] = '\0';
	return 0;
}
