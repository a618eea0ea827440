// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The command channel's frames: in and out of buffers, and those in and out of descriptors.
 */
#include "tests/lab/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

size_t buf_room(struct buf *b)
{
	if (b->head == b->tail) {
		b->head = 0;
		b->tail = 0;
	} else if (b->head > BUF_SIZE / 2) {
		memmove(b->data, b->data + b->head, buf_len(b));
		b->tail -= b->head;
		b->head = 0;
	}
	return BUF_SIZE - b->tail;
}

int buf_fill(struct buf *b, int fd)
{
	size_t room = buf_room(b);
	ssize_t n;

	if (!room)
		return -EAGAIN;
	n = read(fd, b->data + b->tail, room);
	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	if (!n)
		return -EPIPE;
	b->tail += n;
	return 0;
}

int buf_drain(struct buf *b, int fd)
{
	ssize_t n;

	if (!buf_len(b))
		return 0;
	n = write(fd, b->data + b->head, buf_len(b));
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	b->head += n;
	return 0;
}

void frame_put(struct buf *b, enum frame type, const void *data, size_t len)
{
	unsigned char *p = b->data + b->tail;

	p[0] = type;
	p[1] = len;
	p[2] = len >> 8;
	p[3] = len >> 16;
	memcpy(p + FRAME_HEAD, data, len);
	b->tail += FRAME_HEAD + len;
}

bool frame_get(struct buf *b, enum frame *ret_type, const unsigned char **ret_data, size_t *ret_len)
{
	const unsigned char *p;
	size_t len;

	while (buf_len(b) && !b->data[b->head])
		b->head++;
	if (buf_len(b) < FRAME_HEAD)
		return false;
	p = b->data + b->head;
	len = p[1] | p[2] << 8 | (size_t)p[3] << 16;
	if (len > FRAME_MAX) {
		/* Not a frame: the stream is out of step, and only a new SYNC helps. */
		b->head = b->tail;
		return false;
	}
	if (buf_len(b) < FRAME_HEAD + len) {
		buf_room(b);
		return false;
	}
	*ret_type = p[0];
	*ret_data = p + FRAME_HEAD;
	*ret_len = len;
	return true;
}

void frame_drop(struct buf *b, size_t len)
{
	b->head += FRAME_HEAD + len;
}

int frame_relay(struct buf *b, enum frame type, int fd)
{
	unsigned char chunk[FRAME_MAX];
	ssize_t n;

	if (buf_room(b) < FRAME_HEAD + FRAME_MAX)
		return -EAGAIN;
	n = read(fd, chunk, sizeof(chunk));
	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	if (!n)
		return -EPIPE;
	frame_put(b, type, chunk, n);
	return 0;
}

int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

void set_nonblock(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}
