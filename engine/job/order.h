/* SPDX-License-Identifier: BSD-2-Clause */
/** From what somebody asks for to the spec of a job: names made out, nonsense refused. */
#ifndef JOB_ORDER_H
#define JOB_ORDER_H

#include "job/spec.h"

/** @to  Zero-initialised; release with spec_fini(), after a failure too. */
int order_fill(const struct ck_settings *settings, const struct ck_job_spec *from, struct spec *to,
               struct ck_err *err) CK_MUST_USE;

#endif
