/* SPDX-License-Identifier: BSD-2-Clause */
#include <cyrkeep/select.h>

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static unsigned char fold(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* Two runs of digits as numbers of any length; both pointers move behind theirs. */
static int compare_digits(const char **a, const char **b)
{
	while (**a == '0')
		++*a;
	while (**b == '0')
		++*b;
	size_t la = 0, lb = 0;
	while (is_digit((*a)[la]))
		la++;
	while (is_digit((*b)[lb]))
		lb++;
	int order = la != lb ? (la < lb ? -1 : 1) : memcmp(*a, *b, la);
	*a += la;
	*b += lb;
	return order;
}

int ck_natural_compare(const char *a, const char *b)
{
	const char *x = a, *y = b;
	while (*x && *y) {
		int order;
		if (is_digit(*x) && is_digit(*y)) {
			order = compare_digits(&x, &y);
		} else {
			order = fold(*x) - fold(*y);
			x++;
			y++;
		}
		if (order)
			return order;
	}
	if (*x || *y)
		return *x ? 1 : -1;
	return strcmp(a, b);
}

/** Some bytes of a key, which is written from its beginning. */
struct piece {
	uint64_t *bytes; /**< Two times eight. */
	size_t at, from;
};

static bool is_full(const struct piece *p)
{
	return p->at >= p->from + 16;
}

static void put(struct piece *p, unsigned char byte)
{
	if (p->at >= p->from && !is_full(p)) {
		uint64_t *eight = &p->bytes[(p->at - p->from) / 8];
		*eight = *eight << 8 | byte;
	}
	p->at++;
}

/** A digit, so that it lies among other bytes as digits do; how many there are; the number itself.
 * @return the byte behind it. */
static const char *put_digits(struct piece *p, const char *c)
{
	put(p, '0');
	while (*c == '0')
		c++;
	size_t n = strspn(c, "0123456789"), rest = n;
	for (; rest > 253; rest -= 254)
		put(p, 255);
	put(p, (unsigned char)(rest + 1));
	for (; n > 0; n--)
		put(p, (unsigned char)*c++);
	return c;
}

bool ck_natural_key(const char *text, uint32_t part, uint64_t ret[2])
{
	struct piece p = {ret, 0, (size_t)part * 16};
	for (const char *c = text; *c && !is_full(&p);) {
		if (is_digit(*c))
			c = put_digits(&p, c);
		else
			put(&p, fold(*c++));
	}
	put(&p, '\0');
	for (const char *c = text; *c && !is_full(&p); c++)
		put(&p, (unsigned char)*c); /* what is alike so far is told apart by its bytes */
	bool more = is_full(&p);
	while (!is_full(&p))
		put(&p, '\0');
	return more;
}
