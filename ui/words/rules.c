/* SPDX-License-Identifier: BSD-2-Clause */
#include "words/rules.h"

#include <stdlib.h>
#include <string.h>

#include "words/fmt.h"

#define DAY       86400
#define STEPS_MAX 100

static bool is_special(char c)
{
	return c == ',' || c == '*' || c == '%' || c == '\\';
}

static bool has_size(const struct ck_rule *r)
{
	return r->larger != UINT64_MAX;
}

/** "1M", where that is exact; else the bytes. */
static void add_size(struct ck_buf *ret, uint64_t n)
{
	static const char units[] = "KMG";
	for (int i = 2; i >= 0; i--) {
		uint64_t unit = (uint64_t)1 << (10 * (i + 1));
		if (n >= unit && n % unit == 0) {
			(void)ck_buf_addf(ret, "%llu%c", (unsigned long long)(n / unit), units[i]);
			return;
		}
	}
	(void)ck_buf_adds(ret, ui_fmt_count(n).s);
}

/** Does the pattern take one name alone? */
static bool is_exact(const char *pattern)
{
	for (; *pattern; pattern++) {
		if (*pattern == '*' || *pattern == '%')
			return false;
		pattern += *pattern == '\\' && is_special(pattern[1]);
	}
	return true;
}

void ui_rule_what(const struct ck_rule *r, struct ck_buf *ret)
{
	if (!ck_rule_is_whole(r)) {
		if (has_size(r)) {
			(void)ck_buf_adds(ret, "larger ");
			add_size(ret, r->larger);
		}
		if (r->older_days >= 0)
			(void)ck_buf_addf(ret, "%solder %lld d", has_size(r) ? " and " : "",
			                  (long long)r->older_days);
	} else if (r->special) {
		(void)ck_buf_addf(ret, "role %s", r->special);
	} else if (r->leaf) {
		(void)ck_buf_addf(ret, "called %s", r->leaf);
	} else if (r->below || r->name) {
		(void)ck_buf_addf(ret, "name %s", r->below ? r->below : r->name);
	} else {
		(void)ck_buf_adds(ret, "everything");
	}
}

static void add_where(struct ck_buf *ret, const char *fmt, const char *value)
{
	if (ret->len)
		(void)ck_buf_adds(ret, ", ");
	(void)ck_buf_addf(ret, fmt, value);
}

void ui_rule_where(const struct ck_rule *r, struct ck_buf *ret)
{
	bool whole = ck_rule_is_whole(r);
	bool said_special = whole && r->special;
	bool said_leaf = whole && !said_special && r->leaf;
	bool said_name = whole && !said_special && !said_leaf;
	if (r->special && !said_special)
		add_where(ret, "role %s", r->special);
	if (r->leaf && !said_leaf)
		add_where(ret, "called %s", r->leaf);
	if (said_leaf)
		add_where(ret, "at any depth%s", "");
	if (r->below && said_name)
		add_where(ret, "and below%s", "");
	else if (r->below)
		add_where(ret, "%s and below", r->below);
	else if (r->name && said_name && is_exact(r->name))
		add_where(ret, "this mailbox only%s", "");
	if (r->name && !(said_name && !r->below))
		add_where(ret, "%s", r->name);
	if (r->partition)
		add_where(ret, "partition %s", r->partition);
	if (!ret->len && (!whole || said_special))
		(void)ck_buf_adds(ret, "everywhere");
}

static void add_mailboxes(const struct ck_rule *r, struct ck_buf *ret)
{
	bool any = r->special || r->leaf || r->name || r->below || r->partition;
	if (r->name && is_exact(r->name) && !r->special && !r->leaf && !r->below && !r->partition) {
		(void)ck_buf_addf(ret, "the mailbox %s alone", r->name);
		return;
	}
	(void)ck_buf_adds(ret, any ? "every mailbox" : "every mailbox of the server");
	if (r->special)
		(void)ck_buf_addf(ret, " with the role %s", r->special);
	if (r->leaf)
		(void)ck_buf_addf(ret, " called exactly %s", r->leaf);
	if (r->name)
		(void)ck_buf_addf(ret, " whose full name is like %s", r->name);
	if (r->below)
		(void)ck_buf_addf(ret, " %s%s, and all below it",
		                  r->name ? "and that is or lies below " : "that is like ",
		                  r->below);
	if (r->partition)
		(void)ck_buf_addf(ret, " on partition %s", r->partition);
}

void ui_rule_sentence(const struct ck_rule *r, int64_t now, struct ck_buf *ret)
{
	if (ck_rule_is_whole(r)) {
		(void)ck_buf_adds(ret, "Leaves out ");
		add_mailboxes(r, ret);
		(void)ck_buf_adds(ret, ", whole.");
		return;
	}
	(void)ck_buf_adds(ret, "In ");
	add_mailboxes(r, ret);
	(void)ck_buf_adds(ret, ", leaves out messages");
	if (has_size(r))
		(void)ck_buf_addf(ret, " above %s bytes", ui_fmt_count(r->larger).s);
	if (r->older_days >= 0)
		(void)ck_buf_addf(ret, " that arrived at %s or before",
		                  ui_fmt_date(now - r->older_days * DAY, now).s);
	(void)ck_buf_adds(ret, ".");
}

void ui_rule_words(const char *text, int64_t now, struct ui_rule_words *ret)
{
	struct ck_buf what = CK_BUF_INIT, where = CK_BUF_INIT, sentence = CK_BUF_INIT;
	struct ck_err err = CK_ERR_INIT;
	struct ck_rule rule;
	if (ck_rule_parse(text, &rule, &err) == 0) {
		ui_rule_what(&rule, &what);
		ui_rule_where(&rule, &where);
		ui_rule_sentence(&rule, now, &sentence);
		ck_rule_fini(&rule);
	} else { /* from a file that somebody wrote */
		(void)ck_buf_adds(&what, text);
		(void)ck_buf_addf(&sentence, "WRONG: %s", err.msg);
	}
	*ret = (struct ui_rule_words){ck_buf_take(&what), ck_buf_take(&where),
	                              ck_buf_take(&sentence)};
}

void ui_rule_words_fini(struct ui_rule_words *words)
{
	free(words->what);
	free(words->where);
	free(words->sentence);
	*words = (struct ui_rule_words){0};
}

void ui_rule_nothing(const char *text, bool fits, const char *guess, struct ck_buf *ret)
{
	CK_CLEANUP(ck_rule_fini) struct ck_rule rule = {0};
	if (ck_rule_parse(text, &rule, NULL) < 0)
		return;
	bool one =
		!rule.partition && !!rule.leaf + !!rule.special + !!rule.name + !!rule.below == 1;
	const char *name = rule.name ? rule.name : rule.below;
	if (fits)
		(void)ck_buf_adds(ret, "no message in its mailboxes is so large or so old.");
	else if (one && rule.leaf)
		(void)ck_buf_addf(ret, "no mailbox is called %s.", rule.leaf);
	else if (one && rule.special)
		(void)ck_buf_addf(ret, "no mailbox has the role %s.", rule.special);
	else if (one)
		(void)ck_buf_addf(ret, "no mailbox is like %s.", name);
	else
		(void)ck_buf_adds(ret, "no mailbox fits.");
	if (guess)
		(void)ck_buf_addf(ret, " Did you mean %s%s?",
		                  strncmp(guess, "special:", 8) == 0 ? "role " : "",
		                  strchr(guess, ':') + 1);
}

/* --- rule text ------------------------------------------------------------------------ */

char *ui_rule_switched(const char *text)
{
	const char *on = ck_rule_off(text);
	struct ck_buf off = CK_BUF_INIT;
	if (on)
		return strdup(on + strspn(on, " \t"));
	(void)ck_buf_addf(&off, "off,%s", text);
	return ck_buf_take(&off);
}

size_t ui_rules_on(const struct ck_strv *rules)
{
	size_t n = 0;
	for (size_t i = 0; i < rules->n; i++)
		n += !ck_rule_off(rules->items[i]);
	return n;
}

static void add_key(struct ck_buf *ret, const char *key)
{
	(void)ck_buf_addf(ret, "%s%s:", ret->len ? "," : "", key);
}

void ui_rule_add_text(struct ck_buf *ret, const char *key, const char *value)
{
	if (!*value)
		return;
	add_key(ret, key);
	for (; *value; value++) {
		/* a backslash before a letter is itself: special:\Junk */
		if (*value == '\\' ? is_special(value[1]) || !value[1] : is_special(*value))
			(void)ck_buf_addc(ret, '\\');
		(void)ck_buf_addc(ret, *value);
	}
}

void ui_rule_add_pattern(struct ck_buf *ret, const char *key, const char *value)
{
	if (!*value)
		return;
	add_key(ret, key);
	for (; *value; value++) {
		if (*value == '\\' && is_special(value[1]))
			(void)ck_buf_addc(ret, *value++);
		else if (*value == ',')
			(void)ck_buf_addc(ret, '\\');
		(void)ck_buf_addc(ret, *value);
	}
}

/* --- default exclusions ---------------------------------------------------------------- */

static void add_defaults(const struct ck_plan *plan, bool kept, const char *first,
                         struct ck_buf *ret)
{
	for (const struct ck_default_exclusion *e = ck_default_exclusions(); e->name; e++) {
		if (ck_strv_has(&plan->keep, e->name) != kept)
			continue;
		(void)ck_buf_addf(ret, "%s%s", first, e->name);
		first = ", ";
	}
}

void ui_rules_defaults(const struct ck_plan *plan, struct ck_buf *ret)
{
	add_defaults(plan, false, "left out by default: ", ret);
	add_defaults(plan, true, plan->keep.n < CK_DEFAULT_EXCLUSIONS ? "; kept: " : "kept: ", ret);
	(void)ck_buf_addc(ret, '\n');
}

int ui_default_toggle(struct ck_plan *plan, const char *name)
{
	struct ck_strv keep = {0};
	for (const struct ck_default_exclusion *e = ck_default_exclusions(); e->name; e++) {
		bool kept = ck_strv_has(&plan->keep, e->name);
		if (kept != (strcmp(e->name, name) == 0) && ck_strv_add(&keep, e->name) < 0) {
			ck_strv_fini(&keep);
			return CK_ENOMEM;
		}
	}
	ck_strv_fini(&plan->keep);
	plan->keep = keep;
	return CK_OK;
}

/* --- undo ----------------------------------------------------------------------------- */

static void fini_was(struct ui_rules_was *was)
{
	ck_strv_fini(&was->exclude);
	ck_strv_fini(&was->keep);
}

static void fini_lists(struct ui_rules_was **lists, size_t *n)
{
	for (size_t i = 0; i < *n; i++)
		fini_was(&(*lists)[i]);
	free(CK_STEAL(*lists));
	*n = 0;
}

void ui_rules_history_fini(struct ui_rules_history *h)
{
	fini_lists(&h->undo, &h->nundo);
	fini_lists(&h->redo, &h->nredo);
}

static int push(struct ui_rules_was **lists, size_t *n, const struct ck_plan *plan)
{
	struct ui_rules_was copy = {0};
	struct ui_rules_was *more = reallocarray(*lists, *n + 1, sizeof *more);
	if (!more)
		return CK_ENOMEM;
	*lists = more;
	if (ck_strv_copy(&copy.exclude, &plan->exclude) < 0 ||
	    ck_strv_copy(&copy.keep, &plan->keep) < 0) {
		fini_was(&copy);
		return CK_ENOMEM;
	}
	more[(*n)++] = copy;
	if (*n > STEPS_MAX) {
		fini_was(&more[0]);
		memmove(more, more + 1, --*n * sizeof *more);
	}
	return CK_OK;
}

int ui_rules_remember(struct ui_rules_history *h, const struct ck_plan *plan)
{
	int r = push(&h->undo, &h->nundo, plan);
	if (r == 0)
		fini_lists(&h->redo, &h->nredo);
	return r;
}

static bool swap(struct ui_rules_was *from, size_t *nfrom, struct ui_rules_was **to, size_t *nto,
                 struct ck_plan *plan)
{
	if (*nfrom == 0 || push(to, nto, plan) < 0)
		return false;
	ck_strv_fini(&plan->exclude);
	ck_strv_fini(&plan->keep);
	const struct ui_rules_was *was = &from[--*nfrom];
	plan->exclude = was->exclude;
	plan->keep = was->keep;
	return true;
}

bool ui_rules_undo(struct ui_rules_history *h, struct ck_plan *plan)
{
	return swap(h->undo, &h->nundo, &h->redo, &h->nredo, plan);
}

bool ui_rules_redo(struct ui_rules_history *h, struct ck_plan *plan)
{
	return swap(h->redo, &h->nredo, &h->undo, &h->nundo, plan);
}
