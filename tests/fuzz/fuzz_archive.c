/* SPDX-License-Identifier: BSD-2-Clause */
/* A whole archive from a stranger: opened, listed, its messages read; damage is an error only. */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "archive/reader.h"
#include "base/fs.h"

static void browse(struct ck_archive *a)
{
	struct ck_archived_mailbox *boxes = NULL;
	size_t n = 0;
	if (ck_archive_mailboxes(a, &boxes, &n, NULL) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		struct ck_archived_message *list = NULL;
		size_t messages = 0;
		if (ck_archive_messages(a, boxes[i].name, &list, &messages, NULL) < 0)
			continue;
		for (size_t j = 0; j < messages; j++) {
			struct ck_buf raw = CK_BUF_INIT;
			int r = ck_archive_message(a, boxes[i].name, list[j].uid, &raw, NULL);
			CHECK(r < 0 || raw.len == list[j].size);
			ck_buf_fini(&raw);
		}
		ck_archived_messages_free(list, messages);
	}
	ck_archived_mailboxes_free(boxes, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ck_err err = CK_ERR_INIT;
	struct ck_archive *a = NULL;
	int fd = memfd_create("archive", MFD_CLOEXEC);
	CHECK(fd >= 0 && fs_write_all(fd, data, len) == 0);
	int r = reader_open(fd, "input", &a, &err);
	CHECK(r >= 0 || err.msg[0]);
	if (r >= 0)
		browse(a);
	ck_archive_close(a);
	return 0;
}
