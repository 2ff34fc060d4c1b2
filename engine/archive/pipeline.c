/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive/pipeline.h"

#include <pthread.h>
#include <stdlib.h>

struct pipeline {
	struct pipeline_setup setup;
	struct writer *writer;
	struct turns *turns;
	struct links *links;
	struct twins *twins;
	pthread_t *threads;
	unsigned nthreads;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct slice **queue; /* a ring */
	unsigned cap, first, n;
	uint64_t pushed;
	bool stop;
	bool failed; /* the writer knows why */
};

static struct slice *next_slice(struct pipeline *p)
{
	struct slice *s = NULL;
	(void)pthread_mutex_lock(&p->lock);
	while (!p->n && !p->stop)
		(void)pthread_cond_wait(&p->changed, &p->lock);
	if (p->n && !p->stop) {
		s = p->queue[p->first];
		p->first = (p->first + 1) % p->cap;
		p->n--;
		(void)pthread_cond_broadcast(&p->changed);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return s;
}

static void fail(struct pipeline *p, const struct ck_err *why)
{
	writer_fail(p->writer, why);
	(void)pthread_mutex_lock(&p->lock);
	p->failed = true;
	(void)pthread_cond_broadcast(&p->changed);
	(void)pthread_mutex_unlock(&p->lock);
}

static void pack_slice(struct pipeline *p, struct packer *packer, struct slice *s)
{
	struct ck_err err = CK_ERR_INIT;
	int r = run_checkpoint(p->setup.run, &err);
	if (r >= 0)
		r = packer_run(packer, s, &err);
	else
		turns_noted(p->turns, s->seq);
	if (r >= 0)
		r = writer_end_slice(p->writer, s->seq, s, &err);
	if (r < 0) {
		slice_free(s);
		fail(p, &err);
	}
}

static void *work(void *arg)
{
	struct pipeline *p = arg;
	struct ck_err err = CK_ERR_INIT;
	struct packer *packer = NULL;
	struct packer_shared shared = {.writer = p->writer,
	                               .turns = p->turns,
	                               .links = p->links,
	                               .twins = p->twins,
	                               .run = p->setup.run,
	                               .level = p->setup.level};
	if (packer_new(&shared, &packer, &err) < 0) {
		fail(p, &err);
		return NULL;
	}
	for (struct slice *s = next_slice(p); s; s = next_slice(p))
		pack_slice(p, packer, s);
	packer_free(packer);
	return NULL;
}

/* Can only happen to a store that is written to: the first name of a file went away between being
 * noted and being read. */
static int lost_link(struct slice *s, struct item *item, struct ck_err *err)
{
	item->stored = false;
	item->row.state |= CATALOG_BAD;
	if (item->box)
		item->box->differs = true;
	if (slice_found(s, item->box, item->row.uid, "file-changed",
	                "find out who writes there while Cyrus is held, then back up again",
	                "the file that '%s%s' is another name of went away", item_slash(item),
	                item->stored_as) < 0)
		return ck_err_nomem(err);
	return 0;
}

/* Where the item lies, and those that are the same file, or one like it. */
static bool settle(struct pipeline *p, const struct slice *s, uint32_t index)
{
	struct item *item = &s->items[index];
	if (item->twinned && !twins_get_place(p->twins, item->twin, &item->place))
		return false;
	if (item->linked && !item->twinned && !links_get_place(p->links, &item->st, &item->place))
		return false;
	if (item->link_first)
		links_put_place(p->links, &item->st, item->place);
	if (item->twin)
		twins_put_place(p->twins, item->twin, (struct twin_at){s->seq, index}, item->place);
	return true;
}

/* Give items their final places, then let the caller have them. */
static int commit(void *arg, void *slice, uint32_t first_frame, struct ck_err *err)
{
	struct pipeline *p = arg;
	struct slice *s = slice;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < s->n; i++) {
		struct item *item = &s->items[i];
		item->place.frame += first_frame;
		if (!settle(p, s, (uint32_t)i))
			r = lost_link(s, item, err);
	}
	if (r >= 0)
		r = p->setup.commit(p->setup.arg, s, err);
	slice_free(s);
	return r;
}

int pipeline_open(const struct pipeline_setup *setup, struct pipeline **ret, struct ck_err *err)
{
	struct pipeline *p = ck_alloc(1, sizeof *p);
	if (!p)
		return ck_err_nomem(err);
	p->setup = *setup;
	p->cap = setup->workers * 2;
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_cond_init(&p->changed, NULL);
	p->queue = ck_alloc(p->cap, sizeof(struct slice *));
	p->threads = ck_alloc(setup->workers, sizeof *p->threads);
	int r = p->queue && p->threads ? turns_new(setup->workers, &p->turns, err)
	                               : ck_err_nomem(err);
	if (r >= 0)
		r = links_new(&p->links, err);
	if (r >= 0)
		r = twins_new(setup->messages, &p->twins, err);
	if (r >= 0)
		r = writer_open(setup->sink, setup->table, setup->workers * 2 + 2, setup->run,
		                commit, p, &p->writer, err);
	for (unsigned i = 0; r >= 0 && i < setup->workers; i++) {
		if (pthread_create(&p->threads[i], NULL, work, p) != 0)
			r = ck_err_set(err, CK_EFAIL, "cannot start worker thread %u", i + 1);
		else
			p->nthreads++;
	}
	if (r < 0) {
		pipeline_close(p);
		return r;
	}
	*ret = p;
	return 0;
}

static void drop_slice(void *slice)
{
	slice_free(slice);
}

void pipeline_close(struct pipeline *p)
{
	if (!p)
		return;
	if (p->writer) {
		struct ck_err err = {.code = CK_ECANCEL, .msg = "given up"};
		writer_fail(p->writer, &err);
	}
	(void)pthread_mutex_lock(&p->lock);
	p->stop = true;
	(void)pthread_cond_broadcast(&p->changed);
	(void)pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->nthreads; i++)
		(void)pthread_join(p->threads[i], NULL);
	writer_close(p->writer, drop_slice);
	for (unsigned i = 0; p->queue && i < p->n; i++)
		slice_free(p->queue[(p->first + i) % p->cap]);
	free(p->queue);
	free(p->threads);
	turns_free(p->turns);
	links_free(p->links);
	twins_free(p->twins);
	(void)pthread_mutex_destroy(&p->lock);
	(void)pthread_cond_destroy(&p->changed);
	free(p);
}

int pipeline_push(struct pipeline *p, struct slice *s, struct ck_err *err)
{
	(void)pthread_mutex_lock(&p->lock);
	while (p->n == p->cap && !p->failed)
		(void)pthread_cond_wait(&p->changed, &p->lock);
	bool failed = p->failed;
	if (!failed) {
		s->seq = p->pushed++;
		p->queue[(p->first + p->n++) % p->cap] = s;
		(void)pthread_cond_broadcast(&p->changed);
	}
	(void)pthread_mutex_unlock(&p->lock);
	if (!failed)
		return 0;
	slice_free(s);
	return writer_drain(p->writer, UINT64_MAX, err); /* says why */
}

int pipeline_drain(struct pipeline *p, struct ck_err *err)
{
	return writer_drain(p->writer, p->pushed, err);
}
