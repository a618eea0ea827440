#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2154,SC2016
# docs.bats - help, completion and man pages say what the programs do.

load helper

setup() { common_setup; }

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

@test "vgpud's man page has every method, and the asterisk where the read-only socket takes it" {
	diff <(grep -Eo '\.name = "[a-z.]+"' "$top/vgpud-agent/dispatch.c" | cut -d '"' -f 2 | sort) \
		<(sed -n '/^\.Sh PROTOCOL/,/^\.Sh FILES/s/^\.It Cm \([a-z.]*\).*/\1/p' "$top/man/vgpud.8" | sort)
	diff <(grep -E '\.reads = true' "$top/vgpud-agent/dispatch.c" | grep -Eo '"[a-z.]+"' | sed -n 's/"\(.*\)"/\1/p' | grep -v '^gpu$\|^name$' | sort) \
		<(sed -n 's/^\.It Cm \([a-z.]*\) No \*/\1/p' "$top/man/vgpud.8" | sort)
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
	run mandoc -T lint -W warning "$top/man/vgpuctl.1" "$top/man/vgpu-top.1" "$top/man/vgpud.8" "$top/man/vgpud-policy.5" "$top/man/vgpu-pool.5"
	[ -z "$output" ]
}
