/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Names of the kernel interface of vgpu.ko: what the module calls its attributes and user space looks for.
 * What they mean stands in vgpu(4).
 */
#ifndef VGPU_UAPI_H
#define VGPU_UAPI_H

/* The PCI driver; also the prefix of the mdev types: vgpu-64M. */
#define VGPU_DRIVER_NAME "vgpu"

/* The GPU that it takes, by its PCI ids: Haswell GT2, desktop. */
#define VGPU_PCI_VENDOR 0x8086
#define VGPU_PCI_DEVICE 0x0412

/* The directory with our attributes, under an mdev device and under the GPU's PCI device. */
#define VGPU_ATTR_DIR "vgpu"

/* The mdev types; the fixed ones are named after their aperture. */
#define VGPU_TYPE_64M "64M"
#define VGPU_TYPE_128M "128M"
#define VGPU_TYPE_256M "256M"
#define VGPU_TYPE_FLEX "flex"

/* Of a vGPU */
#define VGPU_ATTR_APERTURE_BYTES "aperture_bytes"
#define VGPU_ATTR_HIDDEN_BYTES "hidden_bytes"
#define VGPU_ATTR_FENCES "fences"
#define VGPU_ATTR_APERTURE_BASE "aperture_base"
#define VGPU_ATTR_HIDDEN_BASE "hidden_base"
#define VGPU_ATTR_FENCE_BASE "fence_base"
#define VGPU_ATTR_WEIGHT "weight"
#define VGPU_ATTR_CAP_PCT "cap_pct"
#define VGPU_ATTR_LATENCY_US "latency_us"
#define VGPU_ATTR_STATE "state"
#define VGPU_ATTR_SUMMARY "summary"
#define VGPU_ATTR_REJECTED "rejected_commands"
#define VGPU_ATTR_STATS "stats" /* also of a GPU */

/*
 * X(name, ns): how long work waited each time that others had the engine, in classes by the longest wait of each; the last one has no end.
 * In the stats of a vGPU, named <engine>_waits_<name>.
 */
#define VGPU_WAITS(X)       \
	X(100us, 100000)    \
	X(300us, 300000)    \
	X(1ms, 1000000)     \
	X(3ms, 3000000)     \
	X(10ms, 10000000)   \
	X(30ms, 30000000)   \
	X(100ms, 100000000) \
	X(300ms, 300000000) \
	X(1s, 1000000000)   \
	X(longer, ~0ull)
enum {
#define X(name, ns) VGPU_WAITS_##name,
	VGPU_WAITS(X)
#undef X
	VGPU_WAIT_CLASSES
};

/* Of a GPU */
#define VGPU_ATTR_APERTURE_TOTAL_BYTES "aperture_total_bytes"
#define VGPU_ATTR_APERTURE_FREE_BYTES "aperture_free_bytes"
#define VGPU_ATTR_APERTURE_HOLE_BYTES "aperture_hole_bytes"
#define VGPU_ATTR_HIDDEN_TOTAL_BYTES "hidden_total_bytes"
#define VGPU_ATTR_HIDDEN_FREE_BYTES "hidden_free_bytes"
#define VGPU_ATTR_HIDDEN_HOLE_BYTES "hidden_hole_bytes"
#define VGPU_ATTR_FENCES_TOTAL "fences_total"
#define VGPU_ATTR_FENCES_FREE "fences_free"
#define VGPU_ATTR_FENCES_HOLE "fences_hole"

#endif
