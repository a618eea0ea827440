# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
#
# What the lab's bats files share: a lab of their own, commands in it, and what "clean" means.

ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
VGPU_BUILD=${VGPU_BUILD:-$ROOT/build}
export VGPU_LAB_STATE=$VGPU_BUILD/lab-test

lab() {
	"$ROOT/tests/lab/lab" "$@"
}

host() {
	lab host -- "$@"
}

guest() { # NAME CMD…
	lab guest "$1" -- "${@:2}"
}

# A failing assertion says what it saw.
fail() {
	printf '%s\n' "$@" >&2
	return 1
}

need_root() {
	((EUID == 0)) || fail "the lab needs root: sudo make check"
}

# Warnings and worse of the kernel that CMD… reads the log of, since the last call; nothing is what is wanted. The first argument is an
# extended regular expression of what the test itself provoked.
# Left out: what a kernel says of the emulated board and of an emulated processor that was held up.
complaints() { # EXPECTED CMD…
	"${@:2}" 'dmesg -c -l emerg,alert,crit,err,warn; dmesg -c | grep -E "GPU HANG|Call Trace|reset"' |
		grep -vE 'tsc: Unable to calibrate against PIT|ACPI: IRQ 4 override|amd_pstate: the _CPC object|Unhandled WRMSR|hrtimer: interrupt took' | grep -vE "${1:-^$}" || true
}
