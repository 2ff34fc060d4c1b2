/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive/links.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* An inode with more than one name. */
struct node {
	dev_t dev;
	ino_t ino;
	uint64_t seq; /* the earliest item so far */
	uint32_t index;
	bool placed;
	struct place place;
	char *member; /* owned; NULL: free slot */
};

struct links {
	pthread_mutex_t lock;
	struct node *nodes; /* open addressing; cap is a power of two */
	size_t n, cap;
};

int links_new(struct links **ret, struct ck_err *err)
{
	struct links *l = ck_alloc(1, sizeof *l);
	if (!l)
		return ck_err_nomem(err);
	l->cap = 1024;
	l->nodes = ck_alloc(l->cap, sizeof *l->nodes);
	(void)pthread_mutex_init(&l->lock, NULL);
	if (!l->nodes) {
		links_free(l);
		return ck_err_nomem(err);
	}
	*ret = l;
	return 0;
}

void links_free(struct links *l)
{
	if (!l)
		return;
	for (size_t i = 0; l->nodes && i < l->cap; i++)
		free(l->nodes[i].member);
	free(l->nodes);
	(void)pthread_mutex_destroy(&l->lock);
	free(l);
}

/* The node of an inode, or the free one where it would go. */
static struct node *find(struct node *nodes, size_t cap, dev_t dev, ino_t ino)
{
	uint64_t hash = ((uint64_t)ino ^ (uint64_t)dev << 40) * 0x9E3779B97F4A7C15u;
	for (size_t i = (size_t)(hash >> 20) & (cap - 1);; i = (i + 1) & (cap - 1)) {
		struct node *node = &nodes[i];
		if (!node->member || (node->ino == ino && node->dev == dev))
			return node;
	}
}

static int grow(struct links *l)
{
	size_t cap = l->cap * 2;
	struct node *more = ck_alloc(cap, sizeof *more);
	if (!more)
		return CK_ENOMEM;
	for (size_t i = 0; i < l->cap; i++) {
		if (l->nodes[i].member)
			*find(more, cap, l->nodes[i].dev, l->nodes[i].ino) = l->nodes[i];
	}
	free(l->nodes);
	l->nodes = more;
	l->cap = cap;
	return 0;
}

static int note(struct links *l, uint64_t seq, uint32_t index, const struct stat *st,
                const char *member)
{
	if (l->n * 2 >= l->cap && grow(l) < 0)
		return CK_ENOMEM;
	struct node *node = find(l->nodes, l->cap, st->st_dev, st->st_ino);
	bool first = !node->member || seq < node->seq || (seq == node->seq && index < node->index);
	if (!first)
		return 0;
	char *copy = strdup(member);
	if (!copy)
		return CK_ENOMEM;
	/* Nobody holds a name that is replaced: it would have to be behind a slice that still
	 * notes. */
	if (node->member)
		free(node->member);
	else
		l->n++;
	*node = (struct node){
		.dev = st->st_dev, .ino = st->st_ino, .seq = seq, .index = index, .member = copy};
	return 0;
}

int links_note(struct links *l, uint64_t seq, uint32_t index, const struct stat *st,
               const char *member)
{
	(void)pthread_mutex_lock(&l->lock);
	int r = note(l, seq, index, st, member);
	(void)pthread_mutex_unlock(&l->lock);
	return r;
}

const char *links_first(struct links *l, uint64_t seq, uint32_t index, const struct stat *st)
{
	const char *first = NULL;
	(void)pthread_mutex_lock(&l->lock);
	const struct node *node = find(l->nodes, l->cap, st->st_dev, st->st_ino);
	if (node->member && (node->seq != seq || node->index != index))
		first = node->member;
	(void)pthread_mutex_unlock(&l->lock);
	return first;
}

void links_put_place(struct links *l, const struct stat *st, struct place place)
{
	(void)pthread_mutex_lock(&l->lock);
	struct node *node = find(l->nodes, l->cap, st->st_dev, st->st_ino);
	if (node->member) {
		node->place = place;
		node->placed = true;
	}
	(void)pthread_mutex_unlock(&l->lock);
}

bool links_get_place(struct links *l, const struct stat *st, struct place *ret)
{
	(void)pthread_mutex_lock(&l->lock);
	const struct node *node = find(l->nodes, l->cap, st->st_dev, st->st_ino);
	bool found = node->member && node->placed;
	if (found)
		*ret = node->place;
	(void)pthread_mutex_unlock(&l->lock);
	return found;
}
