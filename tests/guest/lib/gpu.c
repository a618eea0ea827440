// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Finds, maps and wakes a Gen7.5 GPU that no driver is bound to, and reads PVINFO. One thread, no lock.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/guest/lib/cmd.h"
#include "tests/guest/lib/gpu.h"

#define PCI_DEVICES "/sys/bus/pci/devices"
#define PCI_COMMAND 0x04
#define PCI_COMMAND_MEMORY (1u << 1)
#define PCI_COMMAND_MASTER (1u << 2)
#define PCI_COMMAND_INTX_OFF (1u << 10)
#define GMCH_CONTROL 0x50 /* bits 9:8: MiB of translation table (i915 gt/intel_ggtt.c) */

#define HASWELL_GT2_DESKTOP 0x0412
#define BAR0_BYTES (4u << 20)
#define GTT_OFFSET (2u << 20)
#define FENCES_MAX 32

#define PVINFO_MAGIC 0x4776544776544776ull
#define PVINFO_CAP_FULL_PPGTT (1u << 2)

#define FORCEWAKE_KERNEL (1u << 0)
#define FORCEWAKE_TIMEOUT_US 50000

/**
 * gpu_now_ns() - monotonic time
 *
 * Return: nanoseconds
 */
uint64_t gpu_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/**
 * gpu_fail() - record why something failed
 * @gpu: device
 * @error: errno value
 * @format: printf format of the reason, with the remedy, one line
 *
 * Return: -@error
 */
int gpu_fail(struct gpu *gpu, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(gpu->why, sizeof(gpu->why), format, args);
	va_end(args);
	return -error;
}

/**
 * gpu_read() - read a register
 * @gpu: device
 * @reg: offset, a multiple of 4
 *
 * By an instruction of our choice: where the access traps, KVM emulates it, and it knows general registers. Left the choice, gcc 14
 * loads into a vector register, and the guest gets an invalid opcode.
 *
 * Return: its value
 */
uint32_t gpu_read(const struct gpu *gpu, uint32_t reg)
{
	uint32_t value;

	__asm__ volatile("movl %1, %0" : "=r"(value) : "m"(gpu->mmio[reg / 4]) : "memory");
	return value;
}

/**
 * gpu_write() - write a register
 * @gpu: device
 * @reg: offset, a multiple of 4
 * @value: value
 *
 * Everything written to memory before is visible to the device first.
 */
void gpu_write(const struct gpu *gpu, uint32_t reg, uint32_t value)
{
	__sync_synchronize();
	__asm__ volatile("movl %1, %0" : "=m"(gpu->mmio[reg / 4]) : "r"(value) : "memory");
}

/**
 * gpu_poll() - wait for bits of a register
 * @gpu: device
 * @reg: offset
 * @mask: bits to look at
 * @want: what they shall be
 * @timeout_us: limit
 *
 * Return: 0 or -ETIMEDOUT
 */
int gpu_poll(const struct gpu *gpu, uint32_t reg, uint32_t mask, uint32_t want, unsigned int timeout_us)
{
	const uint64_t deadline_ns = gpu_now_ns() + timeout_us * 1000ull;

	for (;;) {
		bool late = gpu_now_ns() > deadline_ns;

		if ((gpu_read(gpu, reg) & mask) == want)
			return 0;
		if (late)
			return -ETIMEDOUT;
	}
}

/**
 * gpu_pte_encode() - a valid, LLC-cached entry of the graphics translation table
 * @phys: page address, below 2^39
 *
 * Gen7.5: valid in bit 0, cacheability in bits 3:1 (and 11), address bits 38:32 in 10:4 (i915 gt/intel_gtt.h,
 * HSW_GTT_ADDR_ENCODE and HSW_WB_LLC_AGE3).
 *
 * Return: the entry
 */
uint32_t gpu_pte_encode(uint64_t phys)
{
	return (uint32_t)(phys & 0xfffff000u) | (uint32_t)(phys >> 28 & 0x7f0) | 2u << 1 | GPU_PTE_VALID;
}

static uint32_t pte_reg(uint64_t gma)
{
	return GTT_OFFSET + (uint32_t)(gma / GPU_PAGE_BYTES) * 4;
}

/**
 * gpu_pte_read() - read a page's entry
 * @gpu: device
 * @gma: graphics address within the address space
 *
 * Return: the entry
 */
uint32_t gpu_pte_read(const struct gpu *gpu, uint64_t gma)
{
	return gpu_read(gpu, pte_reg(gma));
}

/**
 * gpu_pte_write() - write a page's entry; gpu_gtt_flush() makes it count
 * @gpu: device
 * @gma: graphics address within the address space
 * @pte: the entry
 */
void gpu_pte_write(const struct gpu *gpu, uint64_t gma, uint32_t pte)
{
	gpu_write(gpu, pte_reg(gma), pte);
}

/**
 * gpu_gtt_flush() - make written entries visible to the GPU
 * @gpu: device
 */
void gpu_gtt_flush(const struct gpu *gpu)
{
	gpu_write(gpu, GPU_GFX_FLSH_CNTL, 1);
	gpu_read(gpu, GPU_GFX_FLSH_CNTL);
}

static bool read_hex(const char *address, const char *attribute, unsigned int *ret_value)
{
	char path[160];
	FILE *file;
	bool ok;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/%s", address, attribute);
	file = fopen(path, "re");
	if (!file)
		return false;
	ok = fscanf(file, "%x", ret_value) == 1;
	fclose(file);
	return ok;
}

static bool is_gpu(const char *address)
{
	unsigned int vendor, device;

	return read_hex(address, "vendor", &vendor) && read_hex(address, "device", &device) && vendor == 0x8086 &&
	       device == HASWELL_GT2_DESKTOP;
}

/* Any Intel display controller may be named; the size of BAR 0 tells the generation apart later. */
static int check_named(struct gpu *gpu, const char *address)
{
	unsigned int vendor, class;

	if (strlen(address) >= sizeof(gpu->address) || strchr(address, '/'))
		return gpu_fail(gpu, EINVAL, "'%s' is not a PCI address such as 0000:00:02.0", address);
	if (!read_hex(address, "vendor", &vendor) || !read_hex(address, "class", &class))
		return gpu_fail(gpu, ENODEV, "there is no PCI device %s; see lspci -D", address);
	if (vendor != 0x8086 || class >> 16 != 3)
		return gpu_fail(gpu, ENODEV, "%s is not an Intel GPU; see lspci -D -d 8086::0300", address);
	strcpy(gpu->address, address);
	return 0;
}

static int find_gpu(struct gpu *gpu)
{
	DIR *dir = opendir(PCI_DEVICES);
	struct dirent *entry;

	if (!dir)
		return gpu_fail(gpu, errno, PCI_DEVICES ": %s; mount sysfs", strerror(errno));
	while ((entry = readdir(dir))) {
		if (strlen(entry->d_name) >= sizeof(gpu->address) || !is_gpu(entry->d_name))
			continue;
		strcpy(gpu->address, entry->d_name);
		closedir(dir);
		return 0;
	}
	closedir(dir);
	return gpu_fail(gpu, ENODEV, "no PCI device 8086:%04x here; give the guest a vGPU, or name one with --device",
			HASWELL_GT2_DESKTOP);
}

static int refuse_bound(struct gpu *gpu)
{
	char path[160], target[256];
	ssize_t length;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/driver", gpu->address);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return 0;
	target[length] = '\0';
	return gpu_fail(gpu, EBUSY, "%s is bound to %s; release it: echo %s > " PCI_DEVICES "/%s/driver/unbind", gpu->address,
			strrchr(target, '/') ? strrchr(target, '/') + 1 : target, gpu->address, gpu->address);
}

static int enable(struct gpu *gpu)
{
	char path[160];
	uint16_t command;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/config", gpu->address);
	gpu->config_fd = open(path, O_RDWR | O_CLOEXEC);
	if (gpu->config_fd < 0)
		return gpu_fail(gpu, errno, "%s: %s; run as root, and check --device", path, strerror(errno));
	if (pread(gpu->config_fd, &command, 2, PCI_COMMAND) != 2)
		return gpu_fail(gpu, EIO, "%s: cannot read the command register", path);
	/* Nobody handles interrupts here, so the pin stays off. */
	command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_OFF;
	if (pwrite(gpu->config_fd, &command, 2, PCI_COMMAND) != 2)
		return gpu_fail(gpu, EIO, "%s: cannot enable memory and bus mastering", path);
	return 0;
}

static int map_bar(struct gpu *gpu, int bar, volatile void **ret_map, size_t *ret_bytes)
{
	char path[160];
	struct stat st;
	void *map;
	int fd;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/resource%d", gpu->address, bar);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return gpu_fail(gpu, errno, "%s: %s; run as root", path, strerror(errno));
	map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return gpu_fail(gpu, errno, "map %s: %s; boot with iomem=relaxed and without lockdown", path, strerror(errno));
	*ret_map = map;
	*ret_bytes = (size_t)st.st_size;
	return 0;
}

static int map_bars(struct gpu *gpu)
{
	volatile void *map;
	size_t bytes;
	uint16_t gmch;
	int ret = map_bar(gpu, 0, &map, &bytes);

	if (ret)
		return ret;
	gpu->mmio = map;
	if (bytes != BAR0_BYTES) {
		munmap((void *)map, bytes);
		gpu->mmio = NULL;
		return gpu_fail(gpu, ENODEV, "BAR 0 has %zu bytes, not %u: not a Gen7.5 GPU", bytes, BAR0_BYTES);
	}
	ret = map_bar(gpu, 2, &map, &gpu->aperture_bytes);
	if (ret)
		return ret;
	gpu->aperture = map;
	if (pread(gpu->config_fd, &gmch, 2, GMCH_CONTROL) != 2 || !(gmch >> 8 & 3))
		return gpu_fail(gpu, EIO, "GMCH control says that there is no graphics translation table");
	gpu->total_bytes = (uint64_t)(gmch >> 8 & 3) << 20;
	if (gpu->total_bytes > BAR0_BYTES - GTT_OFFSET)
		gpu->total_bytes = BAR0_BYTES - GTT_OFFSET;
	gpu->total_bytes = gpu->total_bytes / 4 * GPU_PAGE_BYTES;
	return 0;
}

static bool range_fits(const struct gpu_range *range, uint64_t low, uint64_t high)
{
	return !(range->base % GPU_PAGE_BYTES) && !(range->bytes % GPU_PAGE_BYTES) && range->base >= low && range->base <= high &&
	       range->bytes <= high - range->base;
}

/**
 * gpu_set_partition() - take part of the graphics address space as ours
 * @gpu: device
 * @mappable: within the aperture
 * @hidden: above it, possibly empty
 *
 * The limits are those that i915 checks before it balloons (i915_vgpu.c, intel_vgt_balloon()).
 *
 * Return: 0 or -EINVAL
 */
int gpu_set_partition(struct gpu *gpu, const struct gpu_range *mappable, const struct gpu_range *hidden)
{
	if (!mappable->bytes || !range_fits(mappable, 0, gpu->aperture_bytes))
		return gpu_fail(gpu, EINVAL, "mappable range %#llx + %#llx is not whole pages in the aperture of %#zx",
				(unsigned long long)mappable->base, (unsigned long long)mappable->bytes, gpu->aperture_bytes);
	if (hidden->bytes && !range_fits(hidden, gpu->aperture_bytes, gpu->total_bytes))
		return gpu_fail(gpu, EINVAL, "hidden range %#llx + %#llx is not whole pages between %#zx and %#llx",
				(unsigned long long)hidden->base, (unsigned long long)hidden->bytes, gpu->aperture_bytes,
				(unsigned long long)gpu->total_bytes);
	gpu->mappable = *mappable;
	gpu->hidden = *hidden;
	return 0;
}

/**
 * gpu_owns() - tell whether a range lies within our partition
 * @gpu: device
 * @gma: first graphics address
 * @bytes: length
 *
 * Return: true when it does
 */
bool gpu_owns(const struct gpu *gpu, uint64_t gma, uint64_t bytes)
{
	const struct gpu_range *ranges[] = { &gpu->mappable, &gpu->hidden };

	for (int i = 0; i < 2; i++)
		if (gma >= ranges[i]->base && bytes <= ranges[i]->bytes && gma - ranges[i]->base <= ranges[i]->bytes - bytes)
			return true;
	return false;
}

/* Byte accesses work too: i915 and firmware read parts of this page by byte and word. */
static int check_pvinfo_bytes(struct gpu *gpu)
{
	const volatile uint8_t *page = (const volatile uint8_t *)gpu->mmio + GPU_PVINFO;

	for (int i = 0; i < 8; i++)
		if (page[i] != (uint8_t)(PVINFO_MAGIC >> 8 * i))
			return gpu_fail(gpu, EPROTO, "PVINFO: byte %d of the magic reads as %02x", i, page[i]);
	return 0;
}

static int read_pvinfo(struct gpu *gpu)
{
	uint64_t magic = gpu_read(gpu, GPU_PVINFO) | (uint64_t)gpu_read(gpu, GPU_PVINFO + 4) << 32;
	struct gpu_range mappable, hidden;
	uint32_t version, caps;
	int ret;

	gpu->mediated = magic == PVINFO_MAGIC;
	if (!gpu->mediated) {
		gpu->fences = FENCES_MAX;
		gpu->mappable = (struct gpu_range) { 0, gpu->aperture_bytes };
		gpu->hidden = (struct gpu_range) { gpu->aperture_bytes, gpu->total_bytes - gpu->aperture_bytes };
		return 0;
	}
	version = gpu_read(gpu, GPU_PVINFO + 0x8);
	if ((version & 0xffff) != 1)
		return gpu_fail(gpu, EPROTO, "PVINFO: version %u.%u, but drivers know 1.x", version & 0xffff, version >> 16);
	caps = gpu_read(gpu, GPU_PVINFO + 0x10);
	if (!(caps & PVINFO_CAP_FULL_PPGTT))
		return gpu_fail(gpu, EPROTO, "PVINFO: capabilities %#x lack full PPGTT, which i915 insists on", caps);
	gpu->vgpu_id = gpu_read(gpu, GPU_PVINFO + 0xc);
	gpu->fences = gpu_read(gpu, GPU_PVINFO + 0x50);
	if (gpu->fences > FENCES_MAX)
		return gpu_fail(gpu, EPROTO, "PVINFO: %u fences, but the GPU has %d", gpu->fences, FENCES_MAX);
	mappable = (struct gpu_range) { gpu_read(gpu, GPU_PVINFO + 0x40), gpu_read(gpu, GPU_PVINFO + 0x44) };
	hidden = (struct gpu_range) { gpu_read(gpu, GPU_PVINFO + 0x48), gpu_read(gpu, GPU_PVINFO + 0x4c) };
	ret = check_pvinfo_bytes(gpu);
	return ret ? ret : gpu_set_partition(gpu, &mappable, &hidden);
}

/* A mediated GPU's driver leaves forcewake to the host (i915 intel_uncore.c), so a vGPU need not acknowledge it. */
static int wake(struct gpu *gpu)
{
	int ret;

	gpu_write(gpu, GPU_FORCEWAKE_MT, MASKED_SET(FORCEWAKE_KERNEL));
	gpu->forcewake = true;
	ret = gpu_poll(gpu, GPU_FORCEWAKE_ACK, FORCEWAKE_KERNEL, FORCEWAKE_KERNEL, FORCEWAKE_TIMEOUT_US);
	if (ret && !gpu->mediated)
		return gpu_fail(gpu, -ret, "forcewake is not acknowledged in %d ms; reset the device",
				FORCEWAKE_TIMEOUT_US / 1000);
	return 0;
}

/**
 * gpu_open() - find a GPU without a driver, enable it, map it, read PVINFO, wake it
 * @address: PCI address, or NULL for the first 8086:0412
 * @gpu: the device; on failure its @why says what to do, and gpu_close() is still right
 *
 * Return: 0 or -errno
 */
int gpu_open(const char *address, struct gpu *gpu)
{
	int ret;

	*gpu = (struct gpu) { .config_fd = -1 };
	ret = address ? check_named(gpu, address) : find_gpu(gpu);
	if (!ret)
		ret = refuse_bound(gpu);
	if (!ret)
		ret = enable(gpu);
	if (!ret)
		ret = map_bars(gpu);
	if (!ret)
		ret = read_pvinfo(gpu);
	return ret ? ret : wake(gpu);
}

/**
 * gpu_close() - let the device sleep and unmap it
 * @gpu: device, opened or not
 */
void gpu_close(struct gpu *gpu)
{
	if (gpu->forcewake)
		gpu_write(gpu, GPU_FORCEWAKE_MT, MASKED_CLEAR(FORCEWAKE_KERNEL));
	if (gpu->aperture)
		munmap((void *)gpu->aperture, gpu->aperture_bytes);
	if (gpu->mmio)
		munmap((void *)gpu->mmio, BAR0_BYTES);
	if (gpu->config_fd >= 0)
		close(gpu->config_fd);
	*gpu = (struct gpu) { .config_fd = -1 };
}
