# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash disable=SC2016,SC2154 # $status and $output are what run leaves
#
# What the suites share in which guests run Debian's own i915, unmodified, each on a vGPU: alice with Linux 6.1, bob with 6.12.

i915_setup() {
	need_root
	lab kmod 6.12 >&3 2>&1
	lab up >&3 2>&1
	resources >"$BATS_FILE_TMPDIR/resources"
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

# A few of gpu-selftest's tests, one for each engine and one through a fence: enough to see whether a driver came up.
A_FEW='for test in copy-linear store-rcs store-vcs store-vecs tile-y-aperture; do gpu-selftest --only $test || exit 1; done'

works() { # NAME
	run lab guest "$1" --timeout 300 -- "$A_FEW"
	[ "$status" -eq 0 ] || fail "$1: $output"
}

make_guests() {
	run host 'vgpuctl create --aperture 64M --name alice && vgpuctl create --aperture 64M --name bob'
	[ "$status" -eq 0 ] || fail "$output"
	lab guest-define alice --kernel 6.1 --with igt
	lab guest-define bob --kernel 6.12 --with igt
	run host 'vgpuctl attach alice --domain alice && vgpuctl attach bob --domain bob'
	[ "$status" -eq 0 ] || fail "$output"
	start_both
	is_bound alice
	is_bound bob
}

all_given_back() {
	run host 'for name in alice bob; do virsh -q destroy $name 2>/dev/null; vgpuctl detach $name 2>/dev/null; done; vgpuctl delete alice && vgpuctl delete bob'
	[ "$status" -eq 0 ] || fail "$output"
	[ "$(resources)" = "$(cat "$BATS_FILE_TMPDIR/resources")" ] || fail "before: $(cat "$BATS_FILE_TMPDIR/resources")" "after: $(resources)"
	run complaints 'loading out-of-tree module|module verification failed' host
	[ -z "$output" ] || fail "$output"
	run grep unknown_command "$VGPU_LAB_STATE/sim.log"
	[ "$status" -eq 1 ] || fail "the simulator met commands that it does not know: $output"
}
