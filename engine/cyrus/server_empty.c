/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The directory below a mount point is there even when nothing is mounted on it. Cyrus then finds
 * all mailboxes without index; a backup would hold no mail and yet be made.
 */
#include <dirent.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cyrus/layout.h"
#include "cyrus/paths.h"
#include "cyrus/server_parts.h"

/* Nothing but what a file system or a deliverer makes anew? */
static bool is_empty(const char *path)
{
	DIR *dir = opendir(path);
	bool empty = dir != NULL;
	for (const struct dirent *e; empty && (e = readdir(dir));)
		empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		        strcmp(e->d_name, "lost+found") == 0 ||
		        layout_left_out(e->d_name, S_IFDIR, false, 0);
	if (dir)
		(void)closedir(dir);
	return empty;
}

/* With a meta partition an empty one may be right: then the index is elsewhere. */
static int count_lost(const struct ck_server *server, uint32_t partition, uint64_t *ret)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf path = CK_BUF_INIT;
	*ret = 0;
	for (size_t i = 0; i < server->nmailboxes; i++) {
		const struct ck_mailbox *m = &server->mailboxes[i];
		if (m->partition != partition)
			continue;
		if (*ret == 0) {
			int r = mailbox_meta_file(server, m, META_INDEX, &path, NULL);
			if (r == CK_ENOMEM)
				return r;
			if (r == 0 && access(path.data, F_OK) == 0)
				return 0;
		}
		++*ret;
	}
	return 0;
}

int server_note_empty(struct ck_server *server, struct ck_err *err)
{
	for (uint32_t i = 0; i < server->npartitions; i++) {
		const struct ck_partition *p = &server->partitions[i];
		uint64_t lost;
		if (p->kind != CK_PARTITION_DATA || !p->present || !is_empty(p->path))
			continue;
		if (count_lost(server, i, &lost) < 0 ||
		    (lost && server_problem(server, "E-GATE-EMPTY", true,
		                            "mount it, or delete the mailboxes that are gone",
		                            "partition '%s' is empty, but mailboxes.db has %" PRIu64
		                            " mailboxes there: is '%s' mounted?",
		                            p->name, lost, p->path) < 0))
			return ck_err_nomem(err);
	}
	return 0;
}
