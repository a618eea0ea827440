#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2016 # words in single quotes are scripts for the other side
#
# Guests that run Debian's own i915, unmodified, each on a vGPU: what the driver does natively, it does there, in two at once. The
# tests follow each other; each leaves what the next one starts from.
#
# VGPU_LAB_REPEAT   how often gpu-selftest runs in a row in both guests at once (1)

load lab
load i915

IGT=/usr/libexec/igt-gpu-tools/benchmarks

setup_file() {
	i915_setup
}

teardown_file() {
	lab down
}

@test "two guests at once, Linux 6.1 and 6.12: i915 binds, each to its own vGPU" {
	make_guests
	[[ $(guest alice 'uname -r') == 6.1.* ]]
	[[ $(guest bob 'uname -r') == 6.12.* ]]
	all_silent
}

@test "to bind takes few traps of the GGTT" {
	for name in alice bob; do
		stats_of "$name" >"$BATS_TEST_TMPDIR/$name"
		echo "# $name: $(grep -E '^(traps|reject)' "$BATS_TEST_TMPDIR/$name" | grep -v ' 0$' | tr '\n' ' ')" >&3
		(($(value traps_ggtt <"$BATS_TEST_TMPDIR/$name") < 2000)) || fail "$name: $(cat "$BATS_TEST_TMPDIR/$name")"
		(($(value pinned_pages <"$BATS_TEST_TMPDIR/$name") > 0)) || fail "$name: $(cat "$BATS_TEST_TMPDIR/$name")"
	done
}

@test "gpu-selftest passes in both at once, again and again" {
	local repeat=${VGPU_LAB_REPEAT:-1} name
	both $((600 * repeat)) "gpu-selftest --no-reset --repeat $repeat"
	for name in alice bob; do
		grep -q 'gpu-selftest: PASS' "$BATS_TEST_TMPDIR/$name"
		run grep SKIP "$BATS_TEST_TMPDIR/$name"
		[ "$status" -eq 1 ] || fail "$name: $output"
	done
	all_silent
}

@test "the benchmarks of IGT finish in both at once" {
	both 300 "$IGT/gem_exec_nop -r 1 && $IGT/gem_blt -r 1 && $IGT/gem_latency -t 2"
	for name in alice bob; do
		echo "# $name: $(tr '\n' ' ' <"$BATS_TEST_TMPDIR/$name")" >&3
	done
	all_silent
}

@test "a batch without an end is reset, and the GPU works after it" {
	# One after the other: what one guest's hang does to the other is tested below.
	for name in alice bob; do
		passes "$name"
		run complaints 'i915 .*(GPU HANG|heartbeat|context reset due to GPU hang)' guest "$name"
		[ -z "$output" ] || fail "$name: $output"
	done
	all_silent
}

@test "the GPU idles, and works when it is used again" {
	# i915 lets its engines go when it is idle, but the device does not suspend in a guest: without RC6, which i915 does not have on a
	# vGPU, it holds the device awake (gt/intel_rc6.c, intel_rc6_init()).
	run lab host --timeout 90 -- 'same=0 last=
		until [ $same -eq 15 ]; do
			now=$(grep -h _submissions /sys/bus/mdev/devices/*/vgpu/stats)
			if [ "$now" = "$last" ]; then same=$((same + 1)); else same=0 last=$now; fi
			sleep 1
		done'
	[ "$status" -eq 0 ] || fail "somebody is still at work: $(host 'grep -h _submissions /sys/bus/mdev/devices/*/vgpu/stats')"
	both 300 "test \"\$(cat /sys/class/drm/renderD128/device/power/runtime_status)\" = active && { $A_FEW; }"
	all_silent
}

@test "guests suspend their devices and resume them" {
	# The kernel's own test of drivers: all devices are suspended for a second, the machine is not.
	both 300 "echo 1 >/sys/module/suspend/parameters/pm_test_delay && echo devices >/sys/power/pm_test && echo freeze >/sys/power/state &&
		{ $A_FEW; }"
	all_silent
}

@test "i915 is unbound and bound again" {
	both 600 'device=$(basename "$(readlink /sys/class/drm/renderD128/device)") && cd /sys/bus/pci/drivers/i915 &&
		echo "$device" >unbind && echo "$device" >bind && gpu-selftest --no-reset'
	is_bound alice
	is_bound bob
	all_silent
}

@test "all is given back, and the host's kernel has nothing to complain of" {
	all_given_back
}
