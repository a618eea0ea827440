#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# The module builds, with warnings as errors, against every kernel that it is for.

load lab

built_for() {
	run lab kmod "$1"
	[ "$status" -eq 0 ] || fail "$output"
	grep -aq "vermagic=${1//./\\.}\\." "$VGPU_BUILD/kmod/$1/vgpu.ko"
}

@test "vgpu.ko builds against 6.1" {
	built_for 6.1
}

@test "vgpu.ko builds against 6.12" {
	built_for 6.12
}

@test "vgpu.ko builds against 7.3" {
	built_for 7.3
}

@test "DKMS builds and installs it from what make install-dkms leaves" {
	run lab dkms 6.12
	[ "$status" -eq 0 ] || fail "$output" "$(tail -n 30 "$VGPU_BUILD/dkms/6.12/log")"
	grep -q '^vgpu/.*: installed' "$VGPU_BUILD/dkms/6.12/status" || fail "$(cat "$VGPU_BUILD/dkms/6.12/status")"
	grep -q '^vermagic: *6\.12\.' "$VGPU_BUILD/dkms/6.12/modinfo" || fail "$(cat "$VGPU_BUILD/dkms/6.12/modinfo")"
}

@test "a build that is interrupted ends, and so does all that it started" {
	rm -rf "$VGPU_BUILD/kmod/6.1"
	run timeout --kill-after 20 --signal INT 2 "$ROOT/tests/lab/lab" kmod 6.1
	[ "$status" -eq 124 ] || fail "exit $status, after 2 s and an interrupt: $output"
	run pgrep -f "_call in_build_root .*$VGPU_BUILD/kmod/6.1/tree"
	[ "$status" -ne 0 ] || fail "still running: $output"
	built_for 6.1
}
