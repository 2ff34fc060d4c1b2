/* SPDX-License-Identifier: BSD-2-Clause */
/** Where our own data files lie: recipes and themes. */
#ifndef CK_DATA_H
#define CK_DATA_H

#include <cyrkeep/buf.h>

/**
 * Find a data file of the program: in the tree of its source (@folder, such as "engine/recipes")
 * when it was only built, in PREFIX/share/cyrkeep of the place that it was copied to, or where it
 * was configured to lie. Recipes name programs that root runs, so a file above the program counts
 * only if it belongs to root or to the owner of the program.
 * @program  Path of the program; NULL: the running one.
 * @ret      The path; when there is no such file, where it should be.
 * @return 0, CK_ENOTFOUND, CK_ENOMEM.
 */
int ck_data_find(const char *program, const char *folder, const char *file, struct ck_buf *ret);

#endif
