/* SPDX-License-Identifier: BSD-2-Clause */
/** A list of differences while it grows. */
#ifndef CYRUS_DIFFERENCES_H
#define CYRUS_DIFFERENCES_H

#include <cyrkeep/difference.h>

/** Append @d, whose strings are taken over: it is empty then. @return 0 or CK_ENOMEM. */
int differences_add(struct ck_differences *list, struct ck_difference *d) CK_MUST_USE;
void difference_fini(struct ck_difference *d);

/** If what @key is set to is a secret, forget it. */
void difference_hide(struct ck_setting *s, const char *key);

#endif
