/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What the two ends of the lab's command channel share: the frames and the buffers that they travel in.
 *
 * A frame is its type, the payload's length (24 bits, little endian) and the payload. A zero byte between two frames is padding.
 */
#ifndef LAB_AGENT_H
#define LAB_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_HEAD 4u
#define FRAME_MAX 32768u
#define BUF_SIZE (4 * (FRAME_HEAD + FRAME_MAX))

/* The most ports of one machine. */
#define PORTS_MAX 16

/* The exit status of a command that was ended at its limit, as with timeout(1); of a run that had no channel. */
#define STATUS_TIMEOUT 124
#define STATUS_CHANNEL 125

enum frame {
	FRAME_SYNC = 'S', /* both ways: struct sync */
	FRAME_EXEC = 'X', /* to serve: struct exec_head, then the command */
	FRAME_IN = 'I', /* to serve: standard input; empty at its end */
	FRAME_OUT = 'O', /* to run: standard output */
	FRAME_ERR = 'E', /* to run: standard error */
	FRAME_EXIT = 'Q', /* to run: exit status, one byte */
};

struct exec_head {
	uint32_t timeout_ms; /* 0: none */
	uint16_t rows, cols; /* both 0: no terminal */
};

struct sync {
	char magic[8];
	uint64_t nonce;
};

/* Bytes [head, tail) of data are waiting. */
struct buf {
	size_t head, tail;
	unsigned char data[BUF_SIZE];
};

/** buf_len() - bytes waiting in @b. */
static inline size_t buf_len(const struct buf *b)
{
	return b->tail - b->head;
}

/** buf_room() - bytes that still fit behind what waits in @b, which it may move for that. */
size_t buf_room(struct buf *b);

/** buf_fill() - read from @fd into @b: 0, -EAGAIN when there is nothing to do now, -EPIPE at the end of the stream, or what read(2) said. */
int buf_fill(struct buf *b, int fd);

/** buf_drain() - write of @b to @fd what it takes now: 0, or what write(2) said. */
int buf_drain(struct buf *b, int fd);

/** frame_put() - append a frame of @len bytes, for which the caller has checked the room. */
void frame_put(struct buf *b, enum frame type, const void *data, size_t len);

/** frame_get() - true if a whole frame waits in @b. It stays there until frame_drop(). */
bool frame_get(struct buf *b, enum frame *ret_type, const unsigned char **ret_data, size_t *ret_len);

/** frame_drop() - remove the frame of @len bytes that frame_get() showed. */
void frame_drop(struct buf *b, size_t len);

/** frame_relay() - make a frame of what @fd has to read. Same results as buf_fill(). */
int frame_relay(struct buf *b, enum frame type, int fd);

/** now_ms() - a clock that only goes forward. */
int64_t now_ms(void);

/** set_nonblock() - reads and writes of @fd return instead of waiting. */
void set_nonblock(int fd);

/** serve_main() - `agent serve`: start the processes that serve the ports; the exit status. */
int serve_main(int argc, char **argv);

/** run_main() - `agent run`: run one command on the other side; its exit status. */
int run_main(int argc, char **argv);

/** clock_main() - `agent tsc-khz`: print how fast the time-stamp counter runs; the exit status. */
int clock_main(void);

#endif
