/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads unpack frames ahead; one thread takes them in order, walks the tar members and hashes the
 * messages that the catalogue says lie there. */
#include "archive/check.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/direct.h"
#include "archive/frame.h"
#include "archive/reader.h"
#include "archive/tar.h"
#include "base/number.h"
#include "base/sha1.h"

#define AHEAD_PER_THREAD 2
#define THREADS_MAX      16

/* Of what is unpacked and waits to be looked at: 33 of our frames fit, of a hostile archive's six.
 * Buffers that are larger than their part of it are given back. */
#define HELD_MOST ((size_t)384 << 20)

/* A frame that is, or will be, unpacked. */
struct slot {
	struct ck_buf bytes;
	struct ck_err err; /* code 0: sound */
	bool ready;
};

/* A message whose bytes are passing by. */
struct passing {
	struct catalog_message row;
	uint64_t left; /* bytes to come */
	bool active;
};

struct check {
	struct ck_archive *a;
	int fd; /* the same archive, past the page cache */
	struct run *run;
	struct check_result *result;
	bool guids;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct slot *slots;
	size_t nslots;
	size_t next;  /* frame to be unpacked next */
	size_t taken; /* frame that the consumer has or waits for */
	size_t held;  /* bytes of frames from there on that are unpacked, or are being */
	bool stop;

	/* The consumer's. */
	struct catalog_walk *walk;       /* NULL without guids */
	struct catalog_message next_row; /* the message that comes next, */
	bool has_next_row;               /* if any */
	struct ck_err failure;           /* why the catalogue could not be read on */
	struct passing passing;
	struct sha1 *sha1;
	size_t frame;                        /* being consumed */
	uint64_t members, entries, messages; /* entries: members that are directories */
};

static int damage(struct check *c, const struct catalog_message *m, const char *code,
                  const char *text)
{
	CK_CLEANUP(ck_buf_fini) struct ck_buf name = CK_BUF_INIT;
	if (m && catalog_mailbox_name(c->a->catalog, m->mailbox, &name, NULL) == CK_ENOMEM)
		return CK_ENOMEM;
	if (!c->result->damage++)
		(void)snprintf(c->result->first, sizeof c->result->first, "%s", text);
	run_finding(c->run, m ? name.data : NULL, m ? m->uid : 0, code,
	            "take what is damaged from another archive; check the disk that holds this one",
	            "%s", text);
	return 0;
}

static void unpack_slot(struct direct_reader *disk, struct frame_unpacker *u,
                        const struct seekframe *f, struct slot *slot)
{
	const char *packed = NULL;
	int r = direct_read(disk, f->offset, f->packed, &packed, &slot->err);
	if (r >= 0)
		r = frame_unpack(u, packed, f->packed, f->size, &slot->bytes, &slot->err);
	if (r < 0 && !slot->err.code)
		slot->err.code = (enum ck_code)r;
}

/* Is there room for the next frame? For the one that is waited for there always is. */
static bool has_room(const struct check *c)
{
	return c->next <= c->taken || (c->next < c->taken + c->nslots &&
	                               c->held + c->a->table.frames[c->next].size <= HELD_MOST);
}

static void give_back(struct check *c, struct slot *slot)
{
	slot->ready = false;
	c->held -= c->a->table.frames[c->frame].size;
	if (slot->bytes.cap > HELD_MOST / c->nslots)
		ck_buf_fini(&slot->bytes);
}

static void *unpack_frames(void *arg)
{
	struct check *c = arg;
	struct frame_unpacker *u = NULL;
	struct direct_reader disk = DIRECT_READER_INIT(c->fd);
	struct ck_err none = CK_ERR_INIT;
	int started = frame_unpacker_new(&u, &none);
	(void)pthread_mutex_lock(&c->lock);
	while (!c->stop && c->next < c->a->table.n) {
		if (!has_room(c)) {
			(void)pthread_cond_wait(&c->changed, &c->lock);
			continue;
		}
		size_t number = c->next++;
		struct slot *slot = &c->slots[number % c->nslots];
		const struct seekframe *f = &c->a->table.frames[number];
		c->held += f->size;
		(void)pthread_mutex_unlock(&c->lock);
		slot->err = none;
		if (started < 0)
			(void)ck_err_nomem(&slot->err);
		else
			unpack_slot(&disk, u, f, slot);
		if (f->packed > HELD_MOST / c->nslots)
			direct_reader_fini(&disk);
		(void)pthread_mutex_lock(&c->lock);
		slot->ready = true;
		(void)pthread_cond_broadcast(&c->changed);
	}
	(void)pthread_mutex_unlock(&c->lock);
	direct_reader_fini(&disk);
	frame_unpacker_free(u);
	return NULL;
}

static int message_lost(struct check *c, const struct catalog_message *m, const char *why)
{
	char text[200];
	(void)snprintf(text, sizeof text, "the message cannot be read from frame %" PRIu32 ": %s",
	               m->frame, why);
	return damage(c, m, "message-damaged", text);
}

static int end_message(struct check *c)
{
	struct catalog_message *m = &c->passing.row;
	uint8_t guid[SHA1_SIZE];
	c->passing.active = false;
	c->messages++;
	if (!c->guids || m->state & CATALOG_BAD) /* told when the archive was made */
		return 0;
	int r = sha1_end(c->sha1, guid, NULL);
	if (r < 0)
		return r;
	if (memcmp(guid, m->guid, sizeof m->guid) == 0)
		return 0;
	return message_lost(c, m, "its bytes do not have its GUID");
}

/* A link lies where its first name lies: once is enough. */
static bool lie_together(const struct catalog_message *a, const struct catalog_message *b)
{
	return a->frame == b->frame && a->offset == b->offset && a->size == b->size &&
	       memcmp(a->guid, b->guid, sizeof a->guid) == 0;
}

/* Go on to the next message that lies somewhere else. */
static int next_row(struct check *c, struct ck_err *err)
{
	struct catalog_message last = c->next_row;
	bool first = !c->has_next_row;
	int r;
	while ((r = catalog_walk_next(c->walk, &c->next_row, err)) > 0) {
		c->has_next_row = true;
		if (first || !lie_together(&last, &c->next_row))
			return 0;
		c->messages++;
	}
	c->has_next_row = false;
	return r;
}

/* The messages, or parts of one, that lie in a sound frame. */
static int pass_messages(struct check *c, const struct ck_buf *bytes)
{
	size_t from = 0;
	for (;;) {
		struct passing *p = &c->passing;
		if (!p->active) {
			if (!c->has_next_row || c->next_row.frame != c->frame)
				return 0;
			p->row = c->next_row;
			int r = next_row(c, &c->failure);
			if (r < 0)
				return r;
			p->left = p->row.size;
			p->active = true;
			from = p->row.offset;
			if (from > bytes->len) {
				p->active = false;
				if (message_lost(c, &p->row, "it would begin behind the end") < 0)
					return CK_ENOMEM;
				continue;
			}
			if (c->guids)
				sha1_begin(c->sha1);
		}
		size_t n = bytes->len - from < p->left ? bytes->len - from : (size_t)p->left;
		if (c->guids)
			sha1_add(c->sha1, bytes->data + from, n);
		p->left -= n;
		if (p->left)
			return 0; /* it goes on in the next frame */
		int r = end_message(c);
		if (r < 0)
			return r;
	}
}

/* All messages that touch a damaged frame are lost. */
static int lose_messages(struct check *c)
{
	int r = 0;
	if (c->passing.active) {
		r = message_lost(c, &c->passing.row, "the frame it goes on in is damaged");
		c->passing.active = false;
	}
	while (r >= 0 && c->has_next_row && c->next_row.frame == c->frame) {
		r = message_lost(c, &c->next_row, "the frame is damaged");
		if (r >= 0)
			r = next_row(c, &c->failure);
	}
	return r;
}

static int consume(struct check *c, struct slot *slot)
{
	if (slot->err.code == CK_ENOMEM)
		return CK_ENOMEM;
	if (slot->err.code) {
		char text[800];
		(void)snprintf(text, sizeof text, "frame %zu at byte %" PRIu64 " is damaged: %s",
		               c->frame, c->a->table.frames[c->frame].offset, slot->err.msg);
		int r = damage(c, NULL, "frame-damaged", text);
		if (r >= 0)
			r = lose_messages(c);
		/* For the walk, nothing but zeros is known of it. */
		ck_buf_reset(&slot->bytes);
		if (r < 0 || ck_buf_reserve(&slot->bytes, c->a->table.frames[c->frame].size) < 0)
			return CK_ENOMEM;
		slot->bytes.len = c->a->table.frames[c->frame].size;
		memset(slot->bytes.data, 0, slot->bytes.len);
		return 0;
	}
	return pass_messages(c, &slot->bytes);
}

/* The bytes of the next frame, for the walk. */
static int64_t next_frame(void *arg, const void **ret)
{
	struct check *c = arg;
	struct ck_err err = CK_ERR_INIT;
	if (run_checkpoint(c->run, &err) < 0)
		return CK_ECANCEL;
	(void)pthread_mutex_lock(&c->lock);
	if (c->frame != SIZE_MAX) { /* the one before is done with */
		give_back(c, &c->slots[c->frame % c->nslots]);
		c->taken = c->frame + 1;
		(void)pthread_cond_broadcast(&c->changed);
	}
	c->frame = c->frame == SIZE_MAX ? 0 : c->frame + 1;
	bool end = c->frame >= c->a->table.n;
	struct slot *slot = &c->slots[c->frame % c->nslots];
	while (!end && !slot->ready)
		(void)pthread_cond_wait(&c->changed, &c->lock);
	(void)pthread_mutex_unlock(&c->lock);
	if (end)
		return 0;
	int r = consume(c, slot);
	if (r < 0)
		return r;
	if (c->guids) { /* after a copy the figures are the copy's */
		atomic_fetch_add(&c->run->bytes_done, slot->bytes.len);
		atomic_store(&c->run->messages_done, c->messages);
	}
	c->result->bytes += slot->bytes.len;
	*ret = slot->bytes.data;
	return (int64_t)slot->bytes.len;
}

static int see_member(void *arg, const struct tar_seen *seen, struct ck_err *err)
{
	struct check *c = arg;
	(void)err;
	c->members++;
	c->entries += seen->directory;
	return 0;
}

/* Nothing about the archive: why it could not be looked at. */
static int give_up(const struct check *c, int code, const char *why, struct ck_err *err)
{
	if (c->failure.code) {
		if (err)
			*err = c->failure;
		return (int)c->failure.code;
	}
	if (code == CK_ECANCEL)
		return ck_err_set(err, CK_ECANCEL, "cancelled");
	return ck_err_set(err, (enum ck_code)code, "cannot check: %s", why);
}

static int walk_members(struct check *c, struct ck_err *err)
{
	struct ck_err why = CK_ERR_INIT;
	int r = tar_walk(next_frame, see_member, c, &why);
	bool walked = r >= 0;
	if (c->failure.code || (r < 0 && r != CK_ECORRUPT))
		return give_up(c, r, why.msg, err);
	/* The walk ends at the end of the tar stream, or at damage; the rest is still looked at. */
	const void *rest = NULL;
	int64_t n;
	while (c->frame + 1 <= c->a->table.n && (n = next_frame(c, &rest)) != 0) {
		if (n < 0)
			return give_up(c, (int)n, "out of memory", err);
	}
	if (!walked && !c->result->damage)
		return damage(c, NULL, "tar-damaged", why.msg);
	return 0;
}

static int compare_counts(struct check *c, struct ck_err *err)
{
	char text[300];
	uint64_t messages = 0, files = 0;
	int r = catalog_counts(c->a->catalog, &messages, &files, err);
	if (r < 0 || c->result->damage)
		return r; /* with damage, counts say nothing more */
	if (c->guids && c->messages != messages) {
		(void)snprintf(text, sizeof text,
		               "the catalogue has %" PRIu64 " stored messages, %" PRIu64
		               " were found",
		               messages, c->messages);
		r = damage(c, NULL, "count-mismatch", text);
	}
	/* Catalogue and headline are files too, but not in the catalogue; and what two mailboxes
	 * of a broken mailboxes.db share is there twice. */
	if (r >= 0 && c->members - c->entries < messages + files + 2) {
		(void)snprintf(text, sizeof text,
		               "the archive has %" PRIu64 " files, the catalogue %" PRIu64,
		               c->members - c->entries, messages + files + 2);
		r = damage(c, NULL, "count-mismatch", text);
	}
	/* The headline does not count itself. */
	if (r >= 0 && c->members != c->a->headline.members + 1) {
		(void)snprintf(text, sizeof text,
		               "the archive has %" PRIu64 " members, it says %" PRIu64, c->members,
		               c->a->headline.members + 1);
		r = damage(c, NULL, "count-mismatch", text);
	}
	return r;
}

static int run_threads(struct check *c, struct ck_err *err)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	/* While one waits for the disk another unpacks. */
	size_t want = cores < 1 ? 2 : (size_t)cores * 2, n = 0;
	want = want < THREADS_MAX ? want : THREADS_MAX;
	pthread_t threads[THREADS_MAX];
	c->nslots = want * AHEAD_PER_THREAD + 1;
	c->slots = ck_alloc(c->nslots, sizeof *c->slots);
	if (!c->slots)
		return ck_err_nomem(err);
	for (size_t i = 0; i < c->nslots; i++)
		c->slots[i].bytes = (struct ck_buf)CK_BUF_INIT;
	while (n < want && pthread_create(&threads[n], NULL, unpack_frames, c) == 0)
		n++;
	int r = n ? walk_members(c, err) : ck_err_set(err, CK_EFAIL, "cannot start a thread");
	(void)pthread_mutex_lock(&c->lock);
	c->stop = true;
	(void)pthread_cond_broadcast(&c->changed);
	(void)pthread_mutex_unlock(&c->lock);
	for (size_t i = 0; i < n; i++)
		(void)pthread_join(threads[i], NULL);
	for (size_t i = 0; i < c->nslots; i++)
		ck_buf_fini(&c->slots[i].bytes);
	free(c->slots);
	return r;
}

/* Once more, for reading what is on the disk: what memory still holds of it proves nothing. */
static int open_direct(const struct ck_archive *a, struct ck_err *err)
{
	struct stat ours, theirs;
	CK_CLOSE int fd = open(a->name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &theirs) < 0 || fstat(a->fd, &ours) < 0)
		return ck_err_sys(err, "cannot open archive '%s'", a->name);
	if (ours.st_dev != theirs.st_dev || ours.st_ino != theirs.st_ino)
		return ck_err_set(err, CK_EBUSY, "archive '%s' was replaced just now", a->name);
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	(void)direct_set(fd, true);
	return CK_STEAL_FD(fd);
}

int archive_check(const struct ck_settings *settings, const char *which, struct run *run,
                  bool guids, struct check_result *ret, struct ck_err *err)
{
	CK_CLEANUP(ck_archive_closep) struct ck_archive *a = NULL;
	int r = ck_archive_open(settings, which, &a, err);
	if (r < 0)
		return r;
	*ret = (struct check_result){0};
	CK_CLOSE int fd = open_direct(a, err);
	if (fd < 0)
		return fd;
	struct check c = {
		.a = a, .fd = fd, .run = run, .result = ret, .guids = guids, .frame = SIZE_MAX};
	(void)pthread_mutex_init(&c.lock, NULL);
	(void)pthread_cond_init(&c.changed, NULL);
	if (guids) { /* with those that are expunged: they are read, too */
		uint64_t messages, files;
		if (catalog_counts(a->catalog, &messages, &files, NULL) >= 0)
			atomic_store(&run->messages_total, messages);
		for (size_t i = 0; i < a->table.n; i++)
			atomic_fetch_add(&run->bytes_total, a->table.frames[i].size);
	}
	r = sha1_new(&c.sha1, err);
	if (r >= 0 && guids)
		r = catalog_walk_new(a->catalog, &c.walk, err);
	if (r >= 0 && guids)
		r = next_row(&c, err);
	if (r >= 0)
		r = run_threads(&c, err);
	if (r >= 0)
		r = compare_counts(&c, err);
	ret->messages = c.messages;
	ret->members = c.members;
	catalog_walk_free(c.walk);
	sha1_free(c.sha1);
	(void)pthread_mutex_destroy(&c.lock);
	(void)pthread_cond_destroy(&c.changed);
	return r < 0 ? r : 0;
}
