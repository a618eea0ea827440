#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2016 # words in single quotes are scripts for the other side
#
# Guests with i915, and what befalls them: reboots, hangs, sudden death, vGPUs that come and go. The tests follow each other; each
# leaves what the next one starts from.
#
# VGPU_LAB_SECONDS  how long one guest hangs the GPU beside the other (20)

load lab
load i915

setup_file() {
	i915_setup
	make_guests
}

teardown_file() {
	lab down
}

@test "a guest reboots three times, and its neighbour computes on" {
	local bob round
	lab guest bob --timeout 900 -- 'rm -f /run/stop; until [ -e /run/stop ]; do gpu-selftest --no-reset || exit 1; done' \
		>"$BATS_TEST_TMPDIR/bob" 2>&1 3>&- &
	bob=$!
	for round in 1 2 3; do
		reboot_guest alice
		is_bound alice
		works alice
		run complaints '' guest alice
		[ -z "$output" ] || fail "boot $round: $output"
	done
	passes alice --no-reset
	guest bob 'touch /run/stop'
	wait "$bob" || fail "$(cat "$BATS_TEST_TMPDIR/bob")"
	all_silent
}

@test "a guest that hangs the GPU over and over costs its neighbour time only" {
	local limit=${VGPU_LAB_SECONDS:-20} alice before after bob_before key
	before=$(stats_of alice) bob_before=$(stats_of bob)
	lab guest alice --timeout $((limit + 300)) -- 'rm -f /run/stop; until [ -e /run/stop ]; do gpu-selftest --only reset-recover; done' \
		>"$BATS_TEST_TMPDIR/alice" 2>&1 3>&- &
	alice=$!
	until_running alice
	run lab guest bob --timeout $((limit + 300)) -- "end=\$((\$(date +%s) + $limit)); rounds=0
		while [ \$(date +%s) -lt \$end ]; do gpu-selftest --no-reset || exit 1; rounds=\$((rounds + 1)); done; echo rounds: \$rounds"
	[ "$status" -eq 0 ] || fail "the neighbour failed: $output"
	echo "# ${lines[-1]}" >&3
	guest alice 'touch /run/stop'
	wait "$alice" || true
	after=$(stats_of alice)
	(($(value resets <<<"$after") > $(value resets <<<"$before"))) || fail "nothing hung: $(cat "$BATS_TEST_TMPDIR/alice")" "$after"
	after=$(stats_of bob)
	for key in resets reject_budget reject_ring; do
		[ "$(value $key <<<"$after")" = "$(value $key <<<"$bob_before")" ] || fail "the neighbour's $key: $after"
	done
	all_silent 'i915'
	# A vGPU that hung too often is stopped; its guest's next boot resets it.
	host 'virsh -q destroy alice'
	lab guest-start alice >&3 2>&1
	is_bound alice
	works alice
}

@test "a guest that is destroyed at work leaves nothing behind, and starts anew" {
	local before load test
	before=$(resources)
	for test in many-batches-bcs reset-recover; do
		lab guest alice --timeout 300 -- gpu-selftest --only "$test" --repeat 1000 >/dev/null 2>&1 3>&- &
		load=$!
		until_running alice
		host 'virsh -q destroy alice'
		wait "$load" || true
		run stats_of alice
		[ "$(value pinned_pages <<<"$output")" -eq 0 ] || fail "$output"
		[ "$(resources)" = "$before" ] || fail "before: $before" "after: $(resources)"
		works bob
		lab guest-start alice >&3 2>&1
		is_bound alice
		works alice
	done
	all_silent
}

@test "a vGPU is plugged into running guests, i440fx and q35, and unplugged" {
	local kernel machine
	host 'virsh -q destroy alice && vgpuctl detach alice && virsh -q destroy bob'
	for machine in pc:6.1 q35:6.12; do
		kernel=${machine#*:} machine=${machine%:*}
		lab guest-start "$machine" --machine "$machine" --kernel "$kernel" >&3 2>&1
		run host "vgpuctl attach alice --domain $machine"
		[ "$status" -eq 0 ] || fail "$output"
		run guest "$machine" 'modprobe i915'
		[ "$status" -eq 0 ] || fail "$output"
		is_bound "$machine"
		works "$machine"
		run guest "$machine" 'modprobe -r i915'
		[ "$status" -eq 0 ] || fail "$output"
		run host 'vgpuctl detach alice'
		[ "$status" -eq 0 ] || fail "$output"
		run guest "$machine" 'grep -lx 0x0412 /sys/bus/pci/devices/*/device'
		[ -z "$output" ] || fail "$output"
		run stats_of alice
		[ "$(value pinned_pages <<<"$output")" -eq 0 ] || fail "$output"
		run complaints '' guest "$machine"
		[ -z "$output" ] || fail "$output"
		lab guest-stop "$machine"
	done
}

@test "all is given back, and the host's kernel has nothing to complain of" {
	all_given_back
}
