/* SPDX-License-Identifier: BSD-2-Clause */
/** The worker's clock: figures four times a second, signals, and the end of a broken hold. */
#ifndef JOB_TICKER_H
#define JOB_TICKER_H

#include <signal.h>

#include "job/worker.h"

/** Block what the ticker waits for; call before any thread is made. */
void ticker_block_signals(void);

/** Sent to the ticker's thread it ends the present tick. */
#define TICKER_WAKE SIGUSR1

/** The ticker's thread. */
void *ticker_main(void *worker);

/** Write the figures before the next tick: what a command has changed shows when it is answered. */
void ticker_write_now(struct worker *w);

/** Write the last figures; there are no helpers any more. */
void ticker_write_done(struct worker *w);

#endif
