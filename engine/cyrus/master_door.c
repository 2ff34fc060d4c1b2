/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a master serves: a door that was open before the stop must open again. */
#include "cyrus/master.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/number.h"
#include "cyrus/master_proof.h"

#define STEP_MS      50
#define LOOK_STEP_MS 1000 /* between two looks whether master lives */
#define FIND_MS      2000 /* does it open at all? */
#define BLIND_MS     5000 /* without a door: it must live that long */

static void sleep_ms(int ms)
{
	(void)poll(NULL, 0, ms);
}

static bool fill_address(const struct master_door *d, struct sockaddr_storage *ret,
                         socklen_t *ret_len)
{
	const char *host = strcmp(d->host, "localhost") == 0 ? "127.0.0.1" : d->host;
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(d->port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(d->port)};
	if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
		memcpy(ret, &v4, sizeof v4);
		*ret_len = sizeof v4;
		return true;
	}
	if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
		memcpy(ret, &v6, sizeof v6);
		*ret_len = sizeof v6;
		return true;
	}
	return false;
}

/* Wait for @events on @fd until @end. */
static bool wait_for(int fd, short events, int64_t end)
{
	int64_t left = end - time_mono_ms();
	struct pollfd p = {.fd = fd, .events = events};
	return left > 0 && poll(&p, 1, (int)left) == 1;
}

/* Connect before the end. @return a descriptor or -1. */
static int knock(const struct master_door *d, int64_t end)
{
	struct sockaddr_storage to = {0};
	socklen_t len;
	int sys = 0;
	socklen_t size = sizeof sys;
	if (!d->port || !fill_address(d, &to, &len))
		return -1;
	CK_CLOSE int fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&to, len) < 0 && errno != EINPROGRESS)
		return -1;
	if (!wait_for(fd, POLLOUT, end) || getsockopt(fd, SOL_SOCKET, SO_ERROR, &sys, &size) < 0 ||
	    sys != 0)
		return -1;
	return CK_STEAL_FD(fd);
}

static bool is_greeted(int fd, int64_t end)
{
	char hello[2];
	return wait_for(fd, POLLIN, end) && recv(fd, hello, sizeof hello, 0) == sizeof hello &&
	       memcmp(hello, "* ", 2) == 0;
}

bool master_door_opens(const struct master_door *d, int timeout_ms)
{
	for (int64_t end = time_mono_ms() + timeout_ms;; sleep_ms(STEP_MS)) {
		CK_CLOSE int fd = knock(d, end);
		if (fd >= 0 && (!d->greets || is_greeted(fd, end)))
			return true;
		if (!d->port || time_mono_ms() >= end)
			return false;
	}
}

/*
 * Is somebody behind the door? Waited for until there is, in any protocol: a client that is still
 * in the queue when master is told to stop can make it hang (see process_is_hung()).
 */
static bool is_answered(int fd)
{
	char c;
	if (wait_for(fd, POLLIN, time_mono_ms() + FIND_MS))
		return true;
	/* TLS from the first byte, or HTTP: they take it for nonsense. */
	(void)send(fd, "\r\n\r\n", 4, MSG_NOSIGNAL);
	return wait_for(fd, POLLIN, time_mono_ms() + FIND_MS) && recv(fd, &c, 1, MSG_PEEK) >= 0;
}

/* Try @d as it is, and find out whether it greets. */
static bool try_door(struct master_door *d)
{
	char hello[2] = "";
	CK_CLOSE int fd = knock(d, time_mono_ms() + FIND_MS);
	if (fd < 0 || !is_answered(fd))
		return false;
	d->greets = recv(fd, hello, sizeof hello, 0) == sizeof hello && memcmp(hello, "* ", 2) == 0;
	return true;
}

void master_find_door(const char *host, uint16_t port, pid_t master, struct master_door *ret)
{
	*ret = (struct master_door){.port = port};
	if (strlen(host) < sizeof ret->host)
		memcpy(ret->host, host, strlen(host) + 1);
	if (try_door(ret))
		return;
	if (!proof_listener(master, ret) || !try_door(ret))
		*ret = (struct master_door){0};
}

int master_serves(const struct master_control *c, const struct master_door *d, int timeout_ms,
                  struct ck_err *err)
{
	int wait_ms = d->port || timeout_ms < BLIND_MS ? timeout_ms : BLIND_MS;
	for (int64_t end = time_mono_ms() + wait_ms;;) {
		int64_t left = end - time_mono_ms();
		int slice = left < LOOK_STEP_MS ? (int)left : LOOK_STEP_MS;
		if (d->port && left > 0 && master_door_opens(d, slice))
			return 1;
		if (!d->port && left > 0)
			sleep_ms(slice);
		int alive = master_is_alive(c, NULL, err);
		if (alive < 0)
			return alive;
		if (!alive)
			return master_explain(c,
			                      ck_err_set(err, CK_EFAIL,
			                                 "Cyrus's master was started and ended "
			                                 "again"),
			                      err);
		if (time_mono_ms() >= end)
			return 0;
	}
}
