/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * A slice: what one worker packs at a time, about one frame of the archive, and the worker's side
 * of it. Planned by one thread, packed by another, committed in order by the writer's thread; never
 * touched by two at once.
 */
#ifndef ARCHIVE_SLICE_H
#define ARCHIVE_SLICE_H

#include <stdatomic.h>

#include "archive/catalog.h"
#include "archive/links.h"
#include "archive/turns.h"
#include "archive/twins.h"
#include "archive/writer.h"
#include "base/arena.h"
#include <cyrkeep/server.h>

/** A mailbox while it is copied. Lives as long as the copy. */
struct box {
	uint32_t number;                  /**< In the catalogue, from 1. */
	const struct ck_mailbox *mailbox; /**< Borrowed from the server. */
	const char *left_out_by;          /**< Rule that leaves it out whole, or NULL. */
	uint32_t uidvalidity;
	uint64_t highestmodseq;
	uint64_t messages, bytes, messages_left_out;
	bool keeps_seen;        /**< The index holds the read marks of its owner. */
	atomic_bool differs;    /**< Index, header and files do not agree: grade C. */
	atomic_bool unreadable; /**< Grade F. */
};

/** A directory as slices see it: below a root that stays open. */
struct slice_dir {
	int root;           /**< Descriptor of the root, borrowed. */
	const char *path;   /**< Below it; "." for the root itself. */
	const char *member; /**< Member name, without a slash at its end. */
};

enum item_kind {
	ITEM_DIRECTORY, /**< The entry of dir. */
	ITEM_FILE,      /**< name in dir: anything that can be a member. */
	ITEM_MESSAGE,   /**< UID. in dir, checked against the row. */
	ITEM_RECORD,    /**< A row for the catalogue without bytes. */
	ITEM_DUMP,      /**< Database name in dir as text, stored as member. */
	ITEM_BYTES,     /**< Bytes from memory, stored as member. */
	ITEM_BOX_ENDS,  /**< Everything of the box has been packed. */
};

struct item {
	enum item_kind kind;
	const struct slice_dir *dir;
	const char *name;   /**< In dir; of a message NULL. */
	const char *member; /**< Of ITEM_DUMP and ITEM_BYTES. */
	const void *bytes;
	size_t len;
	struct box *box; /**< NULL: of no mailbox. */
	enum catalog_kind file_kind;
	struct catalog_message row; /**< Of messages and records; its frame counts in the slice. */
	bool has_guid;              /**< Of messages: row.guid is what the index says. */
	bool size_known;            /**< Of messages: row.size too. */
	/* Filled in by the worker. */
	bool special;          /**< No regular file. */
	bool stored;           /**< There is a member. */
	bool link_first;       /**< Others may link to it. */
	bool linked;           /**< It is a link: its bytes lie at another member, */
	bool twinned;          /**< which is another file like it. */
	uint64_t size;         /**< Of the bytes. */
	uint64_t records;      /**< Of a database as text. */
	struct place place;    /**< Frame counts from the first of the slice. */
	struct stat st;        /**< Of the file, when it was packed. */
	struct twin *twin;     /**< Of a message that was noted as one, in the arena; else NULL. */
	const char *stored_as; /**< Member name, in the arena. */
};

/** What makes a path of stored_as: the slash that member names lack. Our own lie nowhere else. */
const char *item_slash(const struct item *item);

/** Something that is wrong, to be told in order. */
struct found {
	struct box *box;
	uint32_t uid;
	const char *code;   /**< A literal. */
	const char *remedy; /**< In the arena. */
	char *text;         /**< Owned. */
};

struct slice {
	uint64_t seq;
	struct arena *arena;
	struct item *items;
	size_t n, cap;
	uint64_t bytes; /**< Of tar that it will become, about. */
	struct found *found;
	size_t nfound;
};

struct slice *slice_new(void);
void slice_free(struct slice *s);

/** A zeroed item at the end, or NULL. Valid until the next call. */
struct item *slice_add(struct slice *s);

/** Remember a finding. @return 0 or CK_ENOMEM. */
int slice_found(struct slice *s, struct box *box, uint32_t uid, const char *code,
                const char *remedy, const char *fmt, ...) CK_PRINTF(6, 7);

/** What a worker needs; one per thread. */
struct packer;

/** What all workers share; borrowed. */
struct packer_shared {
	struct writer *writer;
	struct turns *turns;
	struct links *links;
	struct twins *twins;
	struct run *run;
	int level;
};

int packer_new(const struct packer_shared *shared, struct packer **ret,
               struct ck_err *err) CK_MUST_USE;
void packer_free(struct packer *p);

/** Read, check, pack and compress all items; frames go to the writer. What is wrong with a file is
 * a finding; a failure ends the run. */
int packer_run(struct packer *p, struct slice *s, struct ck_err *err) CK_MUST_USE;

#endif
