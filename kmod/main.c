// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Loading and unloading the module, its parameters, and nothing else. (The tracepoints' bodies have to be in one file: this one.)
 */
#include <linux/module.h>
#include <linux/stringify.h>

#include "compat.h"
#include "glue.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

bool vgpu_trap_ggtt;
module_param_named(trap_ggtt, vgpu_trap_ggtt, bool, 0444);
MODULE_PARM_DESC(trap_ggtt, "Trap each access of a guest to its GGTT's entries instead of mapping them to it (default: N)");

bool vgpu_track_ppgtt = true;
module_param_named(track_ppgtt, vgpu_track_ppgtt, bool, 0444);
MODULE_PARM_DESC(track_ppgtt, "Have KVM tell of writes to a guest's page tables instead of comparing them (default: Y)");

/* A number within limits, which are the core's. */
#define LIMITED(_name, _var, _default, _min, _max, _desc)                           \
	static int set_##_name(const char *value, const struct kernel_param *param) \
	{                                                                           \
		return param_set_uint_minmax(value, param, _min, _max);             \
	}                                                                           \
	static const struct kernel_param_ops _name##_ops = {                        \
		.set = set_##_name,                                                 \
		.get = param_get_uint,                                              \
	};                                                                          \
	unsigned int _var = _default;                                               \
	module_param_cb(_name, &_name##_ops, &_var, 0444);                          \
	__MODULE_PARM_TYPE(_name, "uint");                                          \
	MODULE_PARM_DESC(_name, _desc " (default: " __stringify(_default) ")")

LIMITED(hang_ms, vgpu_hang_ms, 500, VGPU_HANG_MIN_NS / NSEC_PER_MSEC, VGPU_HANG_MAX_NS / NSEC_PER_MSEC,
	"A guest's work that does not get ahead is ended within that time, in ms");
LIMITED(turn_us, vgpu_turn_us, 6000, VGPU_LIMIT_MIN_NS / NSEC_PER_USEC, VGPU_LIMIT_MAX_NS / NSEC_PER_USEC,
	"For how long a vGPU keeps an engine that others want, at most, in us");
LIMITED(turn_min_us, vgpu_turn_min_us, 1000, VGPU_LIMIT_MIN_NS / NSEC_PER_USEC, VGPU_LIMIT_MAX_NS / NSEC_PER_USEC,
	"The same, at least, however many want it, in us");
LIMITED(round_us, vgpu_round_us, 24000, VGPU_LIMIT_MIN_NS / NSEC_PER_USEC, VGPU_LIMIT_MAX_NS / NSEC_PER_USEC,
	"In between, as long as lets everybody have a turn in that time, in us");

/* Written out above, to be printed; they are the core's, too. */
static_assert(500 * (u64)NSEC_PER_MSEC == VGPU_HANG_NS);
static_assert(6000 * (u64)NSEC_PER_USEC == VGPU_TURN_MAX_NS);
static_assert(1000 * (u64)NSEC_PER_USEC == VGPU_TURN_MIN_NS);
static_assert(24000 * (u64)NSEC_PER_USEC == VGPU_ROUND_NS);

static int __init vgpu_init_module(void)
{
	int err;

	/* What the parameter says when it is read is what is done. */
	if (!VGPU_COMPAT_TRACK)
		vgpu_track_ppgtt = false;

	err = vgpu_mdev_register();
	if (err)
		return err;

	err = vgpu_pci_register(); /* probes GPUs, so it comes last */
	if (err)
		goto unregister_mdev;

	return 0;

unregister_mdev:
	vgpu_mdev_unregister();
	return err;
}

static void __exit vgpu_exit_module(void)
{
	vgpu_pci_unregister();
	vgpu_mdev_unregister();
}

module_init(vgpu_init_module);
module_exit(vgpu_exit_module);

MODULE_DESCRIPTION("Mediated GPU virtualization for Intel Gen7.5");
MODULE_LICENSE("Dual MIT/GPL");
