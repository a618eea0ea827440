#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2016 # words in single quotes are scripts for the other side
#
# The reference: the stock i915 on the bare simulated GPU. The kernel is the one in this file's name (native-VERSION.bats).

load lab

setup_file() {
	need_root
	kernel=$(basename "$BATS_TEST_FILENAME" .bats)
	lab up --mode native --kernel "${kernel#native-}" >&3 2>&1
}

teardown_file() {
	lab down
}

@test "i915 binds, unmodified, and makes a render node" {
	run host 'basename "$(readlink /sys/bus/pci/devices/0000:00:02.0/driver)"; test -c /dev/dri/renderD128'
	[ "$status" -eq 0 ]
	[ "$output" = i915 ]
	run host 'cat /proc/sys/kernel/tainted'
	[ "$output" = 0 ] || fail "the kernel is tainted: $output"
	run complaints '' host
	[ -z "$output" ] || fail "$output"
}

@test "gpu-selftest passes, without a reset" {
	run lab host --timeout 300 -- gpu-selftest --no-reset
	[ "$status" -eq 0 ] || fail "$output"
	[[ $output == *"gpu-selftest: PASS"* ]]
	[[ $output != *SKIP* ]] || fail "$output"
	run complaints '' host
	[ -z "$output" ] || fail "$output"
}

@test "gem_exec_nop finishes" {
	run lab host --timeout 120 -- /usr/libexec/igt-gpu-tools/benchmarks/gem_exec_nop -r 1
	[ "$status" -eq 0 ] || fail "$output"
	echo "# gem_exec_nop: $output us a batch" >&3
}

@test "gem_blt finishes" {
	run lab host --timeout 120 -- /usr/libexec/igt-gpu-tools/benchmarks/gem_blt -r 1
	[ "$status" -eq 0 ] || fail "$output"
	echo "# gem_blt: $output" >&3
}

@test "gem_latency finishes" {
	run lab host --timeout 120 -- /usr/libexec/igt-gpu-tools/benchmarks/gem_latency -t 2
	[ "$status" -eq 0 ] || fail "$output"
	echo "# gem_latency: $output" >&3
}

@test "the GPU suspends when idle, and works when it is used again" {
	# i915 suspends the device after 10 s of idling; the kernel's own account of it is what is waited for.
	run lab host --timeout 60 -- 'for i in $(seq 300); do
		[ "$(cat /sys/bus/pci/devices/0000:00:02.0/power/runtime_status)" = suspended ] && exit 0; sleep 0.1; done; exit 1'
	[ "$status" -eq 0 ] || fail "not suspended after 30 s of idling"
	run lab host --timeout 120 -- gpu-selftest --no-reset
	[ "$status" -eq 0 ] || fail "$output"
	run complaints '' host
	[ -z "$output" ] || fail "$output"
}

@test "a batch without an end is reset, and the GPU works after it" {
	run lab host --timeout 300 -- 'gpu-selftest --only reset-recover && gpu-selftest --only reset-ban && gpu-selftest --no-reset'
	[ "$status" -eq 0 ] || fail "$output"
	run complaints 'i915 .*(GPU HANG|heartbeat|context reset due to GPU hang)' host
	[ -z "$output" ] || fail "$output"
}

@test "unbind and bind again" {
	run lab host --timeout 120 -- 'cd /sys/bus/pci/drivers/i915 && echo 0000:00:02.0 >unbind && echo 0000:00:02.0 >bind && gpu-selftest --no-reset'
	[ "$status" -eq 0 ] || fail "$output"
	run complaints '' host
	[ -z "$output" ] || fail "$output"
}

@test "the simulator knew every register and command" {
	host 'sync'
	lab down
	run cat "$VGPU_LAB_STATE/sim.log"
	[ "$status" -eq 0 ]
	run grep -iE 'unknown' "$VGPU_LAB_STATE/sim.log"
	echo "# $(wc -l <<<"$output") lines of unknowns" >&3
	[[ $output != *unknown_command* ]] || fail "$output"
}
