/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * A window onto a long call: its caller's thread works, another looks and may ask it to stop.
 *
 * All members may be read and written from any thread at any time.
 */
#ifndef CK_WATCH_H
#define CK_WATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/** Progress of a long call, and the request to give it up. Zero-initialise. */
struct ck_watch {
	_Atomic uint64_t done;  /**< In the unit of the call: mailboxes, bytes. */
	_Atomic uint64_t total; /**< 0 while unknown. */
	atomic_bool cancel;     /**< Set by the looker: the call returns CK_ECANCEL soon. */
};

#endif
