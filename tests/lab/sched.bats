#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2016 # words in single quotes are scripts for the other side
#
# What guests get of the GPU while they want more than there is: by weight, with one idle, with a weight changed, with a cap. Measured by
# vgpu-top on the host, as an operator would. The GPU is so slow that it is the limit, and not the lab's processors: a batch takes it 34 ms.
# The tests follow each other; each leaves what the next one starts from.
#
# bats file_tags=alone

load lab

GUESTS=(alice bob carol)

setup_file() {
	need_root
	lab kmod 6.12 >&3 2>&1
	lab up --speed 0.2 >&3 2>&1
}

teardown_file() {
	lab down
}

# Work without an end, until stop_load. So much of it queued that a guest whose processor is held up for a second still has some; not so much
# that i915, which has a request of its own behind it, takes the engine for hung because that is not done in some seconds.
start_load() { # NAME BATCHES
	guest "$1" "gpu-bench -w gpu-bound -n $2 -s 3600 >/run/load.log 2>&1 & echo \$! >/run/load"
	# Counters say so: it does not only begin, it is in the midst of it.
	lab host --timeout 60 -- "stats=/sys/bus/mdev/devices/$(uuid_of "$1")/vgpu/stats
		begin=\$(awk '\$1 == \"bcs_busy_ns\" { print \$2 }' \$stats)
		until [ \$(awk '\$1 == \"bcs_busy_ns\" { print \$2 }' \$stats) -gt \$((begin + 300000000)) ]; do sleep 0.05; done"
}

stop_load() { # NAME
	guest "$1" 'kill $(cat /run/load); while kill -0 $(cat /run/load) 2>/dev/null; do sleep 0.05; done'
	lab host --timeout 60 -- "until grep -qx open /sys/bus/mdev/devices/$(uuid_of "$1")/vgpu/state; do sleep 0.05; done"
}

# What each has had of the blitter in so many seconds, in percent, as "NAME PERCENT ENTITLED" lines, into $BATS_TEST_TMPDIR/shares.
measure() { # SECONDS [COMMAND before it begins]
	host "${2:-:}; vgpu-top -J -d $1 -n 1" >"$BATS_TEST_TMPDIR/json"
	jq -r '.vgpus[] | "\(.name) \(.rates.bcs_pct) \(.rates.entitled_pct)"' "$BATS_TEST_TMPDIR/json" >"$BATS_TEST_TMPDIR/shares"
	echo "# percent of $1 s: $(tr '\n' ' ' <"$BATS_TEST_TMPDIR/shares")" >&3
}

# A name's value in $BATS_TEST_TMPDIR/shares is from MIN to MAX.
within() { # NAME MIN MAX
	awk -v n="$1" -v min="$2" -v max="$3" '$1 == n { ok = $2 >= min && $2 <= max } END { exit !ok }' "$BATS_TEST_TMPDIR/shares" ||
		fail "$1 is not within $2 to $3 percent:" "$(cat "$BATS_TEST_TMPDIR/shares")"
}

@test "three guests with work get the GPU by their weights, 1 : 2 : 4" {
	local weight=100 name
	for name in "${GUESTS[@]}"; do
		host "vgpuctl create --aperture 64M --name $name --weight $weight"
		lab guest-define "$name" --kernel "$([[ $name == alice ]] && echo 6.1 || echo 6.12)"
		host "vgpuctl attach $name --domain $name"
		lab guest-start "$name" >&3 2>&1
		weight=$((2 * weight))
	done
	start_load alice 8
	start_load bob 16
	start_load carol 32
	measure 30
	# 14.29, 28.57 and 57.14 percent, within 3 percent of that, and all of the GPU between them.
	within alice 13.86 14.71
	within bob 27.71 29.43
	within carol 55.43 58.86
	awk '{ sum += $2; if ($3 < 0.97 * $2 || $3 > 1.03 * $2) exit 1 } END { exit !(sum > 97) }' "$BATS_TEST_TMPDIR/shares"
}

@test "a weight that is changed shows within a second" {
	measure 1 'vgpuctl set alice --weight 400'
	# 40 : 20 : 40, give or take two batches of each.
	within alice 33 47
	within bob 13 27
	within carol 33 47
	[ "$(jq '.vgpus[] | select(.name == "alice") | .weight' "$BATS_TEST_TMPDIR/json")" -eq 400 ]
}

@test "one that goes idle costs the others nothing" {
	stop_load carol
	measure 5
	within carol 0 0.1
	# 2 : 1, give or take two batches of each.
	within alice 65 68.5
	within bob 31.5 35
	awk '{ sum += $2 } END { exit !(sum > 97) }' "$BATS_TEST_TMPDIR/shares"
}

@test "one with a cap stays at it while the GPU is idle" {
	stop_load bob
	host 'vgpuctl set alice --cap 25'
	measure 30
	within alice 24.5 25.5
	host 'vgpuctl set alice --cap 60'
	measure 10
	within alice 58.5 61.5
	# And is told so: time that it waited for its cap, and for nobody else.
	[ "$(stats_of alice | value bcs_capped_ns)" -gt 20000000000 ]
}

@test "none of the kernels has anything to complain of" {
	local name
	for name in "${GUESTS[@]}"; do
		run complaints '' guest "$name"
		[ -z "$output" ] || fail "$name: $output"
	done
	run complaints 'loading out-of-tree module|module verification failed' host
	[ -z "$output" ] || fail "$output"
}
