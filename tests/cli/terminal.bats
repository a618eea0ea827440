#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2154
# terminal.bats - what vgpuctl does where somebody looks: says what takes long, shows names as they are, and runs vgpu-top.

load helper

setup_file() { build_shim; }

setup() {
	common_setup
	make_gpu 0000:00:02.0
	TERMINAL_PID=
}

teardown() {
	[[ ! ${listener:-} ]] || kill "$listener"
	end_terminal
	stop_agent
}

end_terminal() {
	[[ -z ${TERMINAL_PID:-} ]] || { kill "$TERMINAL_PID" && wait "$TERMINAL_PID"; } 2> /dev/null || true
	TERMINAL_PID=
}

on_vgpuctl() { on_terminal 100x20 "$VGPU_BIN_DIR/vgpuctl" --socket "$dir/vgpud.sock" "$@"; }

@test "what takes long is said on a terminal, and taken back" {
	local name
	start_agent --libvirt none --remove-timeout 2.5
	for name in a b c; do vgpuctl create --aperture 4K --name $name; done
	echo 'remove WAIT' > "$sysfs/fail"
	on_vgpuctl delete a
	on expect 'deleting a… waiting for the kernel (1 s)'
	on expect 'deleting a… waiting for the kernel (2 s)'
	on expect 'vgpuctl: a: the kernel waits for somebody who has it open; '
	on gone deleting
	on end 5
	end_terminal
	# A terminal that can't draw the dots.
	LOCALE_IS=C on_vgpuctl delete b
	on expect 'deleting b... waiting for the kernel (1 s)'
	on end 5
	# Where nobody looks there is the error alone.
	run vgpuctl delete c
	[ "$status" = 5 ]
	[[ ${#lines[@]} == 1 && $output == 'vgpuctl: c: the kernel waits for'* ]]
	rm "$sysfs/fail"
	until [ -z "$(vgpuctl list -o name)" ]; do kill -0 "$agent"; done
}

@test "it says when libvirt is what it waits for" {
	socat "UNIX-LISTEN:$dir/libvirt.sock,fork" 'SYSTEM:sleep 600' 3>&- &
	listener=$!
	while [ ! -S "$dir/libvirt.sock" ]; do read -rt 0.02 <> <(:) || :; done
	VGPU_LEAKS=0 start_agent --libvirt "qemu+unix:///system?socket=$dir/libvirt.sock" --libvirt-timeout 2.5
	on_vgpuctl create --aperture 4K --name alice --domain web
	on expect 'creating alice… waiting for libvirt (1 s)'
	on expect 'vgpuctl: web: libvirt did not answer within 2.5 s; '
	on gone creating
	on end 1
}

@test "what is quick is not said" {
	start_agent
	on_vgpuctl create --aperture 4K --name a
	on end 0
	on screen "$dir/screen"
	grep -v '^$' "$dir/screen" | diff - <(echo a)
}

@test "names are shown in the terminal's encoding" {
	start_agent
	vgpuctl create --aperture 4K --name a
	python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("UPDATE vgpu SET domain = ?", ("büro",))
db.commit()' "$dir/state/ledger.db"
	LC_ALL=C.UTF-8 vgpuctl list | grep -Eq '^a +new +büro +0000:00:02.0 '
	LC_ALL=C vgpuctl list | grep -Fq 'b\xc3\xbcro'
	on_vgpuctl list
	on expect 'büro'
	on end 0
}

@test "vgpuctl top is vgpu-top" {
	start_agent
	vgpuctl create --aperture 4K --name a
	vgpuctl top -b -d 0.05 -n 1 > "$dir/text"
	grep -q '^GPU 0000:00:02.0 ' "$dir/text"
	grep -Eq '^a +- +new ' "$dir/text"
	[ "$("$VGPU_BIN_DIR/vgpuctl" top --socket "$dir/vgpud.sock" -J -d 0.05 -n 1 | jq -r '.vgpus[0].name')" = a ]
	diff <("$VGPU_BIN_DIR/vgpuctl" top --help) <("$VGPU_BIN_DIR/vgpu-top" --help)
	run vgpuctl top --bogus
	[ "$status" = 2 ] && [ "$output" = 'vgpu-top: --bogus: unknown option; see vgpu-top --help' ]
	# shellcheck disable=SC2046
	fails 2 'vgpu-top: too many arguments; ' top $(yes -- -b | head -n 70)
	cp "$VGPU_BIN_DIR/vgpuctl" "$dir/vgpuctl"
	run "$dir/vgpuctl" top
	[ "$status" = 1 ] && [ "$output" = "vgpuctl: vgpu-top: it can't be started: No such file or directory; install it beside vgpuctl" ]
	on_vgpuctl top
	on expect 'h help'
	on type q
	on end 0
}

@test "help explains all commands, one, those of one word, and two words as one" {
	start_agent
	[ "$(vgpuctl help gpu list)" = "$(vgpuctl help 'gpu list')" ]
	[ "$(vgpuctl help gpu list)" = "$(vgpuctl gpu list --help)" ]
	[ "$(vgpuctl help gpu | grep -c '^gpu [a-z]*: ')" -ge 2 ]
	vgpuctl help top | grep -qx "It is vgpu-top(1); its options follow, and 'vgpu-top --help' lists them."
	fails 2 'gpu lit: no such command; did you mean gpu list' help gpu lit
	fails 2 'list gpu: no such command' help list gpu
	fails 2 'list: unexpected argument; see vgpuctl help help' help gpu list list
}
