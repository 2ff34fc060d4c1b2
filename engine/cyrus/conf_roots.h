/* SPDX-License-Identifier: BSD-2-Clause */
/** What follows from the lines of imapd.conf: defaults, partitions, and what we do not read. */
#ifndef CYRUS_CONF_ROOTS_H
#define CYRUS_CONF_ROOTS_H

#include "cyrus/conf.h"

/** Fill in everything behind the lines. @return 0, CK_EUSAGE, CK_EUNSUPPORTED, CK_ENOMEM. */
int conf_settle(struct conf *conf, struct ck_err *err) CK_MUST_USE;

#endif
