/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive/writer.h"

#include <pthread.h>
#include <stdlib.h>

#define FRAMES_AHEAD 2 /* a slice that is not at the head may leave this many here */
#define FRAMES_HEAD  4 /* and the one at the head this many */

struct parked {
	struct ck_buf packed;
	uint32_t size;
};

/* What lies here of one slice. */
struct slot {
	struct parked frames[FRAMES_HEAD];
	unsigned n;
	bool ended;
	void *slice;
};

struct writer {
	struct sink *sink;
	struct seektable *table;
	struct run *run;
	writer_commit_fn commit;
	void *arg;

	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct slot *slots; /* of slice seq: seq % window */
	unsigned window;
	uint64_t head;        /* slices before it are committed */
	struct ck_buf *spare; /* buffers to be used again */
	unsigned nspare, max_spare;
	bool stop;
	struct ck_err failed; /* code 0: nothing failed */
};

static int failure(const struct writer *w, struct ck_err *err)
{
	if (err)
		*err = w->failed;
	return (int)w->failed.code;
}

static void fail_locked(struct writer *w, const struct ck_err *why)
{
	if (!w->failed.code)
		w->failed = *why;
	(void)pthread_cond_broadcast(&w->changed);
}

void writer_fail(struct writer *w, const struct ck_err *why)
{
	(void)pthread_mutex_lock(&w->lock);
	fail_locked(w, why);
	(void)pthread_mutex_unlock(&w->lock);
}

static void keep_spare(struct writer *w, struct ck_buf *buf)
{
	if (w->nspare < w->max_spare) {
		ck_buf_reset(buf);
		w->spare[w->nspare++] = *buf;
		*buf = (struct ck_buf)CK_BUF_INIT;
	} else {
		ck_buf_fini(buf);
	}
}

int writer_put(struct writer *w, uint64_t seq, struct ck_buf *packed, uint32_t size,
               struct ck_err *err)
{
	int r = 0;
	(void)pthread_mutex_lock(&w->lock);
	struct slot *slot = &w->slots[seq % w->window];
	while (!w->failed.code && (seq >= w->head + w->window ||
	                           slot->n >= (seq == w->head ? FRAMES_HEAD : FRAMES_AHEAD)))
		(void)pthread_cond_wait(&w->changed, &w->lock);
	if (w->failed.code) {
		r = failure(w, err);
	} else {
		slot->frames[slot->n++] = (struct parked){.packed = *packed, .size = size};
		*packed = w->nspare ? w->spare[--w->nspare] : (struct ck_buf)CK_BUF_INIT;
		(void)pthread_cond_broadcast(&w->changed);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return r;
}

int writer_end_slice(struct writer *w, uint64_t seq, void *slice, struct ck_err *err)
{
	int r = 0;
	(void)pthread_mutex_lock(&w->lock);
	while (!w->failed.code && seq >= w->head + w->window)
		(void)pthread_cond_wait(&w->changed, &w->lock);
	if (w->failed.code) {
		r = failure(w, err);
	} else {
		struct slot *slot = &w->slots[seq % w->window];
		slot->slice = slice;
		slot->ended = true;
		(void)pthread_cond_broadcast(&w->changed);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return r;
}

static int write_frame(struct writer *w, const struct parked *frame, struct ck_err *err)
{
	int r = sink_write(w->sink, frame->packed.data, frame->packed.len, err);
	if (r < 0)
		return r;
	if (seektable_add(w->table, (uint32_t)frame->packed.len, frame->size) < 0)
		return ck_err_nomem(err);
	atomic_fetch_add(&w->run->bytes_written, frame->packed.len);
	return 0;
}

/* One step with the lock held at begin and end: a frame written or a slice committed. */
static void step(struct writer *w, uint32_t *first_frame)
{
	struct slot *slot = &w->slots[w->head % w->window];
	struct ck_err err = CK_ERR_INIT;
	int r;
	if (slot->n) {
		struct parked frame = slot->frames[0];
		slot->n--;
		for (unsigned i = 0; i < slot->n; i++)
			slot->frames[i] = slot->frames[i + 1];
		(void)pthread_cond_broadcast(&w->changed);
		(void)pthread_mutex_unlock(&w->lock);
		r = write_frame(w, &frame, &err);
		(void)pthread_mutex_lock(&w->lock);
		keep_spare(w, &frame.packed);
	} else {
		void *slice = slot->slice;
		*slot = (struct slot){0};
		(void)pthread_mutex_unlock(&w->lock);
		r = w->commit(w->arg, slice, *first_frame, &err);
		*first_frame = (uint32_t)w->table->n;
		(void)pthread_mutex_lock(&w->lock);
		w->head++;
		(void)pthread_cond_broadcast(&w->changed);
	}
	if (r < 0)
		fail_locked(w, &err);
}

static void *write_all(void *arg)
{
	struct writer *w = arg;
	uint32_t first_frame = (uint32_t)w->table->n;
	(void)pthread_mutex_lock(&w->lock);
	while (!w->stop && !w->failed.code) {
		const struct slot *slot = &w->slots[w->head % w->window];
		if (slot->n || slot->ended)
			step(w, &first_frame);
		else
			(void)pthread_cond_wait(&w->changed, &w->lock);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return NULL;
}

int writer_open(struct sink *sink, struct seektable *table, unsigned window, struct run *run,
                writer_commit_fn commit, void *arg, struct writer **ret, struct ck_err *err)
{
	struct writer *w = ck_alloc(1, sizeof *w);
	if (!w)
		return ck_err_nomem(err);
	*w = (struct writer){.sink = sink,
	                     .table = table,
	                     .run = run,
	                     .commit = commit,
	                     .arg = arg,
	                     .window = window,
	                     .max_spare = window};
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_cond_init(&w->changed, NULL);
	w->slots = ck_alloc(window, sizeof *w->slots);
	w->spare = ck_alloc(window, sizeof *w->spare);
	if (!w->slots || !w->spare || pthread_create(&w->thread, NULL, write_all, w) != 0) {
		writer_close(w, NULL);
		return ck_err_set(err, CK_EFAIL, "cannot start the writer thread");
	}
	w->started = true;
	*ret = w;
	return 0;
}

int writer_drain(struct writer *w, uint64_t slices, struct ck_err *err)
{
	(void)pthread_mutex_lock(&w->lock);
	while (!w->failed.code && w->head < slices)
		(void)pthread_cond_wait(&w->changed, &w->lock);
	int r = w->failed.code ? failure(w, err) : 0;
	(void)pthread_mutex_unlock(&w->lock);
	return r;
}

void writer_close(struct writer *w, void (*drop)(void *slice))
{
	if (!w)
		return;
	if (w->started) {
		(void)pthread_mutex_lock(&w->lock);
		w->stop = true;
		(void)pthread_cond_broadcast(&w->changed);
		(void)pthread_mutex_unlock(&w->lock);
		(void)pthread_join(w->thread, NULL);
	}
	for (unsigned i = 0; w->slots && i < w->window; i++) {
		for (unsigned j = 0; j < w->slots[i].n; j++)
			ck_buf_fini(&w->slots[i].frames[j].packed);
		if (w->slots[i].slice && drop)
			drop(w->slots[i].slice);
	}
	for (unsigned i = 0; i < w->nspare; i++)
		ck_buf_fini(&w->spare[i]);
	free(w->slots);
	free(w->spare);
	(void)pthread_mutex_destroy(&w->lock);
	(void)pthread_cond_destroy(&w->changed);
	free(w);
}
