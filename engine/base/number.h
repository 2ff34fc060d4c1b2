/* SPDX-License-Identifier: BSD-2-Clause */
/** Numbers: text to integer with limits, figures in sentences, big-endian fields, hexadecimal, RFC
 * 3339 times. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Parse all of @len bytes as decimal digits not above @max. @return false and leave @ret alone
 * otherwise. */
bool number_parse(const char *text, size_t len, uint64_t max, uint64_t *ret);

/** Big-endian fields of foreign bytes. */
static inline uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}
static inline uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline uint64_t be64(const uint8_t *p)
{
	return (uint64_t)be32(p) << 32 | be32(p + 4);
}

/** @len bytes as lower-case hexadecimal into @ret (2 * len + 1 bytes). */
void hex_encode(const uint8_t *bytes, size_t len, char *ret);

/** A figure in a sentence. */
struct figure_text {
	char s[32];
};
struct figure_text figure_size(uint64_t bytes); /**< "812", "12.1K", "220M"; 1K = 1024 */
struct figure_text figure_count(uint64_t n);    /**< "9 118" */

/** Exactly 2 * @len hexadecimal digits into @ret. @return false for anything else. */
bool hex_decode(const char *text, uint8_t *ret, size_t len);

/** "2026-11-23T02:00:00Z" into @ret (21 bytes at least 32); seconds since 1970. */
void time_rfc3339(int64_t seconds, char ret[32]);

/** "20261123T020000Z" as archives are named. */
void time_compact(int64_t seconds, char ret[32]);

/** The reverse of time_rfc3339(). @return false for anything else. */
bool time_parse_rfc3339(const char *text, int64_t *ret);

/** Wall clock in milliseconds since 1970, and monotonic milliseconds. */
int64_t time_now_ms(void);
int64_t time_mono_ms(void);

#endif
