/* SPDX-License-Identifier: BSD-2-Clause */
/** JSON lines of the command line. Keys are a contract. */
#ifndef UI_CLI_JSON_H
#define UI_CLI_JSON_H

#include <stdint.h>

#include <jansson.h>

#include <cyrkeep/event.h>

/** A string; bytes that are no UTF-8 become U+FFFD; NULL becomes null. New reference. */
json_t *cli_json_text(const char *text);

/** Seconds since 1970 as RFC 3339 UTC; 0 and less become null. New reference. */
json_t *cli_json_time(int64_t seconds);

/** {"A": n, …}, all five letters. New reference. */
json_t *cli_json_grades(const uint64_t grades[CK_GRADE_MAX_]);

/** Print an object that is JSON already, as cli_json_print() does. */
int cli_json_line(const char *json);

/** Print the object on a line of its own and drop the reference. @return 0, or -1 when stdout is
 * gone. */
int cli_json_print(json_t *object);

#endif
