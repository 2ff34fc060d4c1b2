/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Attributes and the cleanup vocabulary; nothing else.
 *
 * Ownership in cyrkeep is visible in the text: a local that owns something carries CK_CLEANUP(),
 * and one CK_STEAL() marks the line where the ownership leaves.
 */
#ifndef CK_DEFS_H
#define CK_DEFS_H

#include <stddef.h>

#define CK_MUST_USE     __attribute__((warn_unused_result))
#define CK_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define CK_CLEANUP(fn)  __attribute__((cleanup(fn)))
#define CK_UNUSED       __attribute__((unused))

/** The value of the pointer @p, which afterwards owns nothing. */
#define CK_STEAL(p)                          \
	__extension__({                      \
		__typeof__(p) stolen_ = (p); \
		(p) = NULL;                  \
		stolen_;                     \
	})

/** The value of the descriptor @fd, which afterwards is -1. */
#define CK_STEAL_FD(fd)             \
	__extension__({             \
		int stolen_ = (fd); \
		(fd) = -1;          \
		stolen_;            \
	})

/** Number of elements of a true array. */
#define CK_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/** Zeroed memory of n * size bytes, or NULL; an overflow is NULL too. Free with free(). */
void *ck_alloc(size_t n, size_t size) CK_MUST_USE;

/** Cleanup helpers for locals: free() what the pointer owns; close() a descriptor that is not -1.
 */
void ck_freep(void *pointer_to_pointer);
void ck_closep(int *fd);

#define CK_FREE  CK_CLEANUP(ck_freep)
#define CK_CLOSE CK_CLEANUP(ck_closep)

#endif
