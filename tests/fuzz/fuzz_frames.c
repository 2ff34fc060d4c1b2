/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An archive whose checksums are right, whatever its frames hold: headline, catalogue, indexes and
 * tar members of a stranger. The input is frames unpacked, each behind its length in four bytes.
 */
#include "fuzz/fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "archive/frame.h"
#include "archive/reader.h"
#include "archive/tar.h"
#include "base/fs.h"
#include "base/number.h"

#define FRAMES_MAX 16

static void pack(const uint8_t *data, size_t len, struct ck_buf *ret)
{
	struct frame_packer *packer = NULL;
	struct ck_buf frame = CK_BUF_INIT;
	struct seektable table = {0};
	CHECK(frame_packer_new(1, &packer, NULL) == 0);
	while (len >= 4 && table.n < FRAMES_MAX) {
		size_t size = be32(data);
		data += 4;
		len -= 4;
		size = size < len ? size : len;
		CHECK(frame_pack(packer, data, size, &frame, NULL) == 0);
		CHECK(ck_buf_add(ret, frame.data, frame.len) == 0);
		CHECK(seektable_add(&table, (uint32_t)frame.len, (uint32_t)size) == 0);
		data += size;
		len -= size;
	}
	CHECK(seektable_put(&table, ret) == 0);
	seektable_fini(&table);
	ck_buf_fini(&frame);
	frame_packer_free(packer);
}

static void read_messages(struct ck_archive *a, const char *mailbox)
{
	struct ck_archived_message *list = NULL;
	size_t n = 0;
	if (ck_archive_messages(a, mailbox, &list, &n, NULL) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		struct ck_buf raw = CK_BUF_INIT;
		int r = ck_archive_message(a, mailbox, list[i].uid, &raw, NULL);
		CHECK(r < 0 || raw.len == list[i].size);
		ck_buf_fini(&raw);
	}
	ck_archived_messages_free(list, n);
}

static void browse(struct ck_archive *a)
{
	struct ck_archived_mailbox *boxes = NULL;
	size_t n = 0;
	if (ck_archive_mailboxes(a, &boxes, &n, NULL) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		read_messages(a, boxes[i].name);
	ck_archived_mailboxes_free(boxes, n);
}

/* All frames as one tar stream. */
struct stream {
	const uint8_t *data;
	size_t len;
};

static int64_t next_bytes(void *arg, const void **ret)
{
	struct stream *s = arg;
	size_t n = 0;
	while (s->len >= 4 && n == 0) {
		n = be32(s->data);
		n = n < s->len - 4 ? n : s->len - 4;
		*ret = s->data + 4;
		s->data += 4 + n;
		s->len -= 4 + n;
	}
	return (int64_t)n;
}

static int see_member(void *arg, const struct tar_seen *seen, struct ck_err *err)
{
	(void)arg, (void)err;
	CHECK(seen->path != NULL);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ck_buf bytes = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	struct ck_archive *a = NULL;
	struct stream s = {data, len};
	(void)!tar_walk(next_bytes, see_member, &s, &err);
	pack(data, len, &bytes);
	int fd = memfd_create("archive", MFD_CLOEXEC);
	CHECK(fd >= 0 && fs_write_all(fd, bytes.data, bytes.len) == 0);
	ck_buf_fini(&bytes);
	err = (struct ck_err)CK_ERR_INIT;
	int r = reader_open(fd, "input", &a, &err);
	CHECK(r >= 0 || err.msg[0]);
	if (r >= 0)
		browse(a);
	ck_archive_close(a);
	return 0;
}
