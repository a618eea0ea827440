#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2154
# top-live.bats - vgpu-top on a terminal: the real program, the real agent, and a terminal that is looked at (terminal.c). How screens look
# in detail is tests/unit/top_screen.c's.

load helper

setup_file() { build_shim; }

setup() {
	common_setup
	make_gpu 0000:00:02.0
	start_agent
	vgpuctl create --aperture 64M --name alice
	vgpuctl create --aperture 32M --name bob
	TERMINAL_PID=
}

teardown() {
	[[ -z ${agent:-} ]] || kill -CONT "$agent"
	[[ -z ${TERMINAL_PID:-} ]] || kill "$TERMINAL_PID" 2> /dev/null || true
	stop_agent
}

# run_top SIZE [OPTION...]
run_top() { on_terminal "$1" "$VGPU_BIN_DIR/vgpu-top" --socket "$dir/vgpud.sock" "${@:2}"; }

@test "it starts, resizes, sets a weight and quits, and the terminal is as before" {
	run_top 80x24 -d 0.1
	on expect 'GPU 0000:00:02.0  aperture 96M used, 160M free, hole 160M  fences 4/16 free'
	on expect 'rcs  [      ]   0%'
	on expect 'alice        -        new'
	on expect 'h help'
	on resize 132x30
	on expect 'SUB/s TRAP/s'
	on resize 40x12
	on gone 'SUB/s'
	on expect 'alice        -        new       0.0'
	on resize 80x24
	# By GPU% and then by name: alice is first.
	on type '\dw'
	on expect 'weight of bob, 1 to 10000: _'
	on type '25x0\r'
	on expect '25x0: not a weight; give 1 to 10000'
	on type 'w250\r'
	on expect 'bob: weight 250'
	on expect '32M    250 100'
	[ "$(vgpuctl list -o json | jq -c '[.vgpus[] | [.name, .weight]]')" = '[["alice",100],["bob",250]]' ]
	on type 'c30\r'
	on expect 'bob: cap 30'
	on expect '32M    250  30'
	on type q
	on end 0
}

@test "what the agent refuses is said in the last line" {
	printf 'weight EIO\n' > "$sysfs/fail"
	run_top 80x24 -d 0.1
	on expect alice
	on type 'w7\r'
	on expect 'alice: '
	on screen "$dir/screen"
	cat "$dir/screen"
	tail -n 1 "$dir/screen" | grep -Eq '^alice: .*; '
	on type 'q'
	on end 0
}

@test "it filters, sorts and helps" {
	run_top 80x24 -d 0.1
	on expect 'by GPU%'
	on type 's'
	on expect 'by ENT%'
	on type 'r'
	on expect 'by ENT%, reversed'
	on type '/AL'
	on gone bob
	on type '\r'
	on expect "1 with 'AL'"
	on type '\e'
	on expect bob
	on type 'h'
	on expect 'KEYS'
	on type 'q'
	on gone 'KEYS'
	on type 'd9\r'
	on expect 'every 9 s'
	on type q
	on end 0
}

@test "it waits for an agent that is away, and goes on by itself" {
	run_top 80x24 -d 0.1
	on expect alice
	stop_agent
	on expect 'vgpud away since '
	on expect alice
	start_agent
	on gone 'vgpud away'
	vgpuctl create --aperture 4M --name carol
	on expect carol
	on type q
	on end 0
}

@test "an agent that is silent does not keep it from ending" {
	run_top 80x24 -d 0.1
	on expect alice
	kill -STOP "$agent"
	on expect 'vgpud away since '
	on type q
	on end 0
	kill -CONT "$agent"
}

@test "a GPU and its vGPUs go away under it" {
	local gpu=$sysfs/devices/0000:00:02.0
	run_top 80x24 -d 0.1
	on expect alice
	rm -r "$sysfs/bus/mdev/devices/"* "$gpu/"????????-*
	mv "$gpu/mdev_supported_types" "$gpu/gone"
	on expect 'GPU 0000:00:02.0  is not there'
	on expect 'missing'
	vgpuctl delete alice
	vgpuctl delete bob
	on expect 'no GPU of this host can be shared'
	on type q
	on end 0
}

@test "a signal ends it as well, and a count" {
	local signal
	for signal in 1 2 15; do
		run_top 80x24 -d 9
		on expect alice
		on signal "$signal"
		on end 0
		kill "$TERMINAL_PID"
		wait "$TERMINAL_PID" || true
	done
	run_top 80x24 -d 0.05 -n 2
	on end 0
}

@test "without UTF-8, or blocks, bars are ASCII" {
	printf 'rcs_busy_ns 0\n' > "$sysfs/devices/0000:00:02.0/vgpu/stats"
	LOCALE_IS=C run_top 80x24 -d 0.1
	on expect alice
	printf 'rcs_busy_ns 99999999999999\n' > "$sysfs/devices/0000:00:02.0/vgpu/stats"
	on expect '[######]'
	on type q
	on end 0
}

@test "no terminal that can be drawn on is an error of one line" {
	local name
	for name in no-such-terminal dumb ''; do
		TERM_IS=$name run_top 80x24
		on expect "vgpu-top: ${name:-TERM}: no terminal that can be drawn on; set TERM"
		on end 1
		kill "$TERMINAL_PID"
		wait "$TERMINAL_PID" || true
	done
}
