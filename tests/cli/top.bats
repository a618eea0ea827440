#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2154
# top.bats - vgpu-top's figures, from counters that the test moves.

load helper

setup_file() { build_shim; }

setup() {
	common_setup
	make_gpu 0000:00:02.0
	start_agent
	vgpuctl create --aperture 64M --name a
	stats=$sysfs/bus/mdev/devices/$(vgpuctl list -o json | jq -r '.vgpus[0].uuid')/vgpu/stats
}

teardown() { stop_agent; }

# replace FILE TEXT: never half-written
replace() {
	printf '%s\n' "$2" > "$1.new"
	mv "$1.new" "$1"
}

@test "rates are differences over the measured interval" {
	replace "$stats" 'rcs_busy_ns 1000
rcs_submissions 5
traps_mmio 10
reject_opcode 1'
	coproc TOP { vgpu_top -J -d 0.4 -n 3 3>&-; }
	read -r first <&"${TOP[0]}"
	replace "$stats" 'rcs_busy_ns 200001000
bcs_busy_ns 50000000
rcs_submissions 105
bcs_submissions 100
traps_mmio 60
traps_of_the_future 50
reject_opcode 1
reject_pte 409601
reject_of_the_future 2'
	read -r second <&"${TOP[0]}"
	read -r third <&"${TOP[0]}"
	echo "$second"
	jq -e '.vgpus[0].rates.gpu_pct == 0' <<< "$first"
	# The counters of the reading and its own interval decide, not the test's idea of time.
	jq -e '.vgpus[0].rates | (.rcs_pct - 100 * 200000000 / .interval_ns | fabs) < 0.1 and (.gpu_pct - .rcs_pct - .bcs_pct | fabs) < 0.1
		and (.submissions_per_s - 200e9 / .interval_ns | fabs) < 0.1 and (.traps_per_s - 100e9 / .interval_ns | fabs) < 0.1
		and .rejections == 3' <<< "$second"
	jq -e '.vgpus[0].rates | [.gpu_pct, .submissions_per_s, .traps_per_s] == [0, 0, 0]' <<< "$third"
	[ "$(jq .schema <<< "$third")" = 1 ]
}

@test "what a vGPU is entitled to, how it waits, and why it has less" {
	replace "$stats" 'bcs_busy_ns 5
bcs_waits_100us 1000'
	coproc TOP { vgpu_top -J -d 0.4 -n 4 3>&-; }
	read -r _ <&"${TOP[0]}"
	replace "$stats" 'bcs_busy_ns 100000005
bcs_entitled_ns 150000000
rcs_entitled_ns 50000000
bcs_wait_ns 80000000
rcs_wait_ns 80000000
bcs_waits_100us 1050
rcs_waits_30ms 50
switches 40'
	read -r second <&"${TOP[0]}"
	read -r third <&"${TOP[0]}"
	replace "$stats" 'bcs_busy_ns 200000005
bcs_entitled_ns 250000000
rcs_entitled_ns 50000000
bcs_wait_ns 80000000
rcs_wait_ns 80000000
bcs_capped_ns 200000000
bcs_waits_100us 1050
rcs_waits_30ms 50
switches 40'
	read -r fourth <&"${TOP[0]}"
	printf '%s\n' "$second" "$third" "$fourth"
	jq -e '.vgpus[0].rates | (.entitled_pct - 100 * 200000000 / .interval_ns | fabs) < 0.1
		and (.bcs_entitled_pct - 100 * 150000000 / .interval_ns | fabs) < 0.1
		and (.rcs_entitled_pct + .bcs_entitled_pct - .entitled_pct | fabs) < 0.1
		and (.wait_pct - 100 * 160000000 / .interval_ns | fabs) < 0.1 and .capped_pct == 0
		and .wait_p99_us == 30000 and (.switches_per_s - 40e9 / .interval_ns | fabs) < 0.1 and .why == "waiting"' <<< "$second"
	jq -e '.vgpus[0].rates | .entitled_pct == 0 and .wait_p99_us == null and .why == "idle"' <<< "$third"
	jq -e '.vgpus[0].rates | (.capped_pct - 100 * 200000000 / .interval_ns | fabs) < 0.1 and .why == "capped"' <<< "$fourth"
	jq -e '.gpus[0].rates | has("entitled_pct") | not' <<< "$fourth"
}

@test "counters that went back give no rate" {
	replace "$stats" 'rcs_busy_ns 5000000000'
	coproc TOP { vgpu_top -J -d 0.25 -n 2 3>&-; }
	read -r _ <&"${TOP[0]}"
	replace "$stats" 'rcs_busy_ns 10'
	read -r line <&"${TOP[0]}"
	jq -e '.vgpus[0].rates.gpu_pct == 0' <<< "$line"
}

@test "CSV has a title and as many fields in every row" {
	vgpu_top -c -d 0.05 -n 2 > "$dir/csv"
	cat "$dir/csv"
	[ "$(wc -l < "$dir/csv")" = 5 ]
	[ "$(awk -F, '{ print NF }' "$dir/csv" | sort -u)" = 27 ]
	[ "$(grep -c ',vgpu,0000:00:02.0,a,' "$dir/csv")" = 2 ]
}

@test "text has a header for each GPU and a row for each vGPU" {
	vgpu_top -b -d 0.05 -n 1 > "$dir/text"
	cat "$dir/text"
	grep -q '^GPU 0000:00:02.0  rcs   0.0%' "$dir/text"
	grep -q 'aperture 64M used, 192M free, largest hole 192M; fences 8/16 free' "$dir/text"
	grep -Eq '^a +- +new .* 64M    100 100 idle$' "$dir/text"
	cat -v "$dir/text" | grep -q '\^\[' && return 1
	true
}

@test "a line fits into COLUMNS; what matters most stays" {
	local columns
	vgpuctl create --aperture 4K --hidden 4K --fences 1 --name a-name-that-is-much-too-long-for-a-narrow-terminal
	for columns in 40 60 80 100 132; do
		COLUMNS=$columns vgpu_top -b -d 0.05 -n 1 > "$dir/text"
		cat "$dir/text"
		[ "$(wc -L < "$dir/text")" -le "$columns" ]
		grep -Eq '^NAME .*DOMAIN .*STATE .*GPU%' "$dir/text"
		grep -Eq '^a-name-that[a-z-]*[+] ' "$dir/text"
	done
	COLUMNS=80 vgpu_top -b -d 0.05 -n 1 | grep -Eq ' GPU%  ENT% RCS BCS WAIT% APERT WEIGHT CAP WHY$'
	vgpu_top -b -d 0.05 -n 1 | grep -Eq ' SUB/s TRAP/s  SW/s  REJ '
}

@test "vGPUs of a GPU that went away are still shown" {
	local gpu=$sysfs/devices/0000:00:02.0
	rm -r "$sysfs/bus/mdev/devices/"* "$gpu/"????????-*
	mv "$gpu/mdev_supported_types" "$gpu/gone"
	vgpu_top -b -d 0.05 -n 1 > "$dir/text"
	cat "$dir/text"
	grep -q '^GPU 0000:00:02.0  is not there$' "$dir/text"
	grep -Eq '^a +- +missing ' "$dir/text"
	vgpuctl delete a
	vgpu_top -b -d 0.05 -n 1 | grep -q '^no GPU of this host can be shared$'
}

@test "it survives a restart of the agent" {
	coproc TOP { vgpu_top -J -d 0.1 -n 8 3>&- 2> "$dir/top.err"; }
	read -r _ <&"${TOP[0]}"
	stop_agent
	# It has noticed, and says so once, before the agent is back.
	while [ ! -s "$dir/top.err" ]; do read -rt 0.02 <> <(:) || :; done
	start_agent
	cat <&"${TOP[0]}" > "$dir/rest"
	[ "$(wc -l < "$dir/rest")" = 7 ]
	[ "$(wc -l < "$dir/top.err")" = 1 ]
	jq -e '.vgpus[0].rates.interval_ns > 0' "$dir/rest" > /dev/null
}

@test "what is no row is no reason to end badly" {
	local format
	cat > "$dir/reply" <<- 'END'
		{"jsonrpc":"2.0","id":1,"result":{"gpus":[null,"x"],"vgpus":[7,[],{}]}}
		{"jsonrpc":"2.0","id":2,"result":{"gpus":[[]],"vgpus":[{},null,7]}}
	END
	for format in -J -c -b; do
		socat "UNIX-LISTEN:$dir/odd.sock" SYSTEM:"read -r _; sed -n 1p $dir/reply; read -r _; sed -n 2p $dir/reply; read -r _" 3>&- &
		until [ -S "$dir/odd.sock" ]; do read -rt 0.02 <> <(:) || :; done
		"$VGPU_BIN_DIR/vgpu-top" --socket "$dir/odd.sock" "$format" -d 0.05 -n 1 > "$dir/text"
		wait "$!" || true
		rm -f "$dir/odd.sock"
	done
}

@test "errors are one line each, with the object and the remedy" {
	local code pattern arguments
	while IFS='|' read -r code pattern arguments; do
		eval "arguments=($arguments)"
		run vgpu_top "${arguments[@]}" < /dev/null
		echo "${arguments[*]}: $status: $output"
		[ "$status" = "$code" ] && [ "${#lines[@]}" = 1 ]
		[[ $output =~ ^vgpu-top:\ [^:].*:\ .*\;\ .+ && $output =~ $pattern ]]
	done <<- 'END'
		2|^vgpu-top: 0: not a delay; give 0.05 to 86400 seconds|-d 0
		2|^vgpu-top: 0x1: not a delay; give 0.05 to 86400 seconds|-d 0x1
		2|^vgpu-top: 1e1: not a delay|--delay 1e1
		2|^vgpu-top:  1: not a delay|-d ' 1'
		2|^vgpu-top: 86401: not a delay|-d 86401
		2|^vgpu-top: '': not a delay|-d ''
		2|^vgpu-top: \?: not a delay|-d $'\xff'
		2|^vgpu-top: 0: not a count; give 1 or more|-n 0
		2|^vgpu-top: -1: not a count|-n -1
		2|^vgpu-top: 4294967296: not a count|--count=4294967296
		2|^vgpu-top: --csv: it can't go with --json; leave out one of them|-J -c
		2|^vgpu-top: -d: it needs an argument; see vgpu-top --help|-d
		2|^vgpu-top: --count: it needs an argument|--count
		2|^vgpu-top: --batch=x: it takes no argument|--batch=x
		2|^vgpu-top: --delya: unknown option; did you mean --delay\?|--delya 1
		2|^vgpu-top: --frobnicate: unknown option; see vgpu-top --help|--frobnicate
		2|^vgpu-top: -x: unknown option; see vgpu-top --help|--batch -xb
		2|^vgpu-top: x: unexpected argument; see vgpu-top --help|x
		2|^vgpu-top: '': unexpected argument|''
		2|^vgpu-top: --socket: it is empty; give a path|--socket ''
		2|^vgpu-top: /a*: a socket's path can't be as long; name it by a shorter path|-n 1 --socket "/$(printf 'a%.0s' {1..200})"
		7|^vgpu-top: /nothing: vgpud does not answer: No such file or directory; start it|-n 1 --socket /nothing
	END
}

@test "options have long names, too" {
	vgpu_top --batch --delay 0.05 --count 1 | grep -q '^GPU '
	vgpu_top --json --delay=0.05 --count=1 | jq -e .schema
	vgpu_top --csv --delay 0.05 --count 1 | head -n 1 | grep -q '^t_ns,'
	vgpu_top --version | grep -q '^vgpu-top '
	vgpu_top --help | grep -q -- '--delay SECONDS'
}
