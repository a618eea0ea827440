#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2016 # words in single quotes are scripts for the other side
#
# Guests that run Debian's own i915, unmodified, each on a vGPU: alice with Linux 6.1, bob with 6.12. The tests follow each other; each
# leaves what the next one starts from.
#
# VGPU_LAB_REPEAT   how often gpu-selftest runs in a row in both guests at once (2)
# VGPU_LAB_SECONDS  how long one guest hangs the GPU beside the other (20)

load lab

IGT=/usr/libexec/igt-gpu-tools/benchmarks

setup_file() {
	need_root
	lab kmod 6.12 >&3 2>&1
	lab up >&3 2>&1
	resources >"$BATS_FILE_TMPDIR/resources"
}

teardown_file() {
	lab down
}

# A failed test's load does not go on into the next one.
teardown() {
	local name
	[[ ! ${BATS_TEST_COMPLETED-} ]] || return 0
	for name in alice bob; do
		timeout 30 "$ROOT/tests/lab/lab" guest "$name" --timeout 10 -- 'touch /run/stop; kill -9 $(pidof gpu-selftest)' >/dev/null 2>&1 || true
	done
	wait
}

# All that a GPU has to give, and who has it.
resources() {
	host "cd $GPU_DIR && grep . *_free* *_hole*; vgpuctl list -o name; ls /sys/bus/mdev/devices"
}

# SCRIPT in both guests at once. What each said is in $BATS_TEST_TMPDIR/NAME, and is shown if it failed.
both() { # LIMIT_S SCRIPT
	local name alice bob failed=()
	lab guest alice --timeout "$1" -- "$2" >"$BATS_TEST_TMPDIR/alice" 2>&1 3>&- &
	alice=$!
	lab guest bob --timeout "$1" -- "$2" >"$BATS_TEST_TMPDIR/bob" 2>&1 3>&- &
	bob=$!
	wait "$alice" || failed+=(alice)
	wait "$bob" || failed+=(bob)
	for name in "${failed[@]}"; do
		fail "$name:" "$(cat "$BATS_TEST_TMPDIR/$name")" || true
	done
	((${#failed[@]} == 0))
}

start_both() {
	local alice
	lab guest-start alice >"$BATS_TEST_TMPDIR/alice" 2>&1 3>&- &
	alice=$!
	lab guest-start bob >&3 2>&1
	wait "$alice" || fail "$(cat "$BATS_TEST_TMPDIR/alice")"
}

# No kernel has anything to complain of but what alice was made to do, and the host in nothing at all.
all_silent() { # [EXPECTED]
	local name found
	for name in alice bob; do
		found=$(complaints "$([[ $name == bob ]] || printf %s "${1-}")" guest "$name")
		[[ ! $found ]] || fail "$name's kernel:" "$found"
	done
	found=$(complaints 'loading out-of-tree module|module verification failed' host)
	[[ ! $found ]] || fail "the host's kernel:" "$found"
}

# NAME's i915 is bound to the vGPU, as a vGPU, and has made a render node.
is_bound() {
	lab guest "$1" -- 'dmesg | grep -q "VGT balloon successfully" && test -c /dev/dri/renderD128 &&
		test "$(basename "$(readlink /sys/class/drm/renderD128/device/driver)")" = i915' ||
		fail "$1: i915 has not bound to a vGPU:" "$(guest "$1" 'dmesg | grep -E "i915|drm"')"
}

passes() { # NAME [OPTION…]
	run lab guest "$1" --timeout 300 -- gpu-selftest "${@:2}"
	[ "$status" -eq 0 ] || fail "$1: $output"
	[[ $output == *"gpu-selftest: PASS"* ]] || fail "$1: $output"
	[[ $output != *SKIP* ]] || fail "$1: $output"
}

# Waits until the guest's GPU has work.
until_running() { # NAME
	lab host --timeout 60 -- "until grep -qx running /sys/bus/mdev/devices/$(uuid_of "$1")/vgpu/state; do sleep 0.05; done"
}

# From inside, as its user would; back when it has come up again. The command itself does not return: the kernel's last word on the
# console says that it did what it was told.
reboot_guest() { # NAME
	local before after
	before=$(guest "$1" 'cat /proc/sys/kernel/random/boot_id')
	host "restarts() { grep -c 'reboot: Restarting system' /var/log/libvirt/qemu/$1-serial.log; }
		before=\$(restarts)
		/lab/agent run --timeout 60 /run/lab/guest/$1.1.sock -- 'reboot -f' >/dev/null 2>&1 &
		until [ \$(restarts) -gt \$before ]; do sleep 0.1; done
		kill \$!"
	after=$(guest "$1" 'until [ -e /run/ready ]; do sleep 0.1; done; cat /proc/sys/kernel/random/boot_id')
	[[ $before && $after && $before != "$after" ]] || fail "$1 has not rebooted"
}

@test "two guests at once, Linux 6.1 and 6.12: i915 binds, each to its own vGPU" {
	run host 'vgpuctl create --aperture 64M --name alice && vgpuctl create --aperture 64M --name bob'
	[ "$status" -eq 0 ] || fail "$output"
	lab guest-define alice --kernel 6.1 --with igt
	lab guest-define bob --kernel 6.12 --with igt
	run host 'vgpuctl attach alice --domain alice && vgpuctl attach bob --domain bob'
	[ "$status" -eq 0 ] || fail "$output"
	start_both
	is_bound alice
	is_bound bob
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
	local repeat=${VGPU_LAB_REPEAT:-2} name
	both $((300 * repeat)) "gpu-selftest --no-reset --repeat $repeat"
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
	both 300 'test "$(cat /sys/class/drm/renderD128/device/power/runtime_status)" = active && gpu-selftest --no-reset'
	all_silent
}

@test "guests suspend their devices and resume them" {
	# The kernel's own test of drivers: all devices are suspended for a second, the machine is not.
	both 120 'echo 1 >/sys/module/suspend/parameters/pm_test_delay && echo devices >/sys/power/pm_test && echo freeze >/sys/power/state &&
		gpu-selftest --no-reset'
	all_silent
}

@test "i915 is unbound and bound again" {
	both 300 'device=$(basename "$(readlink /sys/class/drm/renderD128/device)") && cd /sys/bus/pci/drivers/i915 &&
		echo "$device" >unbind && echo "$device" >bind && gpu-selftest --no-reset'
	is_bound alice
	is_bound bob
	all_silent
}

@test "a guest reboots three times, and its neighbour computes on" {
	local bob round
	lab guest bob --timeout 300 -- 'rm -f /run/stop; until [ -e /run/stop ]; do gpu-selftest --no-reset || exit 1; done' \
		>"$BATS_TEST_TMPDIR/bob" 2>&1 3>&- &
	bob=$!
	for round in 1 2 3; do
		reboot_guest alice
		is_bound alice
		passes alice --no-reset
		run complaints '' guest alice
		[ -z "$output" ] || fail "boot $round: $output"
	done
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
		passes bob --no-reset
		lab guest-start alice >&3 2>&1
		is_bound alice
		passes alice --no-reset
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
		passes "$machine" --no-reset
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
	run host 'vgpuctl detach bob && vgpuctl delete alice && vgpuctl delete bob'
	[ "$status" -eq 0 ] || fail "$output"
	[ "$(resources)" = "$(cat "$BATS_FILE_TMPDIR/resources")" ] || fail "before: $(cat "$BATS_FILE_TMPDIR/resources")" "after: $(resources)"
	run complaints 'loading out-of-tree module|module verification failed' host
	[ -z "$output" ] || fail "$output"
	run grep unknown_command "$VGPU_LAB_STATE/sim.log"
	[ "$status" -eq 1 ] || fail "the simulator met commands that it does not know: $output"
}
