#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2154,SC2016
# service.bats - vgpud as a service manager sees it: sockets that are passed, what it tells, how it logs. The units themselves are
# tested in a booted systemd, tests/lab/service.bats.

load helper

setup_file() { build_shim; }

setup() {
	common_setup
	make_gpu 0000:00:02.0
}

teardown() {
	stop_agent
	[[ ! ${listener:-} ]] || kill "$listener"
}

# passing "NAME PATH [TYPE]"... -- COMMAND...: runs it with these sockets, as systemd would
passing() {
	exec python3 -c '
import os, socket, sys
split = sys.argv.index("--")
kept = []
for n, spec in enumerate(sys.argv[1:split]):
    name, path, kind = (spec.split() + ["listen"])[:3]
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM if kind == "datagram" else socket.SOCK_STREAM)
    s.bind(path)
    if kind == "listen":
        s.listen()
    kept.append((s, name))
# Out of the way first: what one moves to could be what another still is.
high = [os.dup2(s.fileno(), 50 + n, False) for n, (s, name) in enumerate(kept)]
for n, fd in enumerate(high):
    os.dup2(fd, 3 + n)
os.environ.update(LISTEN_FDS=str(len(kept)), LISTEN_PID=str(os.getpid()), LISTEN_FDNAMES=":".join(name for s, name in kept))
os.execvp(sys.argv[split + 1], sys.argv[split + 1:])' "$@"
}

# The same agent as start_agent's, with what systemd would pass.
start_passing() { # SPEC...
	mkdir -p "$dir/bin"
	{
		printf '#!/usr/bin/env bash\n'
		declare -f passing
		printf 'passing %s -- "%s" "$@"\n' "${*@Q}" "$VGPU_BIN_DIR/vgpud"
	} > "$dir/bin/vgpud"
	chmod +x "$dir/bin/vgpud"
	ln -sf "$VGPU_BIN_DIR/vgpuctl" "$dir/bin/vgpuctl"
	VGPU_BIN_DIR=$dir/bin start_agent
}

@test "passed sockets are served, and left when the agent ends" {
	start_passing "vgpud-ro $dir/vgpud-ro.sock" "vgpud $dir/vgpud.sock"
	[ "$(grep -c vgpud.sock /proc/net/unix)" -ge 1 ]
	vgpuctl create --aperture 64M --name a
	[[ $(request "$dir/vgpud-ro.sock" '{"jsonrpc":"2.0","id":1,"method":"vgpu.list"}') == *'"name":"a"'* ]]
	[[ $(request "$dir/vgpud-ro.sock" '{"jsonrpc":"2.0","id":1,"method":"vgpu.delete","params":{"name":"a"}}') == *'"error"'* ]]
	stop_agent
	[ -S "$dir/vgpud.sock" ]
	[ -S "$dir/vgpud-ro.sock" ]
}

@test "without the read-only socket there is none" {
	start_passing "vgpud $dir/vgpud.sock"
	vgpuctl list
	[ ! -e "$dir/vgpud-ro.sock" ]
}

@test "a passed socket that can't be what it should be is refused in one line" {
	local what specs
	while IFS='|' read -r specs what; do
		mapfile -t specs < <(tr ',' '\n' <<< "${specs//@/$dir/}")
		run bash -c "$(declare -f passing); passing \"\$@\"" _ "${specs[@]}" -- "$VGPU_BIN_DIR/vgpud" --socket "$dir/own.sock" \
			--sysfs "$sysfs" --state "$dir/state" --libvirt none
		echo "$output"
		[ "$status" = 1 ]
		[ "${#lines[@]}" = 1 ]
		[[ $output == "vgpud: $what; "* ]]
		[ ! -e "$dir/own.sock" ]
		rm "$dir"/*.sock
	done <<- 'END'
		vgpud-rw @a.sock|vgpud-rw: systemd passed a socket that has no such name
		vgpud @a.sock,vgpud @b.sock|vgpud: systemd passed two sockets of this name
		vgpud @a.sock datagram|vgpud: systemd passed something else than a UNIX stream socket that listens
		vgpud @a.sock deaf|vgpud: systemd passed something else than a UNIX stream socket that listens
		vgpud-ro @a.sock|vgpud.socket: systemd passed the read-only socket and not this one
	END
}

@test "it tells that it is ready, alive, reloading and ending, and how that went" {
	socat -u "UNIX-RECV:$dir/notify" "OPEN:$dir/told,creat,append" 3>&- &
	listener=$!
	until [ -S "$dir/notify" ]; do kill -0 "$listener"; done
	echo 'classes: {fast: {weight: 3}}' > "$dir/policy.yaml"
	NOTIFY_SOCKET=$dir/notify WATCHDOG_USEC=200000 start_agent --libvirt none --policy "$dir/policy.yaml"
	vgpuctl create --aperture 64M --name a
	until [ "$(grep -ao WATCHDOG=1 "$dir/told" | wc -l)" -ge 3 ]; do kill -0 "$agent"; done
	echo 'classes: {fast: {weight: 4}}' > "$dir/policy.yaml"
	kill -HUP "$agent"
	# Whoever asks now is answered by the new policy.
	[ "$(vgpuctl classes -o json | jq '.classes[0].weight')" = 4 ]
	echo 'classes: {fast: {weight: 0}}' > "$dir/policy.yaml"
	kill -HUP "$agent"
	[ "$(vgpuctl classes -o json | jq '.classes[0].weight')" = 4 ]
	stop_agent
	until grep -aq STOPPING=1 "$dir/told"; do kill -0 "$listener"; done
	# Messages come without an end of line.
	sed -E 's/(WATCHDOG|READY|RELOADING|STOPPING|STATUS)=/\n&/g' "$dir/told" |
		grep -E '^(READY|RELOADING|STOPPING|STATUS)=.' | diff - <(cat <<- 'END'
		READY=1
		STATUS=started with 0 vGPUs, 0 missing
		RELOADING=1
		STATUS=reading the policy again
		READY=1
		STATUS=the policy was read again
		RELOADING=1
		STATUS=reading the policy again
		READY=1
		STATUS=the policy could not be read again, see the log
		STOPPING=1
	END
	)
	grep -aEq '^MONOTONIC_USEC=[1-9][0-9]+$' "$dir/told"
	: > "$dir/told"
	rm -r "$sysfs/devices/0000:00:02.0" "$sysfs/bus/mdev/devices/"*
	rm "$dir/policy.yaml"
	NOTIFY_SOCKET=$dir/notify start_agent
	until grep -aq 'STATUS=started with 1 vGPU, 1 missing' "$dir/told"; do kill -0 "$agent"; done
}

@test "lines have priorities where the journal reads them, and the program's name elsewhere" {
	local own
	: > "$dir/log"
	own=$(stat -c %d:%i "$dir/log")
	echo 'classes: {fast: {weight: 0}}' > "$dir/policy.yaml"
	for stream in '' 1:2 "$own"; do
		: > "$dir/log"
		JOURNAL_STREAM=$stream "$VGPU_BIN_DIR/vgpud" --policy "$dir/policy.yaml" 2> "$dir/log" || [ $? = 2 ]
		cat "$dir/log"
		[ "$(wc -l < "$dir/log")" = 1 ]
		if [ "$stream" = "$own" ]; then
			grep -q "^<3>$dir/policy.yaml:1:" "$dir/log"
		else
			grep -q "^vgpud: $dir/policy.yaml:1:" "$dir/log"
		fi
	done
}
