/* SPDX-License-Identifier: BSD-2-Clause */
/* The worker: reads the files of a slice, checks them, and makes frames of them. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "archive/packer.h"
#include "base/fs.h"
#include "base/number.h"
#include "base/sha1.h"
#include "cyrus/index.h"

int packer_new(const struct packer_shared *shared, struct packer **ret, struct ck_err *err)
{
	struct packer *p = ck_alloc(1, sizeof *p);
	if (!p)
		return ck_err_nomem(err);
	*p = (struct packer){.shared = *shared,
	                     .raw = CK_BUF_INIT,
	                     .packed = CK_BUF_INIT,
	                     .path = CK_BUF_INIT,
	                     .text = CK_BUF_INIT,
	                     .fd = -1};
	p->owners = owners_new();
	int r = p->owners ? sha1_new(&p->sha1, err) : ck_err_nomem(err);
	if (r >= 0)
		r = frame_packer_new(shared->level, &p->z, err);
	if (r >= 0)
		r = tar_writer_new(&p->raw, &p->tar, err);
	if (r >= 0 && ck_buf_reserve(&p->raw, frame_cut(shared->level) + PACKER_CHUNK + 8192) < 0)
		r = ck_err_nomem(err);
	if (r < 0) {
		packer_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

static void leave_dir(struct packer *p)
{
	if (p->fd >= 0)
		(void)close(p->fd);
	p->fd = -1;
	p->dir = NULL;
}

void packer_free(struct packer *p)
{
	if (!p)
		return;
	leave_dir(p);
	tar_writer_free(p->tar);
	frame_packer_free(p->z);
	owners_free(p->owners);
	sha1_free(p->sha1);
	ck_buf_fini(&p->raw);
	ck_buf_fini(&p->packed);
	ck_buf_fini(&p->path);
	ck_buf_fini(&p->text);
	free(p);
}

/* Give what has gathered away as a frame. */
static int emit(struct packer *p, struct ck_err *err)
{
	if (!p->raw.len)
		return 0;
	uint32_t size = (uint32_t)p->raw.len;
	int r = frame_pack(p->z, p->raw.data, p->raw.len, &p->packed, err);
	if (r < 0)
		return r;
	ck_buf_reset(&p->raw);
	p->frames++;
	return writer_put(p->shared.writer, p->slice->seq, &p->packed, size, err);
}

int packer_emit_full(struct packer *p, struct ck_err *err)
{
	return p->raw.len >= frame_cut(p->shared.level) ? emit(p, err) : 0;
}

/* Make dir the present one. @return its descriptor, or -1 with errno. */
static int enter(struct packer *p, const struct slice_dir *dir)
{
	if (p->dir != dir) {
		leave_dir(p);
		p->fd = strcmp(dir->path, ".") == 0
		                ? openat(dir->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
		                : fs_open_beneath(dir->root, dir->path, O_RDONLY | O_DIRECTORY, 0);
		p->dir_errno = p->fd < 0 ? errno : 0;
		p->dir = dir;
	}
	errno = p->dir_errno;
	return p->fd;
}

static const char *item_name(const struct item *item, char scratch[16])
{
	if (item->name)
		return item->name;
	(void)snprintf(scratch, 16, "%" PRIu32 ".", item->row.uid);
	return scratch;
}

/* The member name of a file, in the slice's arena. */
static const char *member_name(struct packer *p, const struct item *item)
{
	char scratch[16];
	if (item->member)
		return item->member;
	ck_buf_reset(&p->path);
	if (item->kind == ITEM_DIRECTORY)
		(void)ck_buf_adds(&p->path, item->dir->member);
	else
		(void)ck_buf_addf(&p->path, "%s/%s", item->dir->member, item_name(item, scratch));
	return p->path.failed ? NULL : arena_strn(p->slice->arena, p->path.data, p->path.len);
}

static int open_file(struct packer *p, const struct item *item)
{
	char scratch[16];
	const char *name = item_name(item, scratch);
	if (enter(p, item->dir) < 0)
		return -1;
	/* Never blocks on a pipe, never follows a link, leaves no trace where it may. */
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int fd = openat(p->fd, name, flags | O_NOATIME);
	if (fd < 0 && errno == EPERM)
		fd = openat(p->fd, name, flags);
	return fd;
}

int packer_put_header(struct packer *p, struct item *item, const struct stat *st,
                      const char *hardlink, const char *symlink, struct ck_err *err)
{
	struct tar_member m = {
		.path = item->stored_as,
		.st = st,
		.user = owners_user(p->owners, st->st_uid),
		.group = owners_group(p->owners, st->st_gid),
		.hardlink = hardlink,
		.symlink = symlink,
	};
	int r = packer_emit_full(p, err);
	if (r >= 0)
		r = tar_put_header(p->tar, &m, err);
	if (r < 0)
		return r;
	item->stored = true;
	return 0;
}

struct place packer_here(const struct packer *p)
{
	return (struct place){.frame = p->frames, .offset = (uint32_t)p->raw.len};
}

static int unreadable(struct packer *p, struct item *item, const char *why, struct ck_err *err)
{
	if (item->box)
		item->box->differs = true;
	item->row.state |= CATALOG_BAD;
	if (slice_found(p->slice, item->box, item->row.uid, "file-unreadable",
	                "check the disk and the permissions of the file, then back up again",
	                "cannot read '%s%s': %s", item_slash(item), item->stored_as, why) < 0)
		return ck_err_nomem(err);
	return 0;
}

static bool is_live_message(const struct item *item)
{
	return item->kind == ITEM_MESSAGE && !(item->row.flags & (INDEX_EXPUNGED | INDEX_UNLINKED));
}

/* Read @want bytes at @at of a file to the end of raw, where they can stay. What cannot be read is
 * zeros. @return them; *why, unless it is set already, says what was wrong. */
static char *read_piece(struct packer *p, int fd, uint64_t at, size_t want, const char **why)
{
	if (ck_buf_reserve(&p->raw, want) < 0)
		return NULL;
	char *piece = p->raw.data + p->raw.len;
	int64_t n = *why ? 0 : fs_pread(fd, piece, want, at);
	if (n < (int64_t)want) {
		if (!*why)
			*why = n < 0 ? strerror(errno) : "it became shorter";
		n = n < 0 ? 0 : n;
		memset(piece + n, 0, want - (size_t)n);
	}
	return piece;
}

/* The bytes of a file, exactly st_size of them, so that the archive stays whole. @write: into the
 * archive; else they are only hashed. */
static int copy_bytes(struct packer *p, int fd, struct item *item, const struct stat *st,
                      bool write, struct ck_err *err)
{
	uint64_t size = (uint64_t)st->st_size;
	const char *why = NULL;
	if (!is_live_message(item)) /* the total so far is of live messages only */
		atomic_fetch_add(&p->shared.run->bytes_total, size);
	for (uint64_t at = 0; at < size;) {
		size_t want = size - at < PACKER_CHUNK ? (size_t)(size - at) : PACKER_CHUNK;
		int r = write ? packer_emit_full(p, err) : 0;
		if (r < 0)
			return r;
		if (write && at == 0)
			item->place = packer_here(p);
		const char *piece = read_piece(p, fd, at, want, &why);
		if (!piece)
			return ck_err_nomem(err);
		if (item->kind == ITEM_MESSAGE)
			sha1_add(p->sha1, piece, want);
		if (write && (r = tar_put_data(p->tar, piece, want, err)) < 0)
			return r;
		at += want;
		atomic_fetch_add(&p->shared.run->bytes_done, want);
	}
	item->size = size;
	return why ? unreadable(p, item, why, err) : 0;
}

/* Compare with what the index says. */
static int check_message(struct packer *p, struct item *item, struct ck_err *err)
{
	uint8_t guid[SHA1_SIZE];
	bool sized = !item->size_known || item->row.size == item->size;
	uint64_t expected = item->row.size;
	int r = sha1_end(p->sha1, guid, err);
	if (r < 0)
		return r;
	bool same = !item->has_guid || memcmp(guid, item->row.guid, sizeof guid) == 0;
	item->row.size = item->size;
	if (!item->has_guid)
		memcpy(item->row.guid, guid, sizeof guid);
	if ((same && sized) || item->row.state & CATALOG_BAD)
		return 0;
	char hex[41], want[41];
	hex_encode(guid, sizeof guid, hex);
	hex_encode(item->row.guid, sizeof guid, want);
	item->row.state |= CATALOG_BAD;
	item->box->differs = true;
	if (!same)
		r = slice_found(
			p->slice, item->box, item->row.uid, "guid-mismatch",
			"restore this message from an earlier archive; it is kept here as it "
			"is on disk",
			"'%s%s' is not what the index says: %" PRIu64
			" bytes with SHA-1 %s, expected %" PRIu64 " with %s",
			item_slash(item), item->stored_as, item->size, hex, expected, want);
	else
		r = slice_found(p->slice, item->box, item->row.uid, "size-mismatch",
		                "run reconstruct on the mailbox",
		                "'%s%s' has %" PRIu64 " bytes, the index says %" PRIu64,
		                item_slash(item), item->stored_as, item->size, expected);
	return r < 0 ? ck_err_nomem(err) : 0;
}

static bool is_unchanged(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Is it still the file that was noted? */
static bool is_as_noted(const struct item *item)
{
	const struct stat *noted = &item->twin->st, *st = &item->st;
	return is_unchanged(noted, st) && noted->st_mode == st->st_mode &&
	       noted->st_uid == st->st_uid && noted->st_gid == st->st_gid;
}

/* Does a message that was noted have the bytes that its index says? */
static int has_guid(struct packer *p, int fd, const struct item *item, bool *ret,
                    struct ck_err *err)
{
	uint8_t guid[SHA1_SIZE];
	uint64_t size = item->row.size;
	const char *why = NULL;
	sha1_begin(p->sha1);
	for (uint64_t at = 0; at < size && !why; at += PACKER_CHUNK) {
		size_t want = size - at < PACKER_CHUNK ? (size_t)(size - at) : PACKER_CHUNK;
		const char *piece = read_piece(p, fd, at, want, &why);
		if (!piece)
			return ck_err_nomem(err);
		sha1_add(p->sha1, piece, want);
	}
	int r = sha1_end(p->sha1, guid, err);
	*ret = r >= 0 && !why && memcmp(guid, item->row.guid, sizeof guid) == 0;
	return r;
}

/* The member that carries the bytes of a message like this one, if there is an earlier one.
 * @return 1 with p->path, 0, or an error. */
static int find_twin(struct packer *p, uint32_t index, const struct item *item, int fd,
                     struct ck_err *err)
{
	const char *dir = NULL;
	uint32_t uid = 0;
	bool same = false;
	turns_wait(p->shared.turns, p->slice->seq);
	if (!is_as_noted(item) || !twins_first(p->shared.twins, item->twin,
	                                       (struct twin_at){p->slice->seq, index}, &dir, &uid))
		return 0;
	int r = has_guid(p, fd, item, &same, err);
	if (r < 0 || !same)
		return r;
	ck_buf_reset(&p->path);
	(void)ck_buf_addf(&p->path, "%s/%" PRIu32 ".", dir, uid);
	return p->path.failed ? ck_err_nomem(err) : 1;
}

/* A link to a message like this one, which was read. */
static int pack_twin(struct packer *p, struct item *item, const struct stat *st, struct ck_err *err)
{
	item->linked = item->twinned = true;
	item->size = (uint64_t)st->st_size;
	if (!is_live_message(item))
		atomic_fetch_add(&p->shared.run->bytes_total, item->size);
	atomic_fetch_add(&p->shared.run->bytes_done, item->size);
	int r = packer_put_header(p, item, st, p->path.data, NULL, err);
	return r < 0 ? r : tar_end_member(p->tar, err);
}

static int pack_regular(struct packer *p, uint32_t index, struct item *item, int fd,
                        const struct stat *st, struct ck_err *err)
{
	const char *first = NULL;
	item->st = *st;
	if (st->st_nlink > 1) {
		turns_wait(p->shared.turns, p->slice->seq);
		first = links_first(p->shared.links, p->slice->seq, index, st);
		item->linked = first != NULL;
		item->link_first = !first;
	}
	int r = !first && item->twin ? find_twin(p, index, item, fd, err) : 0;
	if (r > 0)
		return pack_twin(p, item, st, err);
	if (item->kind == ITEM_MESSAGE)
		sha1_begin(p->sha1);
	if (r >= 0)
		r = packer_put_header(p, item, st, first, NULL, err);
	if (r < 0)
		return r;
	item->place = packer_here(p);
	r = copy_bytes(p, fd, item, st, !first, err);
	if (r >= 0 && item->kind == ITEM_MESSAGE)
		r = check_message(p, item, err);
	if (r >= 0)
		r = tar_end_member(p->tar, err);
	return r;
}

static int pack_symlink(struct packer *p, struct item *item, const struct stat *st,
                        struct ck_err *err)
{
	char target[4096], scratch[16];
	ssize_t n = readlinkat(p->fd, item_name(item, scratch), target, sizeof target - 1);
	if (n < 0)
		return unreadable(p, item, strerror(errno), err);
	target[n] = '\0';
	int r = packer_put_header(p, item, st, NULL, target, err);
	return r < 0 ? r : tar_end_member(p->tar, err);
}

/* Not a regular file: a link is kept as one, anything else only told. */
static int pack_special(struct packer *p, struct item *item, struct ck_err *err)
{
	char scratch[16];
	struct stat st;
	if (fstatat(p->fd, item_name(item, scratch), &st, AT_SYMLINK_NOFOLLOW) < 0)
		return unreadable(p, item, strerror(errno), err);
	if (S_ISLNK(st.st_mode) && item->kind != ITEM_MESSAGE)
		return pack_symlink(p, item, &st, err);
	if (item->box && item->kind == ITEM_MESSAGE)
		item->box->differs = true;
	item->row.state |= CATALOG_BAD;
	if (slice_found(p->slice, item->box, item->row.uid, "special-file",
	                "look at it: no mail can be in it",
	                "'%s%s' is no regular file and was left out", item_slash(item),
	                item->stored_as) < 0)
		return ck_err_nomem(err);
	return 0;
}

static int pack_file(struct packer *p, uint32_t index, struct item *item, struct ck_err *err)
{
	struct stat st;
	if (item->special) /* to open a pipe or a device may do something */
		return pack_special(p, item, err);
	CK_CLOSE int fd = open_file(p, item);
	if (fd < 0 && p->fd >= 0 && (errno == ELOOP || errno == ENXIO))
		return pack_special(p, item, err);
	if (fd < 0)
		return unreadable(p, item, strerror(errno), err);
	if (fstat(fd, &st) < 0)
		return unreadable(p, item, strerror(errno), err);
	if (!S_ISREG(st.st_mode))
		return pack_special(p, item, err);
	int r = pack_regular(p, index, item, fd, &st, err);
	if (r < 0 || item->kind == ITEM_MESSAGE)
		return r;
	/* A message proves itself by its GUID; any other file by not having changed. */
	struct stat after;
	if (fstat(fd, &after) == 0 && is_unchanged(&st, &after))
		return 0;
	if (item->box)
		item->box->differs = true;
	if (slice_found(p->slice, item->box, 0, "file-changed",
	                "find out who writes there while Cyrus is held, then back up again",
	                "'%s%s' changed while it was read", item_slash(item), item->stored_as) < 0)
		return ck_err_nomem(err);
	return 0;
}

static int pack_directory(struct packer *p, struct item *item, struct ck_err *err)
{
	struct stat st;
	if (enter(p, item->dir) < 0 || fstat(p->fd, &st) < 0)
		return unreadable(p, item, strerror(errno), err);
	int r = packer_put_header(p, item, &st, NULL, NULL, err);
	return r < 0 ? r : tar_end_member(p->tar, err);
}

static int pack_item(struct packer *p, uint32_t index, struct item *item, struct ck_err *err)
{
	if (item->kind == ITEM_RECORD || item->kind == ITEM_BOX_ENDS)
		return 0;
	if (!item->stored_as)
		item->stored_as = member_name(p, item);
	if (!item->stored_as)
		return ck_err_nomem(err);
	switch (item->kind) {
	case ITEM_DIRECTORY:
		return pack_directory(p, item, err);
	case ITEM_DUMP:
		return packer_put_dump(p, item, err);
	case ITEM_BYTES:
		return packer_put_memory(p, item, item->bytes, item->len, err);
	default:
		return pack_file(p, index, item, err);
	}
}

/* Let the kernel fetch a file while others are packed. */
static void announce(struct packer *p, const struct item *item)
{
	CK_CLOSE int fd = open_file(p, item);
	if (fd >= 0)
		(void)posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED);
}

/* Which others may be the same file, or one like it. */
static int note(struct packer *p, struct slice *s, uint32_t index, const struct stat *st)
{
	struct item *item = &s->items[index];
	if (st->st_nlink > 1) {
		item->stored_as = member_name(p, item);
		if (!item->stored_as ||
		    links_note(p->shared.links, s->seq, index, st, item->stored_as) < 0)
			return CK_ENOMEM;
	}
	if (item->kind != ITEM_MESSAGE || !item->has_guid || item->row.state & CATALOG_BAD ||
	    item->row.size != (uint64_t)st->st_size)
		return 0;
	item->twin = arena_alloc(s->arena, sizeof *item->twin);
	if (!item->twin)
		return CK_ENOMEM;
	*item->twin = (struct twin){.root = item->dir->root, .st = *st};
	memcpy(item->twin->guid, item->row.guid, sizeof item->twin->guid);
	return twins_note(p->shared.twins, item->twin, (struct twin_at){s->seq, index},
	                  item->dir->member, item->row.uid);
}

/* First of all: what will be read, which files of this slice may be others too, and which are none?
 */
static int look_at_files(struct packer *p, struct slice *s, struct ck_err *err)
{
	char scratch[16];
	for (size_t i = 0; i < s->n; i++) {
		struct item *item = &s->items[i];
		struct stat st;
		if ((item->kind != ITEM_FILE && item->kind != ITEM_MESSAGE) ||
		    enter(p, item->dir) < 0 ||
		    fstatat(p->fd, item_name(item, scratch), &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		item->special = !S_ISREG(st.st_mode);
		if (!item->special)
			announce(p, item);
		if (!item->special && note(p, s, (uint32_t)i, &st) < 0)
			return ck_err_nomem(err);
	}
	return 0;
}

/* Whatever became of it: may it carry the bytes of messages like it? */
static void judge(struct packer *p, uint32_t index)
{
	const struct item *item = &p->slice->items[index];
	if (item->twin)
		twins_judge(p->shared.twins, item->twin, (struct twin_at){p->slice->seq, index},
		            item->stored && is_as_noted(item) && !(item->row.state & CATALOG_BAD));
}

int packer_run(struct packer *p, struct slice *s, struct ck_err *err)
{
	p->slice = s;
	p->frames = 0;
	ck_buf_reset(&p->raw);
	int r = look_at_files(p, s, err);
	turns_noted(p->shared.turns, s->seq);
	const struct box *shown = NULL;
	size_t done = 0;
	for (; r >= 0 && done < s->n; done++) {
		struct item *item = &s->items[done];
		if (item->box && item->box != shown) {
			shown = item->box;
			run_current(p->shared.run, shown->mailbox->name);
		}
		r = pack_item(p, (uint32_t)done, item, err);
		judge(p, (uint32_t)done);
		if (is_live_message(item))
			atomic_fetch_add(&p->shared.run->messages_done, 1);
	}
	for (; done < s->n; done++)
		judge(p, (uint32_t)done);
	if (r >= 0)
		r = emit(p, err);
	leave_dir(p);
	return r;
}
