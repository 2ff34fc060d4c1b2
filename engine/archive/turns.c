/* SPDX-License-Identifier: BSD-2-Clause */
#include "archive/turns.h"

#include <pthread.h>
#include <stdlib.h>

struct turns {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	uint64_t next;   /* all slices before this one have noted */
	uint64_t *ahead; /* slices behind next that have */
	unsigned nahead, max_ahead;
};

int turns_new(unsigned slices_at_once, struct turns **ret, struct ck_err *err)
{
	struct turns *t = ck_alloc(1, sizeof *t);
	if (!t)
		return ck_err_nomem(err);
	t->max_ahead = slices_at_once + 1;
	t->ahead = ck_alloc(t->max_ahead, sizeof *t->ahead);
	(void)pthread_mutex_init(&t->lock, NULL);
	(void)pthread_cond_init(&t->moved, NULL);
	if (!t->ahead) {
		turns_free(t);
		return ck_err_nomem(err);
	}
	*ret = t;
	return 0;
}

void turns_free(struct turns *t)
{
	if (!t)
		return;
	free(t->ahead);
	(void)pthread_mutex_destroy(&t->lock);
	(void)pthread_cond_destroy(&t->moved);
	free(t);
}

void turns_noted(struct turns *t, uint64_t seq)
{
	(void)pthread_mutex_lock(&t->lock);
	if (seq >= t->next && t->nahead < t->max_ahead)
		t->ahead[t->nahead++] = seq;
	for (unsigned i = 0; i < t->nahead;) {
		if (t->ahead[i] == t->next) {
			t->next++;
			t->ahead[i] = t->ahead[--t->nahead];
			i = 0;
		} else {
			i++;
		}
	}
	(void)pthread_cond_broadcast(&t->moved);
	(void)pthread_mutex_unlock(&t->lock);
}

void turns_wait(struct turns *t, uint64_t seq)
{
	(void)pthread_mutex_lock(&t->lock);
	while (t->next < seq)
		(void)pthread_cond_wait(&t->moved, &t->lock);
	(void)pthread_mutex_unlock(&t->lock);
}
