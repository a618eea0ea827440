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

# What the host's kernel complained of since the last call; nothing is what is wanted.
complaints() { # [extended regular expression of what is expected]
	host 'dmesg -c' | grep -E 'WARNING|BUG|Oops|Call Trace|GPU HANG|\*ERROR\*|[Ff]ailed|[Ee]rror|leak|stuck|timed out' |
		grep -vE 'ACPI|unchecked MSR|Unhandled WRMSR|RAS: Correctable|regulatory' | grep -vE "${1:-^$}" || true
}
