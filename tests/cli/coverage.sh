#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Has every command of vgpuctl, with each of its options, been run with success by a test, and every option of vgpu-top? The wrappers in
# helper.bash write down what was; tests/run runs this when all the others have ended.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
. tests/tap.bash
bin=${VGPU_BUILD:-build}/asan
log=${VGPU_COVERAGE:-/dev/null}

# not_run SYNOPSIS LOG LETTERS: commands, and options of commands, that are in the one and not in the other. LETTERS has "-o --output" and
# the like.
not_run() {
	awk -v letters="$3" '
	BEGIN { count = split(letters, part, " "); for (i = 1; i < count; i += 2) long_name[part[i]] = part[i + 1] }
	NR == FNR && $1 == ".Cm" { command = $3 ? $2 " " $3 : $2; want[command] = 1 }
	NR == FNR && match($0, /Fl -[a-z-]+/) {
		option = "-" substr($0, RSTART + 3, RLENGTH - 3)
		want[command " " option] = 1
		takes[option] = / Ar /
	}
	NR == FNR { next }
	$1 != "vgpuctl" { next }
	{
		operands = 0
		options = ""
		takes["--socket"] = 1
		for (i = 2; i <= NF; i++) {
			option = ""
			letter = substr($i, 1, 2)
			if (letter in long_name) option = long_name[letter]
			else if ($i ~ /^--/) { option = $i; sub(/=.*/, "", option) }
			if (option == "") { operand[++operands] = $i; continue }
			options = options " " option
			if (takes[option] && $i !~ /=/ && !(letter in long_name && length($i) > 2)) i++
		}
		command = operand[1] " " operand[2]
		if (operands < 2 || !(command in want)) command = operand[1]
		if (!operands) next
		had[command] = 1
		count = split(options, given, " ")
		for (i = 1; i <= count; i++) had[command " " given[i]] = 1
	}
	END { for (i in want) if (!(i in had)) print "vgpuctl " i }' "$1" "$2" | sort
}

tap_silent "tests have written down what they ran" "$([[ -s $log ]] || echo 'nothing: run all of tests/cli/*.bats along with this')"
letters=$("$bin/vgpuctl" --print-synopsis | sed -n 's/^\.Cm //p' | while read -r command; do "$bin/vgpuctl" help "$command"; done |
	sed -nE 's/^  (-.), (--[a-z-]+).*/\1 \2/p' | sort -u | tr '\n' ' ')
tap_silent "every command of vgpuctl, and each of its options, is run by a test" \
	"$(not_run <("$bin/vgpuctl" --print-synopsis) "$log" "$letters")"

untested=$("$bin/vgpu-top" --help | sed -nE 's/^  (-(.),|   ) --([a-z-]+).*/\2 \3/p' | while read -r letter name; do
	[[ $name ]] || { name=$letter letter=; }
	grep '^vgpu-top ' "$log" | grep -qE -- " (${letter:+-$letter|}--$name)[ =]" || echo "vgpu-top --$name"
done)
tap_silent "every option of vgpu-top is run by a test" "$untested"

# What is not run is found: a log without one of its options, and one without a command.
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
printf '%s\n' .Nm '.Cm one' '.Op Fl -a Ar N' '.Op Fl -b' .Nm '.Cm gpu two' '.Ar NAME' > "$made/synopsis"
printf '%s\n' 'vgpuctl one -a 1' 'vgpuctl one --a=1 --b' 'vgpuctl gpu --socket x two y' > "$made/all"
printf '%s\n' 'vgpuctl one -a --b' 'vgpuctl gpu' 'vgpu-top one --b' > "$made/less"
tap_silent "a log that has it all is enough" "$(not_run "$made/synopsis" "$made/all" '-a --a')"
tap_silent "what no log has is named" "$(diff <(not_run "$made/synopsis" "$made/less" '-a --a') <(printf 'vgpuctl %s\n' 'gpu two' 'one --b'))"
tap_done
