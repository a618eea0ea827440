/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A vGPU opened by raw vfio ioctls, for vfio-selftest.
 */
#ifndef VGPU_GUEST_VFIO_H
#define VGPU_GUEST_VFIO_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/vfio.h>

#define PAGE 4096ull
#define GGTT 0x200000ull /* of the entries, in BAR0 */
#define GGTT_BYTES 0x200000ull /* of a GPU with 2 GiB of graphics addresses, as ours is */
#define GFX_FLSH_CNTL 0x101008ull
#define MEMORY_IOVA 0x10000000ull
#define MEMORY_BYTES (16 * PAGE)

/**
 * struct session - the open device
 * @base, @size: its slice of the aperture, as its attributes tell
 * @mapped: its GGTT's entries can be mapped, as the module's parameter tells
 * @kvm_vfio: the VFIO device of a KVM that is to know the vGPU, to be set before it is opened; 0 for none
 */
struct session {
	const char *uuid;
	int container, group, device;
	uint64_t base, size, aperture;
	uint64_t offset[VFIO_PCI_NUM_REGIONS];
	bool mapped;
	int kvm_vfio;
	char why[200];
};

/** session_fail() - keep why a test fails. Return: -1. */
int session_fail(struct session *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** session_attribute() - the value of an attribute, or of the line in it that begins with @key; UINT64_MAX if there is none */
uint64_t session_attribute(const struct session *s, const char *name, const char *key);

/** session_open() - open the device of @s->uuid, and learn about it. 0 or -errno. */
int session_open(struct session *s);

/** session_close() - close all files */
void session_close(struct session *s);

/** session_map() - give the device @bytes of memory at @iova; session_unmap() - and take it away. 0 or -1 with errno. */
int session_map(const struct session *s, void *memory, uint64_t iova, uint64_t bytes);
int session_unmap(const struct session *s, uint64_t iova, uint64_t bytes);

/** session_flush() - write GFX_FLSH_CNTL: the GGTT's entries come into force. Whether it could be. */
bool session_flush(const struct session *s);

/* vfio_table.c: the mapped table of the GGTT's entries */
int table_test_map(struct session *s);
int table_test_write(struct session *s);
int table_test_change(struct session *s);
int table_test_race(struct session *s);
int table_test_itself(struct session *s);
int table_test_outlive(struct session *s);

/* vfio_kvm.c: writes to page tables of the PPGTT, seen by KVM */
int kvm_test_track(struct session *s);

#endif
