#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2154
# hostile.bats - clients that mean harm: the agent survives, answers others, and what it keeps for one of them is bounded.

load helper

setup_file() { build_shim; }

setup() {
	common_setup
	make_gpu 0000:00:02.0
	start_agent
	rw=$dir/vgpud.sock
	ro=$dir/vgpud-ro.sock
}

teardown() { stop_agent; }

alive() {
	kill -0 "$agent"
	timeout 10 "$VGPU_BIN_DIR/vgpuctl" --socket "$rw" list -o name
	timeout 10 "$VGPU_BIN_DIR/vgpuctl" --socket "$ro" list -o name
}

@test "the sockets' modes" {
	[ "$(stat -c %a "$rw")" = 660 ]
	[ "$(stat -c %a "$ro")" = 666 ]
}

@test "the read-only socket refuses every method that changes something: 6" {
	local method
	for method in vgpu.create vgpu.set vgpu.delete vgpu.attach vgpu.detach; do
		reply=$(request "$ro" '{"jsonrpc":"2.0","id":1,"method":"'$method'","params":{"name":"a"}}')
		[ "$(jq .error.data.exit <<< "$reply")" = 6 ]
	done
	for method in version gpu.list types.list vgpu.list vgpu.stats policy.classes events.list events.subscribe; do
		reply=$(request "$ro" '{"jsonrpc":"2.0","id":1,"method":"'$method'"}')
		[ "$(jq .result.schema <<< "$reply")" = 1 ]
	done
	run "$VGPU_BIN_DIR/vgpuctl" --socket "$ro" create --aperture 64M
	[ "$status" = 6 ]
	[[ $output == *'run as root or join the group vgpu' ]]
	[ -z "$(vgpuctl list -o name)" ]
}

@test "requests that are none get an error each, and the connection goes on" {
	{
		echo 'garbage'
		echo '{"jsonrpc":"2.0","id":1}'
		echo '[]'
		echo '{"jsonrpc":"2.0","id":2,"method":"nope"}'
		echo '{"jsonrpc":"2.0","id":3,"method":"vgpu.list","params":[1]}'
		echo '{"jsonrpc":"2.0","id":4,"method":"vgpu.list","params":{"x":1}}'
		echo '{"jsonrpc":"2.0","id":5,"method":"vgpu.show","params":{}}'
		echo '{"jsonrpc":"2.0","id":6,"method":"vgpu.show","params":{"name":7}}'
		echo '{"jsonrpc":"2.0","id":7,"method":"vgpu.create","params":{"aperture_bytes":-4096}}'
		echo '{"jsonrpc":"2.0","id":8,"method":"vgpu.create","params":{"aperture_bytes":5}}'
		echo '{"jsonrpc":"2.0","id":9,"method":"vgpu.create","params":{"aperture_bytes":99999999999999999999}}'
		echo '{"jsonrpc":"2.0","id":10,"method":"vgpu.create","params":{"aperture_bytes":4096,"name":"a\u0000b"}}'
		echo '{"jsonrpc":"2.0","id":11,"method":"vgpu.create","params":{"aperture_bytes":4096,"gpu":"../.."}}'
		echo '{"jsonrpc":"2.0","id":12,"method":"vgpu.create","params":{"type":"../../../x"}}'
		echo '{"jsonrpc":"2.0","id":{"a":1},"method":"version"}'
		printf '{"jsonrpc":"2.0","id":14,"method":"version\xff"}\n'
		echo '{"jsonrpc":"2.0","method":"version"}'
		echo '{"jsonrpc":"2.0","id":"last","method":"version"}'
	} | socat -t 5 - "UNIX-CONNECT:$rw" > "$dir/replies"
	cat "$dir/replies"
	# One reply a request, none to the notification.
	[ "$(wc -l < "$dir/replies")" = 17 ]
	[ "$(head -n 16 "$dir/replies" | jq -c 'select(.error == null)')" = '' ]
	[ "$(tail -n 1 "$dir/replies" | jq -r '.id')" = last ]
	[ "$(jq -s -c '[.[0:6][].error.code]' "$dir/replies")" = '[-32700,-32600,-32600,-32601,-32602,-32602]' ]
	[ -z "$(vgpuctl list -o name)" ]
	alive
}

@test "a line of 100 kB" {
	timeout 20 python3 - "$ro" <<- 'EOF'
		import socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		try:
		    s.sendall(b'x' * 100000)
		except (BrokenPipeError, ConnectionResetError):
		    pass
		assert b'longer than 64 KiB' in s.recv(1 << 16)
		try:
		    assert s.recv(1) == b''
		except ConnectionResetError:
		    pass
	EOF
	alive
}

@test "JSON nested 10,000 deep" {
	reply=$(request "$ro" "$(printf '[%.0s' {1..10000})")
	[ "$(jq .error.code <<< "$reply")" = -32700 ]
	reply=$(request "$ro" "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"version\",\"params\":$(printf '{"a":%.0s' {1..30})1$(printf '}%.0s' {1..30})}")
	[ "$(jq .error.code <<< "$reply")" = -32700 ]
	alive
}

@test "binary rubbish" {
	head -c 1000000 /dev/urandom | timeout 10 socat -t 1 - "UNIX-CONNECT:$ro" > /dev/null || :
	alive
}

@test "half a line, then the client is gone" {
	for _ in 1 2 3 4 5; do
		printf '{"jsonrpc":"2.0","id":1,"meth' | socat -t 0 - "UNIX-CONNECT:$rw"
	done
	alive
}

@test "300 idle connections, to each socket" {
	timeout 60 python3 - "$rw" "$ro" "$VGPU_BIN_DIR/vgpuctl" <<- 'EOF'
		import socket, subprocess, sys
		idle = []
		for path in sys.argv[1:3]:
		    for _ in range(300):
		        s = socket.socket(socket.AF_UNIX)
		        s.connect(path)
		        idle.append(s)
		for path in sys.argv[1:3]:
		    subprocess.run([sys.argv[3], "--socket", path, "list"], check=True, timeout=10)
	EOF
	alive
}

@test "a client that asks and never reads stops being served, others go on" {
	timeout 60 python3 - "$ro" "$VGPU_BIN_DIR/vgpuctl" "$agent" <<- 'EOF'
		import socket, subprocess, sys
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		s.setblocking(False)
		line = b'{"jsonrpc":"2.0","id":1,"method":"types.list"}\n'
		sent, stuck = 0, 0
		def rss():
		    return int(open(f"/proc/{sys.argv[3]}/statm").read().split()[1]) * 4096
		before = rss()
		while stuck < 200 and sent < 64 << 20:
		    try:
		        sent += s.send(line * 100)
		        stuck = 0
		    except BlockingIOError:
		        stuck += 1
		        subprocess.run([sys.argv[2], "--socket", sys.argv[1], "version"], check=True, timeout=10, stdout=subprocess.DEVNULL) if stuck % 50 == 1 else None
		assert stuck, "nothing held the client back"
		assert rss() - before < 16 << 20, rss() - before
	EOF
	alive
}

@test "a flood of requests in one connection does not keep others waiting" {
	timeout 60 python3 - "$ro" <<- 'EOF'
		import socket, sys, threading, time
		def client():
		    s = socket.socket(socket.AF_UNIX)
		    s.connect(sys.argv[1])
		    return s
		flood, stop = client(), threading.Event()
		def send():
		    try:
		        while not stop.is_set():
		            flood.sendall(b'{"jsonrpc":"2.0","id":1,"method":"version"}\n' * 1000)
		    except OSError:
		        pass
		def drain():
		    while not stop.is_set() and flood.recv(1 << 16):
		        pass
		threads = [threading.Thread(target=f, daemon=True) for f in (send, drain)]
		[t.start() for t in threads]
		s = client()
		s.settimeout(10)
		for _ in range(50):
		    s.sendall(b'{"jsonrpc":"2.0","id":1,"method":"vgpu.list"}\n')
		    assert b'"schema":1' in s.recv(1 << 16)
		stop.set()
		flood.shutdown(socket.SHUT_RDWR)
	EOF
	alive
}
