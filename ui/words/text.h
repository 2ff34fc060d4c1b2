/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * Foreign text on its way to the screen: made harmless, measured, cut.
 *
 * Mail, mailbox and file names, and other programs' output hold whatever somebody put there. What
 * leaves this module has no control, bidi or invisible character and no invalid byte, and its
 * width is what the terminal will show. There is no other way to the screen.
 */
#ifndef UI_TEXT_H
#define UI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cyrkeep/buf.h>

/** How to treat what cannot be shown. */
enum ui_text_flags {
	UI_TEXT = 0,        /**< Subjects, sentences: one '?' or nothing. */
	UI_NAME = 1u << 0,  /**< Mailboxes, files, users: an exact escape, "<1B>" or "<U+202E>". */
	UI_BODY = 1u << 1,  /**< Message texts: controls as "^[", what is hidden as "<U+202E>". */
	UI_ASCII = 1u << 2, /**< The terminal shows ASCII only: '?', names in modified UTF-7. */
	UI_CUT_MIDDLE = 1u << 3, /**< Where room is short, lose the middle, not the end. */
};

#define UI_GLYPH_MAX 5 /**< A base and at most four marks; ncurses keeps no more. */

/** What stands in one cell, or in two. */
struct ui_glyph {
	uint32_t ch[UI_GLYPH_MAX]; /**< Code points, the base first. */
	uint8_t n;                 /**< Of ch. */
	uint8_t width;             /**< Cells: 1 or 2. */
	bool unsafe;               /**< Stands for something that was made visible. */
};

/** A walk over the glyphs of a text. */
struct ui_text_iter {
	const unsigned char *p, *end;
	unsigned flags;
	char pending[24]; /**< Rest of an escape that is being given out. */
	uint8_t npending, at;
	bool pending_unsafe;
	uint32_t bits; /**< Modified UTF-7 under way. */
	uint8_t nbits;
	bool in_utf7;
};

/** Start a walk over @len bytes of @text (SIZE_MAX: up to its NUL). */
void ui_text_begin(struct ui_text_iter *it, const char *text, size_t len, unsigned flags);

/** The next glyph. @return false at the end. */
bool ui_text_next(struct ui_text_iter *it, struct ui_glyph *ret);

/** Cells that @text takes, and @len bytes of it. */
int ui_text_width(const char *text, unsigned flags);
int ui_text_width_of(const char *text, size_t len, unsigned flags);

/** Append the harmless form of @text, UTF-8, to @ret. @return 0 or CK_ENOMEM. */
int ui_text(const char *text, size_t len, unsigned flags, struct ck_buf *ret);

/** Append one code point as UTF-8. @return 0 or CK_ENOMEM. */
int ui_text_add_char(struct ck_buf *buf, uint32_t ch);

/**
 * Decode one UTF-8 sequence, strictly: no overlong forms, no surrogates.
 * @return Its length in bytes with @ret set, or 0 when @p does not begin one.
 */
size_t ui_text_decode(const unsigned char *p, const unsigned char *end, uint32_t *ret);

#endif
