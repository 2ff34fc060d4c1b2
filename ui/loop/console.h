/* SPDX-License-Identifier: BSD-2-Clause */
/** The console's entry point. */
#ifndef UI_CONSOLE_H
#define UI_CONSOLE_H

#include <cyrkeep/settings.h>

/**
 * Run the console on the terminal until the user leaves.
 *
 * Call before any thread exists: signals are blocked here and read from a descriptor.
 * @job  Not 0: begin with that job's screen.
 * @return 0, CK_EUNSUPPORTED when there is no terminal to run on, CK_ENOMEM.
 */
int ui_console(const struct ck_settings *settings, uint32_t job, struct ck_err *err);

#endif
