/* SPDX-License-Identifier: BSD-2-Clause */
#include "archives/links.h"

#include <stdlib.h>
#include <string.h>

/** Places in a list by what they are called. */
struct entry {
	uint64_t key;
	uint32_t place;
};
struct index {
	struct entry *entries;
	size_t n;
};

/** Numbers are keys as they are; paths become larger ones. */
static uint64_t key_of(const char *path)
{
	uint64_t hash = 14695981039346656037u; /* FNV-1a */
	for (; *path; path++)
		hash = (hash ^ (unsigned char)*path) * 1099511628211u;
	return hash | (uint64_t)1 << 63;
}

static int by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

static void add(struct index *x, uint64_t key, size_t place)
{
	x->entries[x->n++] = (struct entry){key, (uint32_t)place};
}

static void sort(struct index *x)
{
	if (x->n)
		qsort(x->entries, x->n, sizeof *x->entries, by_key);
}

/** The first place with @key, or UI_LINKS_NONE. */
static uint32_t find(const struct index *x, uint64_t key)
{
	size_t lo = 0, hi = x->n;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (x->entries[mid].key < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < x->n && x->entries[lo].key == key ? x->entries[lo].place : UI_LINKS_NONE;
}

void ui_links_fini(struct ui_links *l)
{
	free(l->verify);
	free(l->backup);
	free(l->has_archive);
	*l = (struct ui_links){0};
}

/** The newest verify of @a: by its path, or where that was not recorded, by its number. */
static uint32_t verify_of(const struct index *verifies, const struct ck_job *jobs,
                          const struct ck_archive_info *a)
{
	uint32_t by_path = find(verifies, key_of(a->path));
	uint32_t by_number = a->foreign ? UI_LINKS_NONE : find(verifies, a->number);
	if (by_path != UI_LINKS_NONE && strcmp(jobs[by_path].report.path, a->path) != 0)
		by_path = UI_LINKS_NONE;
	return by_path < by_number ? by_path : by_number;
}

int ui_links_make(struct ui_links *l, const struct ck_job *jobs, size_t njobs,
                  const struct ck_archive_info *archives, size_t narchives)
{
	struct index verifies = {ck_alloc(njobs + 1, sizeof(struct entry)), 0};
	struct index backups = {ck_alloc(njobs + 1, sizeof(struct entry)), 0};
	struct index numbers = {ck_alloc(narchives + 1, sizeof(struct entry)), 0};
	*l = (struct ui_links){.verify = ck_alloc(narchives + 1, sizeof *l->verify),
	                       .backup = ck_alloc(narchives + 1, sizeof *l->backup),
	                       .has_archive = ck_alloc(njobs + 1, sizeof *l->has_archive)};
	bool made = verifies.entries && backups.entries && numbers.entries && l->verify &&
	            l->backup && l->has_archive;
	for (size_t i = 0; made && i < njobs; i++) {
		const struct ck_report *r = &jobs[i].report;
		if (jobs[i].kind == CK_JOB_VERIFY && jobs[i].state == CK_JOB_DONE)
			add(&verifies, r->path ? key_of(r->path) : r->archive, i);
		if (jobs[i].kind == CK_JOB_BACKUP)
			add(&backups, jobs[i].job, i);
	}
	for (size_t i = 0; made && i < narchives; i++)
		if (!archives[i].foreign)
			add(&numbers, archives[i].number, i);
	sort(&verifies);
	sort(&backups);
	sort(&numbers);
	for (size_t i = 0; made && i < narchives; i++) {
		const struct ck_archive_info *a = &archives[i];
		l->verify[i] = verify_of(&verifies, jobs, a);
		l->backup[i] = a->foreign ? UI_LINKS_NONE : find(&backups, a->number);
	}
	for (size_t i = 0; made && i < njobs; i++)
		l->has_archive[i] = find(&numbers, jobs[i].job) != UI_LINKS_NONE;
	free(verifies.entries);
	free(backups.entries);
	free(numbers.entries);
	if (!made)
		ui_links_fini(l);
	return made ? CK_OK : CK_ENOMEM;
}
