#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2016 # words in single quotes are scripts for the other side
#
# The lab itself: what its verbs refuse, and what an interrupted one leaves.

load lab

setup_file() {
	need_root
	lab up --bare --no-gpu >&3 2>&1
}

teardown_file() {
	lab down
}

# This exit status, and a first line with these words.
lab_refuses() { # STATUS WORDS ARGUMENTS…
	run lab "${@:3}"
	[ "$status" -eq "$1" ] || fail "lab ${*:3}: exit $status, not $1: $output"
	[[ ${lines[0]} == *"$2"* ]] || fail "lab ${*:3}: no '$2' in: $output"
}

@test "what makes no sense is refused, by name" {
	lab_refuses 2 "not 'abc'" host --timeout abc -- true
	lab_refuses 2 "not '-1'" guest alice --timeout -1 -- true
	lab_refuses 2 "not ''" host --timeout
	lab_refuses 1 "$BATS_TEST_TMPDIR" put "$BATS_TEST_TMPDIR" /tmp
	lab_refuses 2 'isapc' guest-define alice --machine isapc
	lab_refuses 2 'everything' guest-define alice --with everything
	lab_refuses 2 'one line' guest-define alice --args $'a\nb'
	run host 'virsh -q list --all'
	[ -z "$output" ] || fail "$output"
}

@test "a full cache is named" {
	mkdir "$BATS_TEST_TMPDIR/small"
	mount -t tmpfs -o size=8M small "$BATS_TEST_TMPDIR/small"
	VGPU_LAB_CACHE=$BATS_TEST_TMPDIR/small run lab fetch qemu
	umount "$BATS_TEST_TMPDIR/small"
	[ "$status" -eq 1 ] || fail "exit $status: $output"
	[[ $output == *"no space is left for $BATS_TEST_TMPDIR/small"*VGPU_LAB_CACHE* ]] || fail "$output"
}

@test "a guest's start that is interrupted ends the guest, and can be tried again" {
	lab guest-define alice --args 'lab.word=<a&b>'
	run timeout --kill-after 60 --signal INT 5 "$ROOT/tests/lab/lab" guest-start alice
	[ "$status" -eq 124 ] || fail "exit $status, after 5 s and an interrupt: $output"
	[ "$(host 'virsh -q domstate alice')" = 'shut off' ]
	run lab guest-start alice
	[ "$status" -eq 0 ] || fail "$output"
	lab_refuses 1 'running already' guest-start alice
	run guest alice 'grep -o "lab.word=.*" /proc/cmdline'
	[ "$output" = 'lab.word=<a&b>' ] || fail "$output"
}

@test "the benchmarks of IGT start in a guest of each kernel" {
	lab guest-stop alice
	for kernel in 6.1 6.12; do
		lab guest-start "igt-$kernel" --kernel "$kernel" --with igt >&3 2>&1
		for program in gem_exec_nop gem_blt gem_latency; do
			# 77: they found no GPU, and hence all their libraries.
			run guest "igt-$kernel" "/usr/libexec/igt-gpu-tools/benchmarks/$program"
			[ "$status" -eq 77 ] || fail "$program on $kernel: exit $status: $output"
		done
		lab guest-stop "igt-$kernel"
	done
}
