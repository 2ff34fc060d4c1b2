/* SPDX-License-Identifier: BSD-2-Clause */
/** The order in which people expect names: f2 before f10, case as the last resort. */
#ifndef SELECT_NATURAL_H
#define SELECT_NATURAL_H

/** Negative, 0 or positive as strcmp(); 0 only for equal strings. Bytes above ASCII by value. */
int natural_compare(const char *a, const char *b);

#endif
