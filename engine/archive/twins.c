/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive/twins.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/arena.h"

enum verdict {
	NOT_YET,
	GOOD,
	BAD,
};

/* The earliest so far of messages that are the same. */
struct node {
	uint8_t guid[SHA1_SIZE];
	uint32_t uid;
	uint64_t rest;   /* hash of all else that twins have in common */
	const char *dir; /* in the arena; NULL: free slot */
	uint64_t seq;
	uint32_t index;
	struct place place;
	uint8_t verdict; /* enum verdict */
	bool placed;
};

struct twins {
	pthread_mutex_t lock;
	pthread_cond_t judged;
	struct node *nodes; /* open addressing; cap is a power of two */
	size_t n, cap;
	uint64_t seed; /* nobody who sends mail can tell which hashes are alike */
	off_t smallest;
	struct arena *dirs;
	const char *dir; /* the newest in the arena */
};

int twins_new(uint64_t messages, struct twins **ret, struct ck_err *err)
{
	struct twins *t = ck_alloc(1, sizeof *t);
	if (!t)
		return ck_err_nomem(err);
	t->cap = 1024;
	t->smallest = messages > TWINS_MOST ? TWINS_LARGE : 1;
	t->nodes = ck_alloc(t->cap, sizeof *t->nodes);
	t->dirs = arena_new();
	(void)pthread_mutex_init(&t->lock, NULL);
	(void)pthread_cond_init(&t->judged, NULL);
	if (!t->nodes || !t->dirs) {
		twins_free(t);
		return ck_err_nomem(err);
	}
	if (getrandom(&t->seed, sizeof t->seed, 0) != sizeof t->seed) {
		twins_free(t);
		return ck_err_sys(err, "cannot get random bytes from the kernel");
	}
	*ret = t;
	return 0;
}

void twins_free(struct twins *t)
{
	if (!t)
		return;
	free(t->nodes);
	arena_free(t->dirs);
	(void)pthread_mutex_destroy(&t->lock);
	(void)pthread_cond_destroy(&t->judged);
	free(t);
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9E3779B97F4A7C15u;
	return hash ^ hash >> 29;
}

static uint64_t rest_of(const struct twins *t, const struct twin *twin)
{
	const struct stat *st = &twin->st;
	uint64_t hash = mix(t->seed, (uint64_t)twin->root);
	hash = mix(hash, (uint64_t)st->st_dev);
	hash = mix(hash, (uint64_t)st->st_size);
	hash = mix(hash, (uint64_t)st->st_mtim.tv_sec);
	hash = mix(hash, (uint64_t)st->st_mtim.tv_nsec);
	hash = mix(hash, (uint64_t)st->st_uid << 32 | st->st_gid);
	return mix(hash, st->st_mode);
}

/* The node of a message, or the free one where it would go. */
static struct node *find(struct node *nodes, size_t cap, const uint8_t guid[SHA1_SIZE],
                         uint64_t rest)
{
	uint64_t hash;
	memcpy(&hash, guid, sizeof hash);
	for (size_t i = mix(hash, rest) & (cap - 1);; i = (i + 1) & (cap - 1)) {
		struct node *node = &nodes[i];
		if (!node->dir || (node->rest == rest && memcmp(node->guid, guid, SHA1_SIZE) == 0))
			return node;
	}
}

static struct node *node_of(struct twins *t, const struct twin *twin)
{
	return find(t->nodes, t->cap, twin->guid, rest_of(t, twin));
}

static bool is_at(const struct node *node, struct twin_at at)
{
	return node->dir && node->seq == at.seq && node->index == at.index;
}

static int grow(struct twins *t)
{
	size_t cap = t->cap * 2;
	struct node *more = ck_alloc(cap, sizeof *more);
	if (!more)
		return CK_ENOMEM;
	for (size_t i = 0; i < t->cap; i++) {
		const struct node *node = &t->nodes[i];
		if (node->dir)
			*find(more, cap, node->guid, node->rest) = *node;
	}
	free(t->nodes);
	t->nodes = more;
	t->cap = cap;
	return 0;
}

/* Messages of one directory come one after the other. */
static const char *keep_dir(struct twins *t, const char *dir)
{
	if (!t->dir || strcmp(t->dir, dir) != 0)
		t->dir = arena_str(t->dirs, dir);
	return t->dir;
}

static int note(struct twins *t, const struct twin *twin, struct twin_at at, const char *dir,
                uint32_t uid)
{
	if (t->n < TWINS_MOST && (t->n + 1) * 4 > t->cap * 3 && grow(t) < 0)
		return CK_ENOMEM;
	struct node *node = node_of(t, twin);
	bool is_new = !node->dir;
	if (is_new ? t->n >= TWINS_MOST
	           : node->seq < at.seq || (node->seq == at.seq && node->index < at.index))
		return 0;
	dir = keep_dir(t, dir);
	if (!dir)
		return CK_ENOMEM;
	/* Nobody relies on one that is replaced: it would have to be behind a slice that still
	 * notes. */
	*node = (struct node){
		.dir = dir, .uid = uid, .rest = rest_of(t, twin), .seq = at.seq, .index = at.index};
	memcpy(node->guid, twin->guid, sizeof node->guid);
	t->n += is_new;
	return 0;
}

int twins_note(struct twins *t, const struct twin *twin, struct twin_at at, const char *dir,
               uint32_t uid)
{
	if (twin->st.st_size < t->smallest)
		return 0;
	(void)pthread_mutex_lock(&t->lock);
	int r = note(t, twin, at, dir, uid);
	(void)pthread_mutex_unlock(&t->lock);
	return r;
}

void twins_judge(struct twins *t, const struct twin *twin, struct twin_at at, bool good)
{
	(void)pthread_mutex_lock(&t->lock);
	struct node *node = node_of(t, twin);
	if (is_at(node, at) && node->verdict == NOT_YET) {
		node->verdict = good ? GOOD : BAD;
		(void)pthread_cond_broadcast(&t->judged);
	}
	(void)pthread_mutex_unlock(&t->lock);
}

int twins_first(struct twins *t, const struct twin *twin, struct twin_at at, const char **ret_dir,
                uint32_t *ret_uid)
{
	(void)pthread_mutex_lock(&t->lock);
	const struct node *node = node_of(t, twin);
	bool other = node->dir && !is_at(node, at);
	while (other && node->verdict == NOT_YET) {
		(void)pthread_cond_wait(&t->judged, &t->lock);
		node = node_of(t, twin); /* the table may have grown */
	}
	bool found = other && node->verdict == GOOD;
	if (found) {
		*ret_dir = node->dir;
		*ret_uid = node->uid;
	}
	(void)pthread_mutex_unlock(&t->lock);
	return found;
}

void twins_put_place(struct twins *t, const struct twin *twin, struct twin_at at,
                     struct place place)
{
	(void)pthread_mutex_lock(&t->lock);
	struct node *node = node_of(t, twin);
	if (is_at(node, at)) {
		node->place = place;
		node->placed = true;
	}
	(void)pthread_mutex_unlock(&t->lock);
}

bool twins_get_place(struct twins *t, const struct twin *twin, struct place *ret)
{
	(void)pthread_mutex_lock(&t->lock);
	const struct node *node = node_of(t, twin);
	bool found = node->dir && node->placed;
	if (found)
		*ret = node->place;
	(void)pthread_mutex_unlock(&t->lock);
	return found;
}
