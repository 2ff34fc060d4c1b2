/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Slices are packed side by side, yet what they share must come out in the order of the stream.
 *
 * Each slice first notes what it has (links.h, twins.h), then says so; whoever wants to know what
 * comes first waits until every earlier slice has said so. Noting never waits, and slices are begun
 * in order, so this cannot lock up.
 */
#ifndef ARCHIVE_TURNS_H
#define ARCHIVE_TURNS_H

#include <stdint.h>

#include <cyrkeep/err.h>

struct turns;

/** @slices_at_once: how many may be between their begin and turns_noted(). */
int turns_new(unsigned slices_at_once, struct turns **ret, struct ck_err *err) CK_MUST_USE;
void turns_free(struct turns *t);

/** Slice @seq has noted all of its files. Every slice must say so, failed or not. */
void turns_noted(struct turns *t, uint64_t seq);

/** Wait until every slice before @seq has. */
void turns_wait(struct turns *t, uint64_t seq);

#endif
