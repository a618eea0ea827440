// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * vfio-selftest: does a vGPU keep vfio's contract, also towards a user who does not keep his?
 *
 * Runs on the GPU host against an mdev that nobody has open: it is its user space, in QEMU's place. Raw vfio ioctls, prints
 * TAP. No lock: what runs beside the tests is in them. See linux/vfio.h for the interface and vgpu(4) for what the regions are.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "tests/guest/lib/vfio.h"

#define PVINFO 0x78000ull /* in BAR0 */
#define SIGNAL_LIMIT_MS 5000 /* an eventfd that is signalled at once */

enum {
	EXIT_PASS = 0,
	EXIT_FAIL = 1,
	EXIT_USAGE = 2,
	EXIT_NO_DEVICE = 3
};

static int test_device_info(struct session *s)
{
	struct vfio_device_info info = { .argsz = sizeof(info) }, tiny = { .argsz = 4 };

	if (ioctl(s->device, VFIO_DEVICE_GET_INFO, &info))
		return session_fail(s, "GET_INFO: %s", strerror(errno));
	if (info.flags != (VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET) || info.num_regions != VFIO_PCI_NUM_REGIONS ||
	    info.num_irqs != VFIO_PCI_NUM_IRQS)
		return session_fail(s, "flags %#x, %u regions, %u irqs", info.flags, info.num_regions, info.num_irqs);
	if (!ioctl(s->device, VFIO_DEVICE_GET_INFO, &tiny) || errno != EINVAL)
		return session_fail(s, "an argsz of 4 was accepted");
	if (!ioctl(s->device, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &info) || errno != ENOTTY)
		return session_fail(s, "an ioctl that is not offered: %s, want ENOTTY", strerror(errno));
	return 0;
}

static int test_region_info(struct session *s)
{
	const struct {
		uint32_t index;
		uint64_t bytes; /* 1: the aperture's */
		uint32_t flags;
	} want[] = {
		{ VFIO_PCI_CONFIG_REGION_INDEX, 256, VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE },
		{ VFIO_PCI_BAR0_REGION_INDEX, 4 << 20,
		  VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
			  (s->mapped ? VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS : 0) },
		{ VFIO_PCI_BAR1_REGION_INDEX, 0, 0 },
		{ VFIO_PCI_BAR2_REGION_INDEX, 1,
		  VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE | VFIO_REGION_INFO_FLAG_MMAP |
			  VFIO_REGION_INFO_FLAG_CAPS },
		{ VFIO_PCI_BAR3_REGION_INDEX, 0, 0 },
		{ VFIO_PCI_BAR4_REGION_INDEX, 64, VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE },
		{ VFIO_PCI_BAR5_REGION_INDEX, 0, 0 },
		{ VFIO_PCI_ROM_REGION_INDEX, 0, 0 },
		{ VFIO_PCI_VGA_REGION_INDEX, 0, 0 },
	};
	struct vfio_region_info beyond = { .argsz = sizeof(beyond), .index = VFIO_PCI_NUM_REGIONS };

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct vfio_region_info info = { .argsz = sizeof(info), .index = want[i].index };

		if (ioctl(s->device, VFIO_DEVICE_GET_REGION_INFO, &info))
			return session_fail(s, "region %u: %s", want[i].index, strerror(errno));
		if (info.flags != want[i].flags || info.size != (want[i].bytes == 1 ? s->aperture : want[i].bytes))
			return session_fail(s, "region %u: size %#llx, flags %#x", info.index, info.size, info.flags);
	}
	if (!ioctl(s->device, VFIO_DEVICE_GET_REGION_INFO, &beyond) || errno != EINVAL)
		return session_fail(s, "a region that does not exist: %s, want EINVAL", strerror(errno));
	return 0;
}

static int sparse_area(struct session *s, uint32_t region, uint64_t offset, uint64_t bytes)
{
	struct {
		struct vfio_region_info info;
		uint8_t caps[256];
	} big = { .info = { .argsz = sizeof(big), .index = region } };
	struct vfio_region_info small = { .argsz = sizeof(small), .index = region };
	const struct vfio_region_info_cap_sparse_mmap *cap;

	if (ioctl(s->device, VFIO_DEVICE_GET_REGION_INFO, &small) || small.argsz <= sizeof(small) || small.cap_offset)
		return session_fail(s, "without room: argsz %u, cap_offset %u", small.argsz, small.cap_offset);
	if (ioctl(s->device, VFIO_DEVICE_GET_REGION_INFO, &big) || big.info.cap_offset < sizeof(big.info) ||
	    big.info.cap_offset > sizeof(big) - sizeof(*cap) - sizeof(cap->areas[0]))
		return session_fail(s, "cap_offset %u", big.info.cap_offset);
	cap = (const void *)((const char *)&big + big.info.cap_offset);
	if (cap->header.id != VFIO_REGION_INFO_CAP_SPARSE_MMAP || cap->nr_areas != 1 || cap->areas[0].offset != offset ||
	    cap->areas[0].size != bytes)
		return session_fail(s, "region %u: id %u, %u areas, %#llx + %#llx", region, cap->header.id, cap->nr_areas,
				    cap->areas[0].offset, cap->areas[0].size);
	return 0;
}

static int test_sparse_mmap(struct session *s)
{
	return sparse_area(s, VFIO_PCI_BAR2_REGION_INDEX, s->base, s->size)
		       ?: s->mapped ? sparse_area(s, VFIO_PCI_BAR0_REGION_INDEX, GGTT, GGTT_BYTES)
				    : 0;
}

static int test_mmap(struct session *s)
{
	const struct {
		const char *name;
		uint32_t region;
		uint64_t offset, bytes;
		int flags;
		bool ok;
	} cases[] = {
		{ "the slice", VFIO_PCI_BAR2_REGION_INDEX, s->base, s->size, MAP_SHARED, true },
		{ "its last page", VFIO_PCI_BAR2_REGION_INDEX, s->base + s->size - PAGE, PAGE, MAP_SHARED, true },
		{ "a private copy", VFIO_PCI_BAR2_REGION_INDEX, s->base, PAGE, MAP_PRIVATE, false },
		{ "a page beyond", VFIO_PCI_BAR2_REGION_INDEX, s->base + s->size, PAGE, MAP_SHARED, false },
		{ "a page too many", VFIO_PCI_BAR2_REGION_INDEX, s->base, s->size + PAGE, MAP_SHARED, false },
		{ "across the end", VFIO_PCI_BAR2_REGION_INDEX, s->base + s->size - PAGE, 2 * PAGE, MAP_SHARED, false },
		{ "a page before", VFIO_PCI_BAR2_REGION_INDEX, s->base - PAGE, PAGE, MAP_SHARED, false },
		{ "the registers", VFIO_PCI_BAR0_REGION_INDEX, 0, PAGE, MAP_SHARED, false },
		{ "the table", VFIO_PCI_BAR0_REGION_INDEX, GGTT, GGTT_BYTES, MAP_SHARED, s->mapped },
		{ "its last page", VFIO_PCI_BAR0_REGION_INDEX, GGTT + GGTT_BYTES - PAGE, PAGE, MAP_SHARED, s->mapped },
		{ "a private copy of it", VFIO_PCI_BAR0_REGION_INDEX, GGTT, PAGE, MAP_PRIVATE, false },
		{ "a page before it", VFIO_PCI_BAR0_REGION_INDEX, GGTT - PAGE, PAGE, MAP_SHARED, false },
		{ "a register page too many", VFIO_PCI_BAR0_REGION_INDEX, GGTT - PAGE, 2 * PAGE, MAP_SHARED, false },
		{ "across its end", VFIO_PCI_BAR0_REGION_INDEX, GGTT + GGTT_BYTES - PAGE, 2 * PAGE, MAP_SHARED, false },
		{ "a page beyond it", VFIO_PCI_BAR0_REGION_INDEX, GGTT + GGTT_BYTES, PAGE, MAP_SHARED, false },
		{ "config space", VFIO_PCI_CONFIG_REGION_INDEX, 0, PAGE, MAP_SHARED, false },
		{ "no region", VFIO_PCI_NUM_REGIONS + 3, s->base, PAGE, MAP_SHARED, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t at = ((uint64_t)cases[i].region << 40) + cases[i].offset;
		void *p = mmap(NULL, cases[i].bytes, PROT_READ | PROT_WRITE, cases[i].flags, s->device, (off_t)at);

		if (p != MAP_FAILED)
			munmap(p, cases[i].bytes);
		if ((p != MAP_FAILED) != cases[i].ok)
			return session_fail(s, "%s: %s", cases[i].name, cases[i].ok ? strerror(errno) : "mapped");
	}
	return 0;
}

static int test_config(struct session *s)
{
	uint8_t all[300];
	uint16_t command = 0x0406, got = 0;
	uint64_t at = s->offset[VFIO_PCI_CONFIG_REGION_INDEX];
	ssize_t n = pread(s->device, all, sizeof(all), (off_t)at);

	if (n != 256 || all[0] != 0x86 || all[1] != 0x80 || all[2] != 0x12 || all[3] != 0x04)
		return session_fail(s, "%zd bytes, %02x%02x:%02x%02x", n, all[1], all[0], all[3], all[2]);
	if (all[0x3d])
		return session_fail(s, "it has an interrupt pin, but no INTx");
	if (pread(s->device, all, 1, (off_t)at + 256) != -1 || errno != EINVAL)
		return session_fail(s, "a byte beyond was read");
	if (pwrite(s->device, &command, 2, (off_t)at + 4) != 2 || pread(s->device, &got, 2, (off_t)at + 4) != 2 || got != command)
		return session_fail(s, "command register reads %#x", got);
	return 0;
}

static int test_registers(struct session *s)
{
	uint64_t magic = 0, at = s->offset[VFIO_PCI_BAR0_REGION_INDEX];
	uint32_t base = 0;
	uint8_t bytes[9];

	if (pread(s->device, &magic, 8, (off_t)(at + PVINFO)) != 8 || magic != 0x4776544776544776)
		return session_fail(s, "magic %#llx", (unsigned long long)magic);
	if (pread(s->device, &base, 4, (off_t)(at + PVINFO + 0x40)) != 4 || base != s->base)
		return session_fail(s, "aperture base %#x", base);
	if (pread(s->device, bytes, 9, (off_t)(at + PVINFO + 1)) != 9 || memcmp(bytes, (const uint8_t *)&magic + 1, 7))
		return session_fail(s, "9 bytes, not aligned");
	if (pread(s->device, bytes, 8, (off_t)(at + (4 << 20) - 4)) != 4)
		return session_fail(s, "a read across the end is not cut there");
	if (pread(s->device, bytes, 4, (off_t)((uint64_t)VFIO_PCI_NUM_REGIONS << 40)) != -1 || errno != EINVAL)
		return session_fail(s, "a region that does not exist was read");
	if (pread(s->device, (void *)PAGE, 4, (off_t)(at + PVINFO)) != -1 || errno != EFAULT)
		return session_fail(s, "a bad address: %s, want EFAULT", strerror(errno));
	if (pread(s->device, bytes, 8, (off_t)s->offset[VFIO_PCI_BAR4_REGION_INDEX]) != 8 || memcmp(bytes, "\0\0\0\0\0\0\0", 8))
		return session_fail(s, "BAR4 does not read as zeros");
	return 0;
}

/* Its own pages behind the slice: what is written by one way is read by the other; beyond the slice nothing is. */
static int test_aperture(struct session *s)
{
	uint64_t bar0 = s->offset[VFIO_PCI_BAR0_REGION_INDEX], bar2 = s->offset[VFIO_PCI_BAR2_REGION_INDEX];
	uint32_t pte = MEMORY_IOVA | 1, value = 0x5eed1234, got = 0, *map;
	uint64_t refused = session_attribute(s, "stats", "reject_aperture"),
		 traps = session_attribute(s, "stats", "traps_aperture");
	uint32_t *memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int ret = 0;

	map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, s->device, (off_t)(bar2 + s->base));
	if (memory == MAP_FAILED || map == MAP_FAILED || session_map(s, memory, MEMORY_IOVA, MEMORY_BYTES))
		return session_fail(s, "memory: %s", strerror(errno));

	if (pwrite(s->device, &pte, 4, (off_t)(bar0 + GGTT + s->base / PAGE * 4)) != 4 || !session_flush(s))
		ret = session_fail(s, "entry: %s", strerror(errno));
	else if (session_attribute(s, "stats", "pinned_pages") != 1)
		ret = session_fail(s, "%llu pages are pinned, want 1",
				   (unsigned long long)session_attribute(s, "stats", "pinned_pages"));
	else if (pwrite(s->device, &value, 4, (off_t)(bar2 + s->base + 8)) != 4 || memory[2] != value || map[2] != value)
		ret = session_fail(s, "written to the region: memory %#x, mapping %#x", memory[2], map[2]);
	else if (map[3] = ~value, __sync_synchronize(), memory[3] != ~value)
		ret = session_fail(s, "written to the mapping: memory %#x", memory[3]);
	else if (session_unmap(s, MEMORY_IOVA, MEMORY_BYTES))
		ret = session_fail(s, "unmap: %s", strerror(errno));
	else if (session_attribute(s, "stats", "pinned_pages") != 0)
		ret = session_fail(s, "pages stay pinned after unmap");
	else if (map[2] = 0, __sync_synchronize(), memory[2] != value)
		ret = session_fail(s, "the GPU reaches memory that was unmapped");
	else if (pread(s->device, &got, 4, (off_t)(bar2 + s->base + s->size)) != 4 || got != ~0u)
		ret = session_fail(s, "beyond the slice: %#x", got);
	else if (pwrite(s->device, &value, 4, (off_t)(bar2 + s->base + s->size)) != 4)
		ret = session_fail(s, "a write beyond the slice: %s", strerror(errno));
	else if (session_attribute(s, "stats", "reject_aperture") != refused + 2)
		ret = session_fail(s, "accesses beyond the slice are not counted");
	else if (session_attribute(s, "stats", "traps_aperture") != traps + 3)
		ret = session_fail(s, "accesses that are not mapped are not counted");
	munmap(map, PAGE);
	munmap(memory, MEMORY_BYTES);
	return ret;
}

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/*
 * vfio asks again and again to unpin what other threads pin in between, and dies of the eleventh time. It is not provoked here, but
 * looked for what keeps it from happening: that syncs, which pin, come slower and slower, and as fast as ever for another mapping.
 */
static int test_unmap_rounds(struct session *s)
{
	const uint64_t entry = s->offset[VFIO_PCI_BAR0_REGION_INDEX] + GGTT + s->base / PAGE * 4;
	char *memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t took_us[8];
	int ret = 0;

	for (unsigned int i = 0; i < 8 && !ret; i++) {
		const uint64_t iova = MEMORY_IOVA + (i == 7 ? MEMORY_BYTES : 0);
		const uint32_t pte = (uint32_t)iova | 1;

		if (session_map(s, memory, iova, PAGE) || pwrite(s->device, &pte, 4, (off_t)entry) != 4 || !session_flush(s) ||
		    session_attribute(s, "stats", "pinned_pages") != 1 || session_unmap(s, iova, PAGE))
			ret = session_fail(s, "round %u: %s", i, strerror(errno));
		took_us[i] = now_us();
		if (!ret && !session_flush(s))
			ret = session_fail(s, "round %u: %s", i, strerror(errno));
		took_us[i] = now_us() - took_us[i];
	}
	if (!ret && (took_us[5] < 16000 || took_us[6] < 32000 || took_us[7] > 100000))
		ret = session_fail(s, "syncs took %llu and %llu us, another mapping's %llu us", (unsigned long long)took_us[5],
				   (unsigned long long)took_us[6], (unsigned long long)took_us[7]);
	munmap(memory, MEMORY_BYTES);
	return ret;
}

static int set_irqs(const struct session *s, const struct vfio_irq_set *set, int fd)
{
	struct {
		struct vfio_irq_set set;
		int fd;
	} arg = { .set = *set, .fd = fd };

	return ioctl(s->device, VFIO_DEVICE_SET_IRQS, &arg) ? errno : 0;
}

static bool signalled(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t count;

	return poll(&p, 1, SIGNAL_LIMIT_MS) == 1 && read(fd, &count, sizeof(count)) == sizeof(count);
}

#define NONE VFIO_IRQ_SET_DATA_NONE
#define BOOL VFIO_IRQ_SET_DATA_BOOL
#define EVENT VFIO_IRQ_SET_DATA_EVENTFD
#define TRIGGER VFIO_IRQ_SET_ACTION_TRIGGER
#define MSI VFIO_PCI_MSI_IRQ_INDEX
#define HEADER ((uint32_t)sizeof(struct vfio_irq_set))

static int test_irq_info(struct session *s)
{
	static const struct {
		uint32_t index, argsz;
		int count; /* -1: refused */
	} want[] = {
		{ VFIO_PCI_INTX_IRQ_INDEX, sizeof(struct vfio_irq_info), 0 },
		{ VFIO_PCI_MSI_IRQ_INDEX, sizeof(struct vfio_irq_info), 1 },
		{ VFIO_PCI_MSIX_IRQ_INDEX, sizeof(struct vfio_irq_info), 0 },
		{ VFIO_PCI_ERR_IRQ_INDEX, sizeof(struct vfio_irq_info), -1 },
		{ VFIO_PCI_REQ_IRQ_INDEX, sizeof(struct vfio_irq_info), 1 },
		{ VFIO_PCI_NUM_IRQS, sizeof(struct vfio_irq_info), -1 },
		{ VFIO_PCI_MSI_IRQ_INDEX, 8, -1 },
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct vfio_irq_info info = { .argsz = want[i].argsz, .index = want[i].index, .count = 99 };
		int got = ioctl(s->device, VFIO_DEVICE_GET_IRQ_INFO, &info) ? -1 : (int)info.count;

		if (got != want[i].count)
			return session_fail(s, "case %zu, index %u: %d, want %d", i, want[i].index, got, want[i].count);
	}
	return 0;
}

static int test_irqs(struct session *s)
{
	static const struct {
		const char *name;
		struct vfio_irq_set set;
		int fd, want;
	} cases[] = {
		{ "argsz too small", { HEADER - 1, NONE | TRIGGER, MSI, 0, 0 }, 0, EINVAL },
		{ "argsz without data", { HEADER, EVENT | TRIGGER, MSI, 0, 1 }, 0, EINVAL },
		{ "argsz with half of the data", { HEADER + 2, EVENT | TRIGGER, MSI, 0, 1 }, 0, EINVAL },
		{ "INTx", { HEADER + 4, EVENT | TRIGGER, VFIO_PCI_INTX_IRQ_INDEX, 0, 1 }, 0, EINVAL },
		{ "MSI-X", { HEADER + 4, EVENT | TRIGGER, VFIO_PCI_MSIX_IRQ_INDEX, 0, 1 }, 0, EINVAL },
		{ "no such index", { HEADER + 4, EVENT | TRIGGER, 1000, 0, 1 }, 0, EINVAL },
		{ "second vector", { HEADER + 4, EVENT | TRIGGER, MSI, 1, 1 }, 0, EINVAL },
		{ "two vectors", { HEADER + 8, EVENT | TRIGGER, MSI, 0, 2 }, 0, EINVAL },
		{ "count that wraps", { HEADER + 4, EVENT | TRIGGER, MSI, 1, ~0u }, 0, EINVAL },
		{ "start that wraps", { HEADER + 4, EVENT | TRIGGER, MSI, ~0u, 1 }, 0, EINVAL },
		{ "unknown flag", { HEADER, NONE | TRIGGER | 1u << 20, MSI, 0, 0 }, 0, EINVAL },
		{ "two kinds of data", { HEADER + 4, EVENT | BOOL | TRIGGER, MSI, 0, 1 }, 0, EINVAL },
		{ "no action", { HEADER, NONE, MSI, 0, 0 }, 0, ENOTTY },
		{ "mask", { HEADER, NONE | VFIO_IRQ_SET_ACTION_MASK, MSI, 0, 1 }, 0, ENOTTY },
		{ "no eventfd at all", { HEADER + 4, EVENT | TRIGGER, MSI, 0, 0 }, 0, EINVAL },
		{ "not open", { HEADER + 4, EVENT | TRIGGER, MSI, 0, 1 }, 12345, EBADF },
		{ "not an eventfd", { HEADER + 4, EVENT | TRIGGER, MSI, 0, 1 }, STDOUT_FILENO, EINVAL },
		{ "below -1", { HEADER + 4, EVENT | TRIGGER, MSI, 0, 1 }, -2, EINVAL },
		{ "disconnect what is not", { HEADER + 4, EVENT | TRIGGER, MSI, 0, 1 }, -1, 0 },
		{ "disable what is not", { HEADER, NONE | TRIGGER, MSI, 0, 0 }, 0, 0 },
		{ "trigger to nobody", { HEADER, NONE | TRIGGER, MSI, 0, 1 }, 0, 0 },
	};
	const struct vfio_irq_set connect = { HEADER + 4, EVENT | TRIGGER, MSI, 0, 1 },
				  fire = { HEADER, NONE | TRIGGER, MSI, 0, 1 };
	int fd = eventfd(0, EFD_CLOEXEC);
	int got;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		got = set_irqs(s, &cases[i].set, cases[i].fd);
		if (got != cases[i].want)
			return session_fail(s, "%s: %s, want %s", cases[i].name, strerror(got), strerror(cases[i].want));
	}
	got = set_irqs(s, &connect, fd) ?: set_irqs(s, &fire, 0);
	if (got || !signalled(fd))
		return session_fail(s, "MSI: %s", got ? strerror(got) : "no signal");
	close(fd); /* stays connected: the close of the device has to let go of it */
	return 0;
}

static int test_reset(struct session *s)
{
	uint64_t at = s->offset[VFIO_PCI_CONFIG_REGION_INDEX] + 4;
	uint16_t command = 7;

	if (pwrite(s->device, &command, 2, (off_t)at) != 2 || ioctl(s->device, VFIO_DEVICE_RESET))
		return session_fail(s, "reset: %s", strerror(errno));
	if (pread(s->device, &command, 2, (off_t)at) != 2 || command)
		return session_fail(s, "the command register keeps %#x", command);
	if (session_attribute(s, "aperture_bytes", NULL) != s->size || session_attribute(s, "aperture_base", NULL) != s->base)
		return session_fail(s, "the partition has changed");
	return 0;
}

static int test_second_open(struct session *s)
{
	struct session other = { .uuid = s->uuid, .container = -1, .group = -1, .device = -1 };
	int ret = session_open(&other);

	session_close(&other);
	return ret == -EBUSY ? 0 : session_fail(s, "a second user: %s, want EBUSY", strerror(-ret));
}

/* clang-format off */
static const struct {
	const char *name;
	int (*run)(struct session *s);
} tests[] = {
	{ "device-info", test_device_info },	{ "region-info", test_region_info },	{ "sparse-mmap", test_sparse_mmap },
	{ "mmap", test_mmap },			{ "config", test_config },		{ "registers", test_registers },
	{ "aperture", test_aperture },		{ "irq-info", test_irq_info },		{ "irqs", test_irqs },
	{ "unmap-rounds", test_unmap_rounds },	{ "reset", test_reset },		{ "second-open", test_second_open },
	{ "aperture-again", test_aperture },	{ "table-map", table_test_map },	{ "table-write", table_test_write },
	{ "table-change", table_test_change },	{ "table-race", table_test_race },	{ "table-itself", table_test_itself },
	{ "table-outlive", table_test_outlive },	{ "kvm-track", kvm_test_track },
};
/* clang-format on */

int main(int argc, char **argv)
{
	struct session s = { .container = -1, .group = -1, .device = -1 };
	const size_t count = sizeof(tests) / sizeof(tests[0]);
	unsigned int failed = 0;
	int err;

	if (argc != 2) {
		fputs("Usage: vfio-selftest UUID\nTests a vGPU through vfio, as its user space, and prints TAP.\n", stderr);
		return EXIT_USAGE;
	}
	s.uuid = argv[1];
	err = session_open(&s);
	if (err) {
		fprintf(stderr, "vfio-selftest: %s: %s\n", s.uuid, strerror(-err));
		return EXIT_NO_DEVICE;
	}

	printf("1..%zu\n", count + 1);
	for (size_t i = 0; i < count; i++) {
		bool bad = tests[i].run(&s);

		printf("%s %zu - %s\n", bad ? "not ok" : "ok", i + 1, tests[i].name);
		if (bad)
			printf("# %s\n", s.why);
		failed += bad;
	}
	session_close(&s);
	err = session_attribute(&s, "stats", "pinned_pages") != 0;
	printf("%s %zu - nothing-pinned-after-close\n", err ? "not ok" : "ok", count + 1);
	failed += !!err;
	printf("vfio-selftest: %s\n", failed ? "FAIL" : "PASS");
	return failed ? EXIT_FAIL : EXIT_PASS;
}
