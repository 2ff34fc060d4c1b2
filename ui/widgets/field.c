/* SPDX-License-Identifier: BSD-2-Clause */
#include "widgets/field.h"

#include <string.h>

void ui_field_init(struct ui_field *f)
{
	*f = (struct ui_field){.text = CK_BUF_INIT};
}

void ui_field_fini(struct ui_field *f)
{
	ck_buf_fini(&f->text);
	f->at = 0;
}

void ui_field_set(struct ui_field *f, const char *text)
{
	ck_buf_reset(&f->text);
	(void)ck_buf_adds(&f->text, text);
	f->at = f->text.len;
}

static bool continues(const struct ui_field *f, size_t at)
{
	return at < f->text.len && ((unsigned char)f->text.data[at] & 0xC0) == 0x80;
}

static size_t before(const struct ui_field *f, size_t at)
{
	if (at > 0)
		at--;
	while (at > 0 && continues(f, at))
		at--;
	return at;
}

static size_t after(const struct ui_field *f, size_t at)
{
	if (at < f->text.len)
		at++;
	while (continues(f, at))
		at++;
	return at;
}

static size_t word_before(const struct ui_field *f)
{
	size_t at = f->at;
	while (at > 0 && f->text.data[at - 1] == ' ')
		at--;
	while (at > 0 && f->text.data[at - 1] != ' ')
		at--;
	return at;
}

static size_t word_after(const struct ui_field *f)
{
	size_t at = f->at;
	while (at < f->text.len && f->text.data[at] == ' ')
		at++;
	while (at < f->text.len && f->text.data[at] != ' ')
		at++;
	return at;
}

/** Replace the bytes from @from up to @to by @text. */
static void splice(struct ui_field *f, size_t from, size_t to, const char *text, size_t len)
{
	struct ck_buf out = CK_BUF_INIT;
	int r = ck_buf_add(&out, f->text.data, from);
	r = r < 0 ? r : ck_buf_add(&out, text, len);
	r = r < 0 ? r : ck_buf_add(&out, f->text.data + to, f->text.len - to);
	if (r < 0) {
		ck_buf_fini(&out);
		return; /* out of memory: the text stays as it was */
	}
	ck_buf_fini(&f->text);
	f->text = out;
	f->at = from + len;
}

static void paste(struct ui_field *f, const char *text)
{
	struct ck_buf line = CK_BUF_INIT;
	if (ui_text(text, SIZE_MAX, UI_TEXT, &line) == 0)
		splice(f, f->at, f->at, line.data, line.len);
	ck_buf_fini(&line);
}

enum ui_reply ui_field_key(struct ui_field *f, const struct ui_key *key)
{
	switch (key->code) {
	case UI_KEY_LEFT:
		f->at = before(f, f->at);
		return UI_REPAINT;
	case UI_KEY_RIGHT:
		f->at = after(f, f->at);
		return UI_REPAINT;
	case UI_KEY_C_LEFT:
		f->at = word_before(f);
		return UI_REPAINT;
	case UI_KEY_C_RIGHT:
		f->at = word_after(f);
		return UI_REPAINT;
	case UI_KEY_HOME:
	case UI_CTRL('a'):
		f->at = 0;
		return UI_REPAINT;
	case UI_KEY_END:
	case UI_CTRL('e'):
		f->at = f->text.len;
		return UI_REPAINT;
	case UI_KEY_BACKSPACE:
		splice(f, before(f, f->at), f->at, "", 0);
		return UI_REPAINT;
	case UI_KEY_DELETE: {
		size_t at = f->at;
		splice(f, at, after(f, at), "", 0);
		return UI_REPAINT;
	}
	case UI_CTRL('k'):
		splice(f, f->at, f->text.len, "", 0);
		return UI_REPAINT;
	case UI_CTRL('u'):
		splice(f, 0, f->at, "", 0);
		return UI_REPAINT;
	case UI_CTRL('w'):
		splice(f, word_before(f), f->at, "", 0);
		return UI_REPAINT;
	case UI_KEY_PASTE:
		if (!f->no_paste)
			paste(f, key->text);
		return UI_REPAINT;
	default:
		break;
	}
	if (key->code < 0x20 || key->code >= UI_KEY_FIRST_ || key->code == 0x7F)
		return UI_IGNORED;
	struct ck_buf ch = CK_BUF_INIT;
	if (ui_text_add_char(&ch, key->code) == 0)
		splice(f, f->at, f->at, ch.data, ch.len);
	ck_buf_fini(&ch);
	return UI_REPAINT;
}

void ui_field_draw(const struct ui_field *f, struct ui_canvas *c, int y, int x, int w, bool focus)
{
	enum ui_role role = focus ? UI_ROLE_INPUT_FOCUS : UI_ROLE_INPUT;
	unsigned flags = c->ascii ? UI_ASCII : UI_TEXT;
	ui_fill(c, (struct ui_rect){y, x, 1, w}, role);
	int at = ui_text_width_of(f->text.data, f->at, flags);
	int skip = at >= w ? at - w + 1 : 0;
	ui_put_from(c, y, x, w, role, UI_TEXT, f->text.data, f->text.len, skip);
	if (focus)
		ui_cursor(c, y, x + at - skip);
}
