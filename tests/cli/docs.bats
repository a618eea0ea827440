#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2154,SC2016
# docs.bats - help, completion and man pages say what the programs do.

load helper

setup() { common_setup; }

commands() { vgpuctl --print-synopsis | sed -n 's/^\.Cm //p'; }

@test "the completion is the one that the command table gives" {
	vgpuctl --print-completion bash | diff - "$top/completion/vgpuctl.bash"
	fails 2 'no completion for this shell' --print-completion fish
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

@test "the man pages are good mdoc" {
	run mandoc -T lint -W warning "$top/man/vgpuctl.1" "$top/man/vgpu-top.1" "$top/man/vgpud.8" "$top/man/vgpud-policy.5"
	[ -z "$output" ]
}

complete_line() { # WORD...: what bash would offer for the last word
	bash -c 'vgpuctl() { [[ "$*" == "list -o name" ]] && printf "web\nwiki\n"; [[ "$*" == "gpu list -o name" ]] && echo 0000:00:02.0
		[[ "$*" == "classes -o name" ]] && printf "gold\nsilver\n"; }
		virsh() { printf "%s\n" web "big one" "\$(touch ran)" "\`touch ran\`" ""; }
		. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _vgpuctl; printf "%s\n" "${COMPREPLY[@]}"' \
		_ "$top/completion/vgpuctl.bash" "$@"
}

@test "completion offers commands, options and names" {
	[ "$(complete_line vgpuctl cr)" = create ]
	[ "$(complete_line vgpuctl gpu sh)" = show ]
	[ "$(complete_line vgpuctl create --ap)" = --aperture ]
	[ "$(complete_line vgpuctl list -o j)" = json ]
	[ "$(complete_line vgpuctl delete wi)" = wiki ]
	[ "$(complete_line vgpuctl gpu show '')" = "$(printf '%s\n' --output --socket --help 0000:00:02.0)" ]
	[ "$(complete_line vgpuctl create --gpu '')" = 0000:00:02.0 ]
	[ "$(complete_line vgpuctl set a --class s)" = silver ]
}

@test "completion runs nothing that stands in a domain's name" {
	cd "$dir"
	[ "$(complete_line vgpuctl attach a --domain '')" = "$(printf '%s\n' web 'big\ one' '\$\(touch\ ran\)' '\`touch\ ran\`')" ]
	[ "$(complete_line vgpuctl attach a --domain w)" = web ]
	[ ! -e ran ]
}
