/* SPDX-License-Identifier: BSD-2-Clause */
/** From what somebody asks for to the spec of a job: names made out, nonsense refused. */
#ifndef JOB_ORDER_H
#define JOB_ORDER_H

#include "job/spec.h"

/** Could a job do what @plan says, as far as method, driver, rules and default exclusions go?
 * @return 0, CK_EUSAGE, CK_ENOMEM. */
int order_check_plan(const struct ck_plan *plan, struct ck_err *err) CK_MUST_USE;

/** @to  Zero-initialised; release with spec_fini(), after a failure too. */
int order_fill(const struct ck_settings *settings, const struct ck_job_spec *from, struct spec *to,
               struct ck_err *err) CK_MUST_USE;

#endif
