/* SPDX-License-Identifier: BSD-2-Clause */
#include "select/records.h"

#include <fcntl.h>

#include "cyrus/paths.h"

int records_read(const struct ck_server *server, const struct ck_mailbox *mailbox,
                 struct index *ret)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf path = CK_BUF_INIT;
	int r = mailbox_meta_file(server, mailbox, META_INDEX, &path, NULL);
	return r < 0 ? r : index_read(AT_FDCWD, path.data, ret, NULL);
}
