# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash disable=SC2034,SC2154
#
# What the lab's bats files share: a lab of their own, commands in it, and what "clean" means.

ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
VGPU_BUILD=${VGPU_BUILD:-$ROOT/build}
# One for each suite, since suites run side by side.
suite=${BATS_TEST_FILENAME##*/}
export VGPU_LAB_STATE=$VGPU_BUILD/lab-test/${suite%.bats}

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

GPU=0000:00:02.0
GPU_DIR=/sys/bus/pci/devices/$GPU/vgpu

# What a command that fails may not change. Whether a guest is at work just now is none of it.
snapshot() {
	host 'vgpuctl list -o json; ls /sys/bus/mdev/devices' | grep -vE '"state": "(open|running)"'
}

# What vgpuctl must do with what it cannot do: this exit status, one line on stderr that holds these words, and nothing changed.
refused() { # STATUS WORDS ARGUMENTS…
	local before after want=$1 words=$2
	shift 2
	before=$(snapshot)
	run host "$(printf '%q ' timeout 20 vgpuctl "$@") 2>&1 >/dev/null"
	[ "$status" -eq "$want" ] || fail "vgpuctl $*: exit $status, not $want: $output"
	[ "${#lines[@]}" -eq 1 ] || fail "vgpuctl $*: not one line: $output"
	[[ $output == *"$words"* ]] || fail "vgpuctl $*: no '$words' in: $output"
	after=$(snapshot)
	[ "$before" = "$after" ] || fail "vgpuctl $* left something: $before / $after"
}

uuid_of() { # NAME, of a vGPU
	host "vgpuctl show $1" | awk '$1 == "uuid" {print $2}'
}

stats_of() { # NAME
	host "cat /sys/bus/mdev/devices/$(uuid_of "$1")/vgpu/stats"
}

field() { # NAME KEY: of a vGPU, as the agent says it now
	host 'vgpuctl list -o json' | jq -r ".vgpus[] | select(.name == \"$1\") | .$2"
}

becomes() { # NAME LABEL PATTERN: a line of show, once events have come through
	lab host --timeout 20 -- "until vgpuctl show $1 | grep -Eq '^$2 +$3'; do sleep 0.1; done" ||
		fail "$1: $2 is not $3: $(host "vgpuctl show $1")"
}

restart_agent() { # SIGNAL [OPTION...]
	host "kill -$1 \$(pidof vgpud); while pidof vgpud; do sleep 0.1; done
		JOURNAL_STREAM=\$(stat -c %d:%i /var/log/vgpud.log) setsid vgpud ${*:2} </dev/null >>/var/log/vgpud.log 2>&1 &
		until vgpuctl version >/dev/null 2>&1; do sleep 0.1; done"
}

value() { # KEY, of stats on standard input
	awk -v k="$1" '$1 == k {print $2}'
}

# Warnings and worse of the kernel that CMD… reads the log of, since the last call; nothing is what is wanted. The first argument is an
# extended regular expression of what the test itself provoked.
# Left out: what a kernel says of the emulated board and of an emulated processor that was held up.
complaints() { # EXPECTED CMD…
	"${@:2}" 'busybox dmesg -c -r' | awk -F '[<>]' '$2 % 8 <= 4 || /GPU HANG|Call Trace|[^p]reset|Resetting/' |
		grep -vE 'tsc: Unable to calibrate against PIT|ACPI: IRQ 4 override|amd_pstate: the _CPC object|Unhandled WRMSR|hrtimer: interrupt took|hpet: Lost|mtrr: your CPUs had inconsistent|fail to add MMCONFIG|APIC calibration not consistent' | grep -vE "${1:-^$}" || true
}
