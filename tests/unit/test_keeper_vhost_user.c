// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_keeper_vhost_user.c - the protocol against back ends that do not keep to it
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../keeper/vhost_user.h"
#include "../../keeper/vhost_user_message.h"

static int ends[2];
static struct vhost_user vu;

static int up(void **state)
{
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	vu = (struct vhost_user) { .socket = ends[0], .timeout_ms = 50 };
	return 0;
}

static int down(void **state)
{
	(void)state;
	close(ends[0]);
	if (ends[1] >= 0)
		close(ends[1]);
	return 0;
}

/* What the back end says is in the socket before it is asked. */
static void say(uint32_t request, uint32_t flags, uint32_t size, const void *payload,
		size_t bytes)
{
	const uint32_t header[] = { request, flags, size };

	assert_int_equal(send(ends[1], header, sizeof(header), 0), sizeof(header));
	if (bytes)
		assert_int_equal(send(ends[1], payload, bytes, 0), bytes);
}

static void say_u64(uint32_t request, uint64_t value)
{
	say(request, VHOST_USER_VERSION | VHOST_USER_REPLY, sizeof(value), &value, sizeof(value));
}

static void test_negotiate(void **state)
{
	const uint64_t features = 1ULL << 32 | 1ULL << VHOST_USER_F_PROTOCOL_FEATURES;

	(void)state;
	say_u64(VHOST_USER_GET_FEATURES, features);
	say_u64(VHOST_USER_GET_PROTOCOL_FEATURES, ~0ULL);
	assert_int_equal(vhost_user_negotiate(&vu, 0, true), 0);
	assert_int_equal(vu.features, 1ULL << 32);
	/* Nothing that is not understood, and no tracking unless it is known to work. */
	assert_int_equal(vu.protocol, VHOST_USER_PROTOCOL_MQ | VHOST_USER_PROTOCOL_REPLY_ACK |
			 VHOST_USER_PROTOCOL_CONFIG | VHOST_USER_PROTOCOL_MEM_SLOTS);
	say_u64(VHOST_USER_GET_FEATURES, 1ULL << 32);
	assert_int_equal(vhost_user_negotiate(&vu, 0, true), -1);
	assert_int_equal(errno, EPROTO);
}

static void test_silent(void **state)
{
	uint64_t value;

	(void)state;
	assert_int_equal(vhost_user_ask_u64(&vu, VHOST_USER_GET_FEATURES, &value), -1);
	assert_int_equal(errno, ETIMEDOUT);
	/* Half an answer. */
	say(VHOST_USER_GET_FEATURES, VHOST_USER_VERSION | VHOST_USER_REPLY, 8, "abcd", 4);
	assert_int_equal(vhost_user_ask_u64(&vu, VHOST_USER_GET_FEATURES, &value), -1);
	assert_int_equal(errno, ETIMEDOUT);
	close(ends[1]);
	ends[1] = -1;
	assert_int_equal(vhost_user_ask_u64(&vu, VHOST_USER_GET_FEATURES, &value), -1);
	assert_int_equal(errno, ECONNRESET);
}

static void refuse(uint32_t request, uint32_t flags, uint32_t size)
{
	const char payload[64] = "";
	uint64_t value;

	down(NULL);
	up(NULL);
	say(request, flags, size, payload, size < sizeof(payload) ? size : sizeof(payload));
	assert_int_equal(vhost_user_ask_u64(&vu, VHOST_USER_GET_FEATURES, &value), -1);
	assert_int_equal(errno, EPROTO);
}

static void test_garbage(void **state)
{
	const uint32_t good = VHOST_USER_VERSION | VHOST_USER_REPLY;

	(void)state;
	refuse(VHOST_USER_GET_FEATURES, good, 4);
	refuse(VHOST_USER_GET_FEATURES, good, 12);
	refuse(VHOST_USER_GET_FEATURES, good, 0);
	refuse(VHOST_USER_GET_FEATURES, good, 0xffffffff);
	refuse(VHOST_USER_GET_FEATURES, good, sizeof(struct vhost_user_message));
	refuse(VHOST_USER_GET_FEATURES, VHOST_USER_VERSION, 8);
	refuse(VHOST_USER_GET_FEATURES, VHOST_USER_REPLY | 2, 8);
	refuse(VHOST_USER_GET_VRING_BASE, good, 8);
}

/* Descriptors nobody asked for are not kept. */
static void test_descriptor(void **state)
{
	char control[CMSG_SPACE(sizeof(int))] = "";
	uint32_t answer[] = {
		VHOST_USER_GET_FEATURES, VHOST_USER_VERSION | VHOST_USER_REPLY, 8, 42, 0
	};
	struct iovec part = { .iov_base = answer, .iov_len = sizeof(answer) };
	struct msghdr header = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *first = CMSG_FIRSTHDR(&header);
	uint64_t value;
	int before, after;

	(void)state;
	first->cmsg_level = SOL_SOCKET;
	first->cmsg_type = SCM_RIGHTS;
	first->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(first), &ends[1], sizeof(int));
	assert_int_equal(sendmsg(ends[1], &header, 0), sizeof(answer));
	before = dup(0);
	close(before);
	assert_int_equal(vhost_user_ask_u64(&vu, VHOST_USER_GET_FEATURES, &value), 0);
	assert_int_equal(value, 42);
	after = dup(0);
	close(after);
	assert_int_equal(after, before);
}

/* Whatever an earlier keeper did not read any more is not taken for an answer. */
static void test_resync(void **state)
{
	static const uint32_t left[] = {
		VHOST_USER_GET_FEATURES, VHOST_USER_GET_PROTOCOL_FEATURES,
		VHOST_USER_GET_VRING_BASE, 0
	};
	uint64_t value;

	(void)state;
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		if (left[i])
			say_u64(left[i], 1);
		say_u64(VHOST_USER_GET_PROTOCOL_FEATURES, 2);
		say_u64(VHOST_USER_GET_FEATURES, 3);
		assert_int_equal(vhost_user_resync(&vu), 0);
		say_u64(VHOST_USER_GET_FEATURES, 4);
		assert_int_equal(vhost_user_ask_u64(&vu, VHOST_USER_GET_FEATURES, &value), 0);
		assert_int_equal(value, 4);
	}
}

static void test_refusals(void **state)
{
	struct memory memory = { .fd = ends[0], .nr_ranges = 9 };
	const struct { uint32_t index, num; } wrong = { 3, 0 };
	uint8_t config[8];
	uint16_t base;

	(void)state;
	vu.protocol = VHOST_USER_PROTOCOL_REPLY_ACK;
	say_u64(VHOST_USER_SET_FEATURES, 1);
	assert_int_equal(vhost_user_set_features(&vu, 0), -1);
	assert_int_equal(errno, EPROTO);
	/* More ranges than one table has, and no slots. */
	assert_int_equal(vhost_user_set_memory(&vu, &memory), -1);
	assert_int_equal(errno, ENOSPC);
	vu.protocol |= VHOST_USER_PROTOCOL_MEM_SLOTS;
	say_u64(VHOST_USER_GET_MAX_MEM_SLOTS, 8);
	assert_int_equal(vhost_user_set_memory(&vu, &memory), -1);
	assert_int_equal(errno, ENOSPC);
	say(VHOST_USER_GET_CONFIG, VHOST_USER_VERSION | VHOST_USER_REPLY, 0, NULL, 0);
	assert_int_equal(vhost_user_get_config(&vu, config, sizeof(config)), -1);
	assert_int_equal(errno, EPROTO);
	assert_int_equal(vhost_user_get_config(&vu, config, 257), -1);
	assert_int_equal(errno, EINVAL);
	say(VHOST_USER_GET_VRING_BASE, VHOST_USER_VERSION | VHOST_USER_REPLY, 8, &wrong, 8);
	assert_int_equal(vhost_user_stop_queue(&vu, 0, &base), -1);
	assert_int_equal(errno, EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_negotiate, up, down),
		cmocka_unit_test_setup_teardown(test_silent, up, down),
		cmocka_unit_test_setup_teardown(test_garbage, up, down),
		cmocka_unit_test_setup_teardown(test_descriptor, up, down),
		cmocka_unit_test_setup_teardown(test_resync, up, down),
		cmocka_unit_test_setup_teardown(test_refusals, up, down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
