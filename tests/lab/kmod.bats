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
