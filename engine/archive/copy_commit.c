/* SPDX-License-Identifier: BSD-2-Clause */
/* What was packed becomes rows, findings and figures: in the order of the archive, by one thread.
 */
#include "archive/copy_state.h"
#include "cyrus/index.h"

static int commit_file(struct copy *c, const struct item *item, struct ck_err *err)
{
	if (!item->stored || item->kind == ITEM_DIRECTORY)
		return 0;
	struct catalog_file f = {
		.member = item->stored_as,
		.mailbox = item->box ? item->box->number : 0,
		.kind = item->file_kind,
		.size = item->size,
		.frame = item->place.frame,
		.offset = item->place.offset,
	};
	return catalog_put_file(c->catalog, &f, err);
}

/* Texts come in the order of the databases, those that could not be written too. */
static int commit_text(struct copy *c, const struct item *item, struct ck_err *err)
{
	while (c->next_text < c->ndatabases && !c->databases[c->next_text].wanted)
		c->next_text++;
	if (c->next_text < c->ndatabases) {
		struct copy_database *db = &c->databases[c->next_text++];
		db->text = item->stored;
		db->records = item->records;
	}
	return commit_file(c, item, err);
}

static int commit_message(struct copy *c, const struct item *item, struct ck_err *err)
{
	struct catalog_message row = item->row;
	struct box *box = item->box;
	bool live = !(row.flags & (INDEX_EXPUNGED | INDEX_UNLINKED));
	if (item->stored) {
		row.state |= CATALOG_STORED;
		row.frame = item->place.frame;
		row.offset = item->place.offset;
		row.size = item->size;
		box->messages += live;
		box->bytes += live ? item->size : 0;
	}
	return catalog_put_message(c->catalog, &row, err);
}

static enum ck_grade grade_of(const struct copy *c, const struct box *box)
{
	if (box->unreadable)
		return CK_GRADE_F;
	if (box->differs && c->order.best < CK_GRADE_C)
		return CK_GRADE_C;
	return c->order.best;
}

static int commit_box(struct copy *c, struct box *box, struct ck_err *err)
{
	const struct ck_mailbox *m = box->mailbox;
	const struct ck_server *server = c->order.server;
	/* The row borrows what the server owns; the catalogue only reads it. */
	struct ck_archived_mailbox row = {
		.name = (char *)(uintptr_t)m->name,
		.intname = (char *)(uintptr_t)m->intname,
		.uniqueid = (char *)(uintptr_t)m->uniqueid,
		.partition = m->partition < server->npartitions
	                             ? server->partitions[m->partition].name
	                             : (char *)(uintptr_t) "",
		.acl = (char *)(uintptr_t)m->acl,
		.special = (char *)(uintptr_t)m->special,
		.user = (char *)(uintptr_t)m->user,
		.left_out_by = (char *)(uintptr_t)box->left_out_by,
		.grade = grade_of(c, box),
		.flags = m->flags,
		.uidvalidity = box->uidvalidity,
		.highestmodseq = box->highestmodseq,
		.messages = box->messages,
		.bytes = box->bytes,
		.messages_left_out = box->messages_left_out,
	};
	if (!box->left_out_by) {
		c->mailboxes++;
		c->grades[row.grade]++;
		c->messages += box->messages;
		c->bytes_mail += box->bytes;
		atomic_fetch_add(&c->run->mailboxes_done, 1);
	}
	return catalog_put_mailbox(c->catalog, box->number, &row, err);
}

static int commit_finding(struct copy *c, const struct found *found, struct ck_err *err)
{
	struct catalog_finding f = {
		.mailbox = found->box ? found->box->mailbox->name : NULL,
		.uid = found->uid,
		.code = found->code,
		.text = found->text,
		.remedy = found->remedy,
	};
	run_finding(c->run, f.mailbox, f.uid, f.code, f.remedy, "%s", f.text);
	c->nfindings++;
	return catalog_put_finding(c->catalog, &f, err);
}

/* Behind the catalogue: it cannot hold where it lies itself; the headline does. */
static int commit_own(struct copy *c, const struct item *item)
{
	if (item->kind == ITEM_FILE) {
		c->catalog_frame = item->place.frame;
		c->catalog_offset = item->place.offset;
		c->catalog_size = item->size;
	}
	return 0;
}

/* The catalogue has been closed, and lies where the archive does: what is wrong with it now is no
 * finding in an archive, which there will not be. */
static int fail_sealed(const struct copy *c, const struct found *found, struct ck_err *err)
{
	(void)ck_err_set(err, CK_EIO, "cannot finish the archive in '%s': %s", c->order.directory,
	                 found->text);
	return ck_err_remedy(err, "see whether its file system is still mounted there and who "
	                          "changes files in it, then back up again");
}

int copy_commit(void *copy, struct slice *s, struct ck_err *err)
{
	struct copy *c = copy;
	int r = c->sealed && s->nfound ? fail_sealed(c, &s->found[0], err) : 0;
	for (size_t i = 0; r >= 0 && i < s->nfound; i++)
		r = commit_finding(c, &s->found[i], err);
	for (size_t i = 0; r >= 0 && i < s->n; i++) {
		const struct item *item = &s->items[i];
		c->members += item->stored || item->linked;
		switch (item->kind) {
		case ITEM_MESSAGE:
		case ITEM_RECORD:
			r = commit_message(c, item, err);
			break;
		case ITEM_DUMP:
			r = commit_text(c, item, err);
			break;
		case ITEM_BOX_ENDS:
			r = commit_box(c, item->box, err);
			break;
		default:
			r = c->sealed ? commit_own(c, item) : commit_file(c, item, err);
			break;
		}
	}
	return r;
}
