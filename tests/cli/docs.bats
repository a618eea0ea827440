#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2154,SC2016
# docs.bats - help, completion and man pages say what the programs do.

load helper

setup() { common_setup; }

teardown() { stop_agent; }

commands() { vgpuctl --print-synopsis | sed -n 's/^\.Cm //p'; }

# options COMMAND: as its help has them
options() { vgpuctl help "$1" | sed -nE 's/^  (-.,|   ) --([a-z-]+).*/\2/p'; }

@test "the completion that is printed is what is installed" {
	local shell
	for shell in bash zsh fish; do
		vgpuctl --print-completion $shell | cmp - "$top/completion/vgpuctl.$shell"
	done
	fails 2 'tcsh: no completion for this shell; use bash, zsh or fish' --print-completion tcsh
}

@test "help, synopsis, parser and completion have the same commands, each with the same options" {
	local command option first all own
	vgpuctl --print-synopsis > "$dir/synopsis"
	all=$(while read -r command; do options "$command"; done < <(commands) | sort -u)
	[ "$(wc -l <<< "$all")" -ge 17 ]
	vgpuctl help | sed -n '/^$/,/^$/s/^  \([a-z]*\( [a-z]\+\)\?\)  .*/\1/p' | diff - <(commands)
	diff <(completion '' | sort) <(commands | sed 's/ .*//' | sort -u)
	for first in $(commands | sed -n 's/ .*//p' | sort -u); do
		diff <(completion "$first" '') <(commands | sed -n "s/^$first //p")
	done
	while read -r command; do
		echo "$command"
		own=$(options "$command" | sort)
		{ sed -n "/^\.Cm $command\$/,/^\.Nm/s/.*Fl -\([a-z-]*\).*/\1/p" "$dir/synopsis" && printf 'socket\nhelp\n'; } | sort |
			diff - <(echo "$own")
		# What follows "top" is for vgpu-top.
		# shellcheck disable=SC2086
		[[ $command == top ]] || diff <(completion $command -- | sed 's/^--//' | sort) <(echo "$own")
		for option in $all; do
			if grep -qx -- "$option" <<< "$own"; then
				accepts "$command" "$option" || { echo "--$option is refused"; return 1; }
			else
				! accepts "$command" "$option" || { echo "--$option is taken"; return 1; }
			fi
		done
	done < <(commands)
}

completion() { "$VGPU_BIN_DIR/vgpuctl" --complete "$@" | cut -f 1; }

# accepts COMMAND OPTION: does the parser take the one for the other? There is no agent, so nothing is done.
accepts() {
	local operand said
	operand=$(sed -n "/^\.Cm $1\$/{n;s/^\.Ar .*/x/p}" "$dir/synopsis")
	grep -q "Fl -$2 Ar" "$dir/synopsis" && set -- "$1" "$2=1"
	# shellcheck disable=SC2086
	said=$("$VGPU_BIN_DIR/vgpuctl" "--$2" --socket "$dir/none" $1 $operand 2>&1 < /dev/null) || true
	[[ $said != *"unknown option"* ]]
}

@test "the man page's synopsis is the one that the command table gives" {
	sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/p' "$top/man/vgpuctl.1" | sed '1d;$d' | diff <(vgpuctl --print-synopsis) -
}

@test "the man page explains every command and every option" {
	local command option
	[ "$(commands | wc -l)" -ge 13 ]
	while read -r command; do
		grep -Fxq ".It Cm $command" "$top/man/vgpuctl.1"
		vgpuctl help "$command" | grep -q "^$command: "
	done < <(commands)
	while read -r option; do
		grep -Eq "^\.It (Fl . , )?Fl -$option( |$)" "$top/man/vgpuctl.1" || { echo "--$option"; return 1; }
	done < <(commands | while read -r command; do vgpuctl help "$command"; done | grep -Eo '^  .{4}--[a-z-]+' | sed 's/.*--//' | sort -u)
}

@test "the exit codes of the header and the man page agree" {
	diff <(sed -n 's/^\tVGPU_EXIT_[A-Z_]*[\t ]*= \([0-9]*\),/\1/p' "$top/lib/exit.h") \
		<(sed -n '/^\.Sh EXIT STATUS/,/^\.Sh EXAMPLES/s/^\.It \([0-9]*\)$/\1/p' "$top/man/vgpuctl.1")
}

# sorted_methods: paragraphs of a method and its parameters in the order of the methods' names; parameters stay in theirs
sorted_methods() { awk '/^[^\t]/ { method = $0 } { print method "\t" $0 }' | sort -s -t '	' -k 1,1 | cut -f 2-; }

@test "the API's man page has every method, with its asterisk, parameters and their types" {
	"$VGPU_BIN_DIR/vgpud" --print-api | grep -v '^event ' | sorted_methods > "$dir/methods"
	[ "$(grep -c '^[^	]' "$dir/methods")" -ge 16 ]
	sed -n '/^\.Sh METHODS/,/^\.Sh NOTIFICATIONS/{
		s/^\.It Cm \([a-z.]*\)\( No \*\)\{0,1\}$/\1\2/; s/ No \*/ */; t print
		s/^\.It Va \([a-z_]*\) Pq \(.*\)$/\t\1: \2/; t print
		d; :print
		p; }' "$top/man/vgpud-api.7" | sorted_methods | diff "$dir/methods" -
}

@test "the API's man page has every kind of event, and the numbers of the version" {
	diff <("$VGPU_BIN_DIR/vgpud" --print-api | sed -n 's/^event //p' | sort) \
		<(sed -n '/^\.Sh EVENTS/,/^\.Sh EXAMPLES/s/^\.It Cm //p' "$top/man/vgpud-api.7" | sed 's/ , /\n/g' | sort)
	grep -qx "This is schema $(sed -n 's/^#define VGPU_SCHEMA \(.*\)u$/\1/p' "$top/lib/rpc.h"), API $(sed -n 's/^#define VGPU_API \(.*\)u$/\1/p' "$top/lib/rpc.h")." \
		"$top/man/vgpud-api.7"
}

# keys RESULT: the names of its fields, but for the counters' and what an event's details have
keys() { jq -r 'walk(if type == "object" then del(.counters, .details) else . end) | [paths | .[] | strings] | unique[]' <<< "$1"; }

@test "the API's man page has every field that a method answers with" {
	local name params key
	build_shim
	make_gpu 0000:00:02.0
	start_agent
	vgpuctl create --aperture 64M --name a
	sed -n 's/^\.It Li //p; s/^\.Li //p' "$top/man/vgpud-api.7" | grep -Eo '[a-z_]+' | sort -u > "$dir/fields"
	while read -r name; do
		params='"name":"a"'
		case $name in
		vgpu.create) params='"aperture_bytes":4096,"class":"none"' ;;
		vgpu.attach | vgpu.detach) continue ;; # live and config, see libvirt.bats
		gpu.bind | gpu.unbind) continue ;; # see gpu.bats
		vgpu.set) params+=',"weight":3' ;;
		gpu.show) params='"gpu":"00:02.0"' ;;
		vgpu.*s | vgpu.list | gpu.list | types.list | version | policy.* | doctor.run) params='' ;;
		esac
		reply=$(request "$dir/vgpud.sock" '{"jsonrpc":"2.0","id":1,"method":"'"$name"'","params":{'"$params"'}}' | head -n 1)
		[ "$(jq .result.schema <<< "$reply")" = 1 ] || { echo "$name: $reply"; return 1; }
		for key in $(keys "$(jq .result <<< "$reply")") details counters; do
			grep -qx "$key" "$dir/fields" || { echo "$name: $key"; return 1; }
		done
	done < <("$VGPU_BIN_DIR/vgpud" --print-api | grep -v '^event\|^	' | cut -d ' ' -f 1)
	stop_agent
}

@test "the API's man page has examples that work as they stand" {
	local example=''
	build_shim
	make_gpu 0000:00:02.0
	start_agent
	while IFS= read -r line; do
		[[ $line == .Ed ]] || { example+=${line//\\e/\\}$'\n'; continue; }
		example=${example//\/run\/vgpud/"$dir"}
		# A subscription has no end but the one that is set to it.
		timeout 20 bash -c "${example//86400/2}" > "$dir/out"
		cat "$dir/out"
		[ "$(jq -s 'map(select(.jsonrpc == "2.0" and (.result.schema == 1 or .method == "events.event"))) | length' "$dir/out")" = "$(wc -l < "$dir/out")" ]
		[ -s "$dir/out" ]
		example=''
	done < <(sed -n '/^\.Sh EXAMPLES/,$ { /^\.Bd/,/^\.Ed/ { /^\.Bd/d; p; } }' "$top/man/vgpud-api.7")
	[ "$(vgpuctl list -o name)" = web ]
	stop_agent
}

@test "the man pages of vgpud and vgpu-top have every option of their help" {
	local option
	for option in $("$VGPU_BIN_DIR/vgpud" --help | grep -Eo -- '--[a-z-]+' | sed 's/^--//'); do
		grep -Eq "Fl -$option( |$)" "$top/man/vgpud.8" || { echo "vgpud --$option"; return 1; }
	done
	for option in $("$VGPU_BIN_DIR/vgpu-top" --help | grep -Eo -- '--[a-z-]+' | sed 's/^--//'); do
		grep -Eq "Fl -$option( |$)" "$top/man/vgpu-top.1" || { echo "vgpu-top --$option"; return 1; }
	done
}

@test "vgpud's man page has every metric" {
	diff <(sed -n 's/^# TYPE \(.*\) counter$/\1_total/p; s/^# TYPE \(.*\) info$/\1_info/p; s/^# TYPE \(.*\) \(gauge\|histogram\)$/\1/p' \
		"$top/tests/cli/metrics.openmetrics" | sort) \
		<(sed -n '/^\.Sh METRICS/,/^\.Sh FILES/p' "$top/man/vgpud.8" | grep '^\.It Li ' | grep -Eo 'vgpud?_[a-z_]+' | sort)
}

@test "vgpu-top's man page has every key, column and reason of its help" {
	local words word
	words=$(sed -n 's/^\t{ "\([^"]*\)", "..*" },$/\1/p' "$top/vgpuctl/top_help.c" | sed 's/, /\n/')
	[ "$(wc -l <<< "$words")" -ge 15 ]
	while read -r word; do
		grep '^\.It ' "$top/man/vgpu-top.1" | grep -Fq -- "$word" || { echo "$word"; return 1; }
	done <<< "$words"
}

@test "vgpu-pool's man page has every key of the pool file" {
	diff <(sed -n 's/^#define KEYS_REMEDY "use \(.*\)"/\1/p' "$top/vgpuctl/pool_file.c" | sed 's/ or /, /; s/, /\n/g' | sort) \
		<(sed -n 's/^\.It Li //p' "$top/man/vgpu-pool.5" | sed 's/ , /\n/g' | sort)
	diff <(sed -n '/^const enum vgpu_option vgpu_pool_keys/,/^}/p' "$top/vgpuctl/pool_key.c" | grep -o 'VGPU_OPT_[A-Z]*' | sed 's/VGPU_OPT_//' | tr '[:upper:]' '[:lower:]' | sort) \
		<(sed -n 's/^\.It Li //p' "$top/man/vgpu-pool.5" | sed 's/ , /\n/g' | sort)
}

@test "the man pages are good mdoc" {
	run mandoc -T lint -W warning "$top/man/vgpuctl.1" "$top/man/vgpu-top.1" "$top/man/vgpud.8" "$top/man/vgpud-api.7" "$top/man/vgpud-policy.5" "$top/man/vgpu-pool.5"
	[ -z "$output" ]
}
