#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2154,SC2016,SC2030,SC2031
# completion.bats - what TAB does in bash, zsh and fish: the real shells, on a terminal, with an agent that knows names.

load helper

setup_file() { build_shim; }

setup() {
	common_setup
	make_gpu 0000:00:02.0
	TERMINAL_PID=
	# The shells run what they find, here with this test's agent.
	mkdir "$dir/bin" "$dir/zsh"
	for program in vgpuctl vgpu-top; do
		printf '#!/bin/sh\nexec "%s" "$@"\n' "$VGPU_BIN_DIR/$program" > "$dir/bin/$program"
		chmod +x "$dir/bin/$program"
	done
	export PATH=$dir/bin:$PATH HOME=$dir LIBVIRT_DEFAULT_URI=test://$dir/node.xml
	node
}

teardown() {
	[[ -z ${TERMINAL_PID:-} ]] || kill "$TERMINAL_PID" 2> /dev/null || true
	stop_agent
}

# Domains, some of which a shell would run.
node() {
	local name
	{
		echo '<node>'
		for name in web 'big one' '$(touch ran)' '`touch ran`' büro "a'b;touch ran"; do
			echo "<domain type='test'><name>$name</name><memory>65536</memory><os><type>hvm</type></os></domain>"
		done
		echo '</node>'
	} > "$dir/node.xml"
}

start_with_names() {
	start_agent --libvirt none --policy "$top/policy/classes.yaml"
	vgpuctl create --aperture 64M --name alice
	vgpuctl create --aperture 32M --name albert --class gold
	socket="--socket $dir/vgpud.sock"
}

# answer WORD...: what a shell is told
answer() { "$VGPU_BIN_DIR/vgpuctl" --complete "$@"; }

# words WORD...: the words of it
words() { answer "$@" | cut -f 1 | tr '\n' ' '; }

# shell NAME: on the terminal, with completion loaded as it is installed
shell() {
	case $1 in
	bash)
		printf '%s\n' "PS1='> '" "bind 'set show-all-if-ambiguous on'" "bind 'set enable-bracketed-paste off'" \
			"bind 'set completion-query-items 0'" ". '$top/completion/vgpuctl.bash'" > "$dir/rc"
		on_terminal 150x60 bash --noprofile --rcfile "$dir/rc" -i
		;;
	zsh)
		ln -sf "$top/completion/vgpuctl.zsh" "$dir/zsh/_vgpuctl"
		printf '%s\n' "PS1='> '" "fpath=('$dir/zsh' \$fpath)" 'autoload -Uz compinit' 'compinit -D -u' 'LISTMAX=0' > "$dir/.zshrc"
		ZDOTDIR=$dir on_terminal 150x60 zsh -d -i
		;;
	fish)
		leave='\e'
		on_terminal 150x60 fish --no-config -i -C 'set -g fish_greeting; set -g fish_autosuggestion_enabled 0
			function fish_prompt; printf "> "; end' -C "source '$top/completion/vgpuctl.fish'"
		;;
	esac
	on expect '> '
}

# completes LINE WANT: after LINE and TAB, the line is WANT, and the next key goes on behind it
completes() {
	on type "$1\\tX"
	on expect "> $2X" || { echo "$1"; return 1; }
	on type '\k\l'
	on gone "> $2X"
}

# lists LINE TEXT...: after LINE and TAB, each TEXT is on the screen
lists() {
	local line=$1 text
	shift
	on type "$line\\t"
	for text in "$@"; do
		on expect "$text" || { echo "$line"; return 1; }
	done
	on type "${leave:-}\\k\\l"
	on gone "${line//\\/}"
}

@test "commands, options and what may stand behind them" {
	start_with_names
	[[ "$(words gpu '')" == 'list show '* ]]
	[[ " $(words '')" == *' create list show set delete '*' gpu '* ]]
	[ "$(words '' | tr ' ' '\n' | sort | uniq -d | grep .)" = '' ]
	[ "$(words help gpu '')" = "$(words gpu '')" ]
	[[ "$(answer '' | grep '^gpu')" == $'gpu\tlist, show'* ]]
	answer list --o | grep -qxFe $'--output\ttable, wide, json, yaml or name'
	# What was given already is not offered again; behind an operand there is nothing left but options.
	[[ "$(words create --aperture 64M --)" != *aperture* ]]
	[ "$(words delete alice '')" = '--socket --help ' ]
	[[ "$(words attach alice '')" == '--domain --live --config '* ]]
	[ "$(words list -o '')" = 'table wide json yaml name ' ]
	[ "$(words list --output=)" = '--output=table --output=wide --output=json --output=yaml --output=name ' ]
	[ "$(words create --aperture '')" = '' ]
	[ "$(words frobnicate '')" = '' ]
	[ "$(words list --socket '')" = ':files ' ]
	[ "$(words apply -f '')" = ':files ' ]
	[ "$(words -f pool.yaml diff --file '')" = ':files ' ]
	[[ "$(words apply -f pool.yaml --pr)" == *'--prune '* && "$(words apply -f pool.yaml --pr)" != *--file* ]]
	# What is wrong with the line so far is no reason to be of no help.
	[[ "$(words create --bogus --cap x --n)" == *'--name '* ]]
	[ "$(words -)" = '--socket --help --version ' ]
}

@test "names are those of the agent that the line names, described" {
	local s
	start_with_names
	s=(--socket "$dir/vgpud.sock")
	[ "$(answer "${s[@]}" show '' | sort)" = $'albert\tnew\nalice\tnew' ]
	[ "$(answer gpu show "${s[@]}" '')" = $'0000:00:02.0\t8086:0412, driver vgpu' ]
	[ "$(answer "--socket=$dir/vgpud.sock" create --gpu '')" = $'0000:00:02.0\t8086:0412, driver vgpu' ]
	[ "$(words "${s[@]}" create --gpu=)" = '--gpu=0000:00:02.0 ' ]
	[ "$(words "${s[@]}" create --class '')" = 'none gold silver bronze ' ]
	answer "${s[@]}" set alice --class '' | grep -qx $'gold\tweight 400, cap 100'
	# Both GPUs have the same types.
	make_gpu 0000:03:00.0
	[ "$(words "${s[@]}" create --type '')" = 'vgpu-64M vgpu-128M vgpu-256M vgpu-flex ' ]
	# Without an agent there is nothing to offer, and nothing to say.
	[ "$(words --socket "$dir/nothing.sock" show '' 2>&1)" = '' ]
}

@test "domains are libvirt's; one that no line can hold is left out" {
	[ "$(answer attach a --domain '' | cut -f 1 | LC_ALL=C sort)" = "$(printf '%s\n' '$(touch ran)' '`touch ran`' "a'b;touch ran" 'big one' büro web)" ]
	printf '#!/bin/sh\nprintf "good\\nbad\\001\\nnot-\\377-utf8\\n"\n' > "$dir/bin/virsh"
	chmod +x "$dir/bin/virsh"
	[ "$(words attach a --domain '')" = 'good ' ]
	rm "$dir/bin/virsh"
	[ "$(PATH=$dir/bin "$VGPU_BIN_DIR/vgpuctl" --complete attach a --domain '' 2>&1)" = '' ]
}

@test "vgpuctl top completes as vgpu-top does" {
	diff <(answer top -) <("$VGPU_BIN_DIR/vgpu-top" --complete -)
	[ "$(answer top -b --socket '')" = :files ]
	[ "$(answer top -n '')" = '' ]
	[ "$(words top '' | tr ' ' '\n' | grep -c .)" = "$("$VGPU_BIN_DIR/vgpu-top" --help | grep -c -- ' --')" ]
}

@test "bash" {
	start_with_names
	shell bash
	completes 'vgpuctl sho' 'vgpuctl show '
	completes 'vgpuctl create --ap' 'vgpuctl create --aperture '
	completes "vgpuctl $socket delete alb" "vgpuctl $socket delete albert "
	# What bash takes for the end of a word is in the middle of one.
	completes "vgpuctl $socket gpu show 0000:0" "vgpuctl $socket gpu show 0000:00:02.0 "
	completes "vgpuctl $socket gpu show 0000:" "vgpuctl $socket gpu show 0000:00:02.0 "
	completes "vgpuctl $socket create --gpu=" "vgpuctl $socket create --gpu=0000:00:02.0 "
	completes "vgpuctl $socket create --class=g" "vgpuctl $socket create --class=gold "
	completes 'vgpuctl list --socket /et' 'vgpuctl list --socket /etc/'
	completes 'vgpuctl list --socket=/et' 'vgpuctl list --socket=/etc/'
	completes 'vgpuctl top --del' 'vgpuctl top --delay '
	completes 'vgpu-top --del' 'vgpu-top --delay '
	completes 'true; vgpuctl vers' 'true; vgpuctl version '
	lists 'vgpuctl at' attach
	lists "vgpuctl $socket show al" albert alice
	cd "$dir"
	completes 'vgpuctl attach a --domain bi' 'vgpuctl attach a --domain big\ one '
	completes 'vgpuctl attach a --domain bü' 'vgpuctl attach a --domain büro '
	completes 'vgpuctl attach a --domain \$' 'vgpuctl attach a --domain \$\(touch\ ran\) '
	lists 'vgpuctl attach a --domain ' web 'big\ one' '\`touch\ ran\`'
	[ ! -e ran ]
}

@test "zsh" {
	start_with_names
	shell zsh
	completes 'vgpuctl sho' 'vgpuctl show '
	completes 'vgpuctl create --ap' 'vgpuctl create --aperture '
	completes "vgpuctl $socket delete alb" "vgpuctl $socket delete albert "
	completes "vgpuctl $socket gpu show 0000:0" "vgpuctl $socket gpu show 0000:00:02.0 "
	completes "vgpuctl $socket create --class=g" "vgpuctl $socket create --class=gold "
	completes 'vgpuctl list --socket /et' 'vgpuctl list --socket /etc/'
	completes 'vgpuctl list --socket=/et' 'vgpuctl list --socket=/etc/'
	completes 'vgpuctl top --del' 'vgpuctl top --delay '
	completes 'vgpu-top --del' 'vgpu-top --delay '
	lists 'vgpuctl ' 'delete ' ' -- remove a vGPU that nothing uses' ' -- list, show'
	lists "vgpuctl $socket show al" 'albert  ' 'alice  ' '-- new'
	cd "$dir"
	completes 'vgpuctl attach a --domain bi' 'vgpuctl attach a --domain big\ one '
	completes 'vgpuctl attach a --domain bü' 'vgpuctl attach a --domain büro '
	completes 'vgpuctl attach a --domain \$' 'vgpuctl attach a --domain \$\(touch\ ran\) '
	[ ! -e ran ]
}

@test "zsh, with the completion read by source" {
	mkdir "$dir/none"
	printf '%s\n' "PS1='> '" 'autoload -Uz compinit' 'compinit -D -u' 'source <(vgpuctl --print-completion zsh)' > "$dir/.zshrc"
	ZDOTDIR=$dir on_terminal 150x60 zsh -d -i
	on expect '> '
	completes 'vgpuctl sho' 'vgpuctl show '
}

@test "fish" {
	start_with_names
	shell fish
	completes 'vgpuctl sho' 'vgpuctl show '
	completes 'vgpuctl create --ap' 'vgpuctl create --aperture '
	completes "vgpuctl $socket delete alb" "vgpuctl $socket delete albert "
	completes "vgpuctl $socket gpu show 0000:0" "vgpuctl $socket gpu show 0000:00:02.0 "
	completes "vgpuctl $socket create --class=g" "vgpuctl $socket create --class=gold "
	completes 'vgpuctl list --socket /et' 'vgpuctl list --socket /etc/'
	completes 'vgpuctl list --socket=/et' 'vgpuctl list --socket=/etc/'
	completes 'vgpuctl top --del' 'vgpuctl top --delay '
	completes 'vgpu-top --del' 'vgpu-top --delay '
	lists 'vgpuctl d' 'delete' '(remove a vGPU that nothing uses)'
	lists "vgpuctl $socket show al" albert alice '(new)'
	cd "$dir"
	completes 'vgpuctl attach a --domain bi' 'vgpuctl attach a --domain big\ one '
	completes 'vgpuctl attach a --domain bü' 'vgpuctl attach a --domain büro '
	completes 'vgpuctl attach a --domain \$' 'vgpuctl attach a --domain \$\(touch\ ran\) '
	[ ! -e ran ]
}

# What each shell offers for a line whose last word is "--"; zsh has no way to ask but to press the key.
offers_bash() { # COMMAND
	# shellcheck disable=SC2086
	bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; _vgpu vgpuctl; printf "%s\n" "${COMPREPLY[@]}"' \
		_ "$top/completion/vgpuctl.bash" vgpuctl $1 --
}

offers_fish() { fish --no-config -c "source '$top/completion/vgpuctl.fish'; complete -C 'vgpuctl $1 --'"; }

@test "every shell has every command with each of its options, described" {
	local command option what
	shell zsh
	while read -r command; do
		# What follows "top" is for vgpu-top.
		[[ $command != top ]] || continue
		echo "$command"
		# shellcheck disable=SC2086
		answer $command -- > "$dir/want"
		[ "$(wc -l < "$dir/want")" -ge 2 ]
		offers_bash "$command" | sort | diff - <(cut -f 1 "$dir/want" | sort)
		offers_fish "$command" | sort | diff - <(sort "$dir/want")
		on type "vgpuctl $command --\\t"
		while IFS=$'\t' read -r option what; do
			on expect "$option "
			on expect " -- $what"
		done < "$dir/want"
		on type '\k\l'
		on gone "vgpuctl $command"
	done < <(vgpuctl --print-synopsis | sed -n 's/^\.Cm //p')
}
