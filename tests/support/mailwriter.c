/* SPDX-License-Identifier: BSD-2-Clause */
#include "support/mailwriter.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "support/random.h"

#define WORDS      8192
#define WORD_MAX   24
#define LINE_BYTES 72

enum { KIND_WORD = 1, KIND_MAIL };

struct mailwriter {
	uint64_t seed;
	char words[WORDS][WORD_MAX];
	uint8_t len[WORDS];
};

static void add(struct ck_buf *b, const void *data, size_t len)
{
	if (ck_buf_add(b, data, len) < 0)
		abort();
}

static void adds(struct ck_buf *b, const char *text)
{
	add(b, text, strlen(text));
}

/* Syllables make pronounceable words; frequent words are short, as in every language. */
static void make_word(char *word, struct random *r, uint32_t rank)
{
	static const char *const heads[] = {"b", "c",  "d",  "f",  "g",  "h", "l",  "m",
	                                    "n", "p",  "r",  "s",  "t",  "v", "st", "tr",
	                                    "",  "ch", "pr", "sh", "qu", "w", "k",  "gr"};
	static const char *const cores[] = {"a", "e", "i", "o", "u", "ea", "ou", "ie"};
	static const char *const tails[] = {"", "", "n", "r", "s", "t", "l", "nd", "ck", "m"};
	uint32_t syllables =
		1 + (rank > 60 ? random_below(r, 2) : 0) + (rank > 800 ? random_below(r, 3) : 0);
	size_t len = 0;
	for (uint32_t i = 0; i < syllables && len < WORD_MAX - 7; i++) {
		const char *parts[] = {heads[random_below(r, CK_COUNT(heads))],
		                       cores[random_below(r, CK_COUNT(cores))],
		                       tails[random_below(r, CK_COUNT(tails))]};
		for (size_t k = 0; k < CK_COUNT(parts); k++)
			len = (size_t)(stpcpy(word + len, parts[k]) - word);
	}
}

struct mailwriter *mailwriter_new(uint64_t seed)
{
	struct mailwriter *w = calloc(1, sizeof *w);
	if (!w)
		abort();
	w->seed = seed;
	struct random r = random_of(1, KIND_WORD, 0); /* one language for all seeds */
	for (uint32_t i = 0; i < WORDS; i++) {
		make_word(w->words[i], &r, i);
		w->len[i] = (uint8_t)strlen(w->words[i]);
	}
	return w;
}

void mailwriter_free(struct mailwriter *w)
{
	free(w);
}

const char *mailwriter_word(const struct mailwriter *w, uint32_t n)
{
	return w->words[n % WORDS];
}

/* Word n comes about as often as 1 / n: its number of bits is what is drawn evenly. */
static uint32_t pick_word(struct random *r)
{
	uint64_t n = random_next(r);
	uint32_t bits = (uint32_t)(n % 14);
	return (uint32_t)(n >> 32) & ((1u << bits) - 1) & (WORDS - 1);
}

/* Some words, without an end of line. */
static void add_words(const struct mailwriter *w, struct random *r, uint32_t n, struct ck_buf *b)
{
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			add(b, " ", 1);
		uint32_t k = pick_word(r);
		add(b, w->words[k], w->len[k]);
	}
}

/* About @size bytes of sentences in wrapped lines, each after @prefix. */
static void add_prose(const struct mailwriter *w, struct random *r, size_t size, const char *prefix,
                      const char *eol, struct ck_buf *b)
{
	size_t end = b->len + size, column = 0, margin = strlen(prefix);
	uint32_t sentence = 0, paragraph = 0;
	while (b->len < end) {
		uint32_t k = pick_word(r);
		if (column == 0) {
			add(b, prefix, margin);
			column = margin;
		} else {
			add(b, " ", 1);
			column++;
		}
		add(b, w->words[k], w->len[k]);
		if (sentence == 0)
			b->data[b->len - w->len[k]] &= ~0x20;
		column += w->len[k];
		if (++sentence > 6 && random_below(r, 8) == 0) {
			add(b, ".", 1);
			sentence = 0;
			paragraph++;
		}
		if (column > LINE_BYTES || (paragraph > 4 && sentence == 0)) {
			adds(b, eol);
			if (paragraph > 4 && sentence == 0) {
				adds(b, eol);
				paragraph = 0;
			}
			column = 0;
		}
	}
	adds(b, eol);
}

/* About @size characters of base64 in lines. @text: of a document, else of random bytes. */
static void add_base64(const struct mailwriter *w, struct random *r, size_t size, bool text,
                       struct ck_buf *b)
{
	struct ck_buf plain = CK_BUF_INIT;
	size_t bytes = size / 78 * 57 + 57;
	if (text)
		add_prose(w, r, bytes, "", "\n", &plain);
	while (plain.len < bytes) {
		uint64_t n = random_next(r);
		add(&plain, &n, sizeof n);
	}
	for (size_t at = 0; at < bytes; at += 57) {
		unsigned char line[80];
		size_t n = bytes - at < 57 ? bytes - at : 57;
		int len = EVP_EncodeBlock(line, (const unsigned char *)plain.data + at, (int)n);
		add(b, line, (size_t)len);
		add(b, "\r\n", 2);
	}
	ck_buf_fini(&plain);
}

/* @n characters of an id or signature; @folded: in header continuation lines. */
static void add_token(struct random *r, uint32_t n, bool folded, struct ck_buf *b)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	for (uint32_t i = 0; i < n; i++) {
		if (folded && i % 64 == 0)
			adds(b, "\r\n\t");
		add(b, &letters[random_below(r, 64)], 1);
	}
}

static void add_date(int64_t date, struct ck_buf *b)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct tm tm;
	time_t t = (time_t)date;
	(void)gmtime_r(&t, &tm);
	ck_buf_addf(b, "%s, %02d %s %d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday,
	            months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* What the envelope says. */
static void make_envelope(const struct mailwriter *w, struct random *r, int64_t date,
                          struct mail *m)
{
	static const char *const tops[] = {"example.com", "example.net", "example.org", "test"};
	struct ck_buf *all[] = {&m->date, &m->subject, &m->from, &m->from_domain, &m->message_id};
	for (size_t i = 0; i < CK_COUNT(all); i++)
		ck_buf_reset(all[i]);
	/* Senders repeat: few write much, many write once. */
	uint32_t sender = pick_word(r) % 2000;
	ck_buf_addf(&m->from, "%s.%s", w->words[200 + sender], w->words[900 + sender * 3 % 4000]);
	ck_buf_addf(&m->from_domain, "%s.%s", w->words[300 + sender % 500],
	            tops[sender % CK_COUNT(tops)]);
	add_date(date, &m->date);
	if (random_below(r, 3) == 0)
		adds(&m->subject, "Re: ");
	if (random_below(r, 10) == 0)
		adds(&m->subject, "=?utf-8?Q?=C3=9Cber_?= ");
	add_words(w, r, 2 + random_below(r, 7), &m->subject);
	ck_buf_addf(&m->message_id, "<%08x.%016llx@%s>", random_below(r, UINT32_MAX),
	            (unsigned long long)random_next(r), m->from_domain.data);
	m->envelope = (struct indexwriter_envelope){
		.date = m->date.data,
		.subject = m->subject.data,
		.from = {.local = m->from.data, .domain = m->from_domain.data},
		.message_id = m->message_id.data,
	};
}

static void add_header(struct random *r, const char *to, const char *type, struct mail *m)
{
	struct ck_buf *b = &m->text;
	const char *from = m->from.data, *domain = m->from_domain.data;
	ck_buf_addf(b, "Return-Path: <%s@%s>\r\n", from, domain);
	ck_buf_addf(b, "Received: from mx%u.example.org (mx%u.example.org [192.0.2.%u])\r\n",
	            random_below(r, 4), random_below(r, 4), random_below(r, 256));
	ck_buf_addf(b, "\t by mail.example.org (Cyrus 3.6.1) with LMTPA;\r\n\t %s\r\n",
	            m->date.data);
	ck_buf_addf(b,
	            "X-Sieve: CMU Sieve 3.0\r\nReceived: from out.%s (out.%s [198.51.100.%u])\r\n",
	            domain, domain, random_below(r, 256));
	ck_buf_addf(b, "\tby mx.example.org (Postfix) with ESMTPS id %010llX\r\n",
	            (unsigned long long)random_next(r) >> 24);
	ck_buf_addf(b, "\tfor <%s@example.org>; %s\r\n", to, m->date.data);
	ck_buf_addf(b, "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=%s;\r\n", domain);
	adds(b, "\ts=mail; h=From:To:Subject:Date:Message-ID:Content-Type;\r\n\tbh=");
	add_token(r, 43, false, b);
	adds(b, "=;\r\n\tb=");
	add_token(r, 342, true, b);
	ck_buf_addf(b, "==\r\nFrom: <%s@%s>\r\nTo: <%s@example.org>\r\nSubject: %s\r\n", from,
	            domain, to, m->subject.data);
	ck_buf_addf(b, "Date: %s\r\nMessage-ID: %s\r\n", m->date.data, m->message_id.data);
	adds(b, "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:102.0) Gecko/20100101\r\n");
	ck_buf_addf(b, "MIME-Version: 1.0\r\nContent-Type: %s\r\n\r\n", type);
	if (b->failed)
		abort();
	m->header_size = b->len;
}

static void add_html(const struct mailwriter *w, struct random *r, size_t size, struct ck_buf *b)
{
	size_t end = b->len + size;
	uint32_t colour = random_below(r, 1u << 24);
	adds(b, "<!DOCTYPE html>\r\n<html><head><meta charset=3D\"utf-8\"></head><body>\r\n");
	while (b->len < end) {
		ck_buf_addf(b,
		            "<table width=3D\"100%%\" cellpadding=3D\"0\" cellspacing=3D\"0\" "
		            "border=3D\"0\"=\r\n><tr><td style=3D\"padding: 12px; font-family: "
		            "Helvetica, sans-serif;=\r\n color: #%06x\">\r\n",
		            colour);
		add_prose(w, r, 200 + random_below(r, 600), "", "=\r\n", b);
		ck_buf_addf(b, "<a href=3D\"https://www.example.com/c/%016llx\">",
		            (unsigned long long)random_next(r));
		add_words(w, r, 3, b);
		adds(b, "</a></td></tr></table>\r\n");
	}
	adds(b, "</body></html>\r\n");
}

/* A part of a multipart; its content follows. */
static void open_part(struct ck_buf *b, const char *boundary, const char *type)
{
	ck_buf_addf(b, "--%s\r\nContent-Type: %s\r\n\r\n", boundary, type);
}

static void add_plain(const struct mailwriter *w, struct random *r, size_t size, struct ck_buf *b)
{
	bool reply = random_below(r, 3) == 0;
	add_prose(w, r, reply ? size / 2 : size, "", "\r\n", b);
	if (reply)
		add_prose(w, r, size / 2, "> ", "\r\n", b);
}

static void add_body(const struct mailwriter *w, struct random *r, size_t size, int shape,
                     const char *boundary, struct ck_buf *b)
{
	if (shape == 0) {
		add_plain(w, r, size, b);
		return;
	}
	open_part(b, boundary, "text/plain; charset=utf-8");
	add_plain(w, r, shape == 1 ? size / 4 : 600 + random_below(r, 2000), b);
	if (shape == 1) {
		open_part(
			b, boundary,
			"text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable");
		add_html(w, r, size / 4 * 3, b);
	} else {
		open_part(b, boundary,
		          shape == 2 ? "image/jpeg\r\nContent-Transfer-Encoding: base64"
		                     : "text/csv\r\nContent-Transfer-Encoding: base64");
		add_base64(w, r, size > 2000 ? size - 2000 : 200, shape == 3, b);
	}
	ck_buf_addf(b, "--%s--\r\n", boundary);
}

void mailwriter_write(struct mailwriter *w, uint64_t id, int64_t date, const char *to, size_t size,
                      struct mail *ret)
{
	static const char *const types[] = {
		"text/plain; charset=utf-8", "multipart/alternative; boundary=\"%s\"",
		"multipart/mixed; boundary=\"%s\"", "multipart/mixed; boundary=\"%s\""};
	struct random r = random_of(w->seed, KIND_MAIL, id);
	struct ck_buf boundary = CK_BUF_INIT, type = CK_BUF_INIT;
	make_envelope(w, &r, date, ret);
	/* Small mail is text; large mail is large because something is attached. */
	int shape = size < 4000 ? 0 : (int)random_below(&r, 2);
	if (size > 30000)
		shape = random_below(&r, 4) == 0 ? 3 : 2;
	adds(&boundary, "------------");
	add_token(&r, 24, false, &boundary);
	for (char *p = boundary.data; *p; p++)
		*p = *p == '+' || *p == '/' ? 'x' : *p;
	ck_buf_addf(&type, types[shape], boundary.data);

	ck_buf_reset(&ret->text);
	add_header(&r, to, type.data, ret);
	size_t rest = size > ret->header_size + 100 ? size - ret->header_size : 100;
	add_body(w, &r, rest, shape, boundary.data, &ret->text);
	if (ret->text.failed)
		abort();
	ret->lines = 0;
	for (size_t i = ret->header_size; i < ret->text.len; i++)
		ret->lines += ret->text.data[i] == '\n';
	ck_buf_fini(&boundary);
	ck_buf_fini(&type);
}

void mail_fini(struct mail *m)
{
	ck_buf_fini(&m->text);
	ck_buf_fini(&m->date);
	ck_buf_fini(&m->subject);
	ck_buf_fini(&m->from);
	ck_buf_fini(&m->from_domain);
	ck_buf_fini(&m->message_id);
}
