/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * watch.h - who is shown the events: what has happened to those who ask, and what happens to those who subscribe.
 */
#ifndef VGPU_AGENT_WATCH_H
#define VGPU_AGENT_WATCH_H

#include <stdint.h>

/* Called by server.c through its handler. */
char *vgpu_watch_next(void *agent, uint64_t connection);
void vgpu_watch_gone(void *agent, uint64_t connection);

/* Called by the ledger. */
void vgpu_watch_noted(void *agent);

#endif
