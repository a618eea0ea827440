#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2154
# events.bats - what has happened is kept, with who asked for it, and is shown and streamed; no client can flood it or be flooded by it.

load helper

setup_file() { build_shim; }

setup() {
	common_setup
	make_gpu 0000:00:02.0
	start_agent
	rw=$dir/vgpud.sock
	ro=$dir/vgpud-ro.sock
}

teardown() {
	[[ ! ${follower:-} ]] || kill "$follower" 2> /dev/null || :
	stop_agent
}

events() { vgpuctl events -o json "$@" | jq -c '.events[]'; }

# told [OPTION...]: kind, object and text of each event
told() { events "$@" | jq -r '[.kind, .name // .gpu // "-", .text] | join(" ")'; }

last() { vgpuctl events --limit 1 -o json | jq .last; }

is() { # GOT WANTED
	diff <(printf '%s\n' "$2") <(printf '%s\n' "$1")
}

# follow OPTION...: into the files followed and said, until it is killed, which is no failure
follow() {
	"$VGPU_BIN_DIR/vgpuctl" --socket "$dir/vgpud.sock" events --follow "$@" > "$dir/followed" 2> "$dir/said" 3>&- &
	follower=$!
	write_down vgpuctl events --follow "$@"
}

# until_lines FILE COUNT: waits for what a follower writes
until_lines() { until (($(wc -l < "$1") >= $2)); do kill -0 "$follower"; done; }

@test "what is done to a vGPU is told, with who asked for it, and by name or UUID" {
	local uuid
	vgpuctl create --aperture 64M --name a --weight 200
	uuid=$(vgpuctl list -o json | jq -r '.vgpus[0].uuid')
	vgpuctl set a --aperture 128M --weight 300 --cap 50
	vgpuctl create --aperture 64M --name b
	vgpuctl delete a
	is "$(told a)" "vgpu.created a on GPU 0000:00:02.0, type vgpu-flex, aperture 64M, hidden memory 384M, fences 8, weight 200
vgpu.changed a aperture from 64M to 128M, weight from 200 to 300, cap_pct from 100 to 50
vgpu.deleted a from GPU 0000:00:02.0"
	is "$(events "$uuid")" "$(events a)"
	[ "$(events a | jq -r "select(.uid != $(id -u) or .uuid != \"$uuid\" or .gpu != \"0000:00:02.0\")")" = '' ]
	is "$(events a | jq -c .details | sed -n 1,2p)" '{"type":"vgpu-flex","aperture_bytes":67108864,"hidden_bytes":402653184,"fences":8,"weight":200}
{"aperture_bytes":{"from":67108864,"to":134217728},"weight":{"from":200,"to":300},"cap_pct":{"from":100,"to":50}}'
	is "$(told | cut -d ' ' -f 1,2)" "agent.started -
gpu.appeared 0000:00:02.0
vgpu.created a
vgpu.changed a
vgpu.created b
vgpu.deleted a"
	# Another one of the same name goes on in its history.
	vgpuctl create --aperture 64M --fences 1 --name a
	[ "$(events a | wc -l)" = 4 ]
	[ "$(events "$uuid" | wc -l)" = 3 ]
}

@test "numbers go on over restarts; times are now; an agent that was killed is told of" {
	local before
	before=$(date +%s%6N)
	vgpuctl create --aperture 64M --name a
	stop_agent
	start_agent
	kill -KILL "$agent"
	wait "$agent" || :
	start_agent
	is "$(told | sed 's/vgpud [0-9.]*/vgpud V/')" "agent.started - vgpud V
gpu.appeared 0000:00:02.0 it can be shared
vgpu.created a on GPU 0000:00:02.0, type vgpu-flex, aperture 64M, hidden memory 384M, fences 8
agent.stopped - vgpud V
agent.started - vgpud V
agent.started - vgpud V; the one before has crashed or was killed"
	[ "$(events | jq -s -c '[.[].seq]')" = '[1,2,3,4,5,6]' ]
	[ "$(events | jq -s "map(select(.seq > 2 and (.time_us < $before or .time_us > $(date +%s%6N)))) | length")" = 0 ]
}

@test "what changes nothing and what fails is not told as done" {
	vgpuctl create --aperture 64M --name a
	vgpuctl create --aperture 64M --name b --dry-run
	vgpuctl set a --weight 100
	echo 'cap_pct EIO' > "$sysfs/fail"
	fails 1 'cap_pct could not be set' set a --weight 7 --cap 10
	rm "$sysfs/fail"
	echo 'fences EIO' > "$sysfs/fail"
	fails 1 'writing fences failed' create --aperture 64M --name c
	rm "$sysfs/fail"
	fails 3 'no such vGPU' delete nobody
	is "$(told | cut -d ' ' -f 1,2 | tail -n +3)" 'vgpu.created a'
}

@test "an event is there if, and only if, the change is: the agent is killed in the middle" {
	echo 'fences KILL' > "$sysfs/fail"
	run vgpuctl create --aperture 64M --name half
	wait "$agent" || :
	rm "$sysfs/fail"
	start_agent
	until [ -z "$(vgpuctl list -o name)" ]; do kill -0 "$agent"; done
	is "$(told half)" 'vgpu.deleted half from GPU 0000:00:02.0: what was left when the agent had ended in the middle of making or deleting it'
	vgpuctl create --aperture 64M --name gone
	echo 'remove KILL' > "$sysfs/fail"
	run vgpuctl delete gone
	wait "$agent" || :
	rm "$sysfs/fail"
	start_agent
	until [ -z "$(vgpuctl list -o name)" ]; do kill -0 "$agent"; done
	is "$(told gone | cut -d ' ' -f 1)" 'vgpu.created
vgpu.deleted'
}

# hold_ledger: another process holds it for longer than the agent waits, until it is killed
hold_ledger() {
	python3 - "$dir/state/ledger.db" "$dir/held" <<- 'EOF' 3>&- &
		import sqlite3, sys, time
		db = sqlite3.connect(sys.argv[1], isolation_level=None)
		db.execute("BEGIN IMMEDIATE")
		open(sys.argv[2], "w").close()
		time.sleep(600)
	EOF
	follower=$!
	until [ -e "$dir/held" ]; do kill -0 "$follower"; done
}

@test "no ledger to write to: neither the change nor an event" {
	vgpuctl create --aperture 64M --name a
	hold_ledger
	fails 1 'the ledger could not be written: Device or resource busy' set a --weight 7
	kill "$follower"
	wait "$follower" || :
	[ "$(events a | wc -l)" = 1 ]
	vgpuctl set a --weight 8
	is "$(told a | tail -n 1)" 'vgpu.changed a weight from 100 to 8'
}

@test "what went missing, why, and what came back is told once each" {
	local gpu=$sysfs/devices/0000:00:02.0
	vgpuctl create --aperture 64M --name a
	vgpuctl create --aperture 64M --name b
	stop_agent
	# A reboot, and the GPU has become smaller.
	rm -r "$sysfs/bus/mdev/devices/"* "$gpu/"????????-*
	resource "$gpu" aperture _bytes $((64 << 20))
	resource "$gpu" hidden _bytes $((1536 << 20))
	resource "$gpu" fences '' 16
	start_agent
	is "$(told a | tail -n +2)" 'vgpu.restored a its device was made again'
	is "$(told b | tail -n +2)" 'vgpu.missing b GPU 0000:00:02.0 is short of aperture: 64M wanted, 0 free, largest hole 0, held by a 64M'
	stop_agent
	start_agent
	[ "$(told b | wc -l)" = 2 ]
	vgpuctl delete a
	vgpuctl restore b
	[ "$(events b | jq -c '[.kind, .uid]' | tail -n 1)" = '["vgpu.restored",'"$(id -u)"']' ]
	[ "$(events a | jq -c '[.kind, .uid]' | sed -n 2p)" = '["vgpu.restored",null]' ]
}

@test "GPUs that come and go are told of, also while no agent runs" {
	vgpuctl create --aperture 64M --name a
	stop_agent
	make_gpu 0000:03:00.0
	rm "$sysfs/class/mdev_bus/0000:00:02.0"
	start_agent
	stop_agent
	start_agent
	is "$(told | grep "^gpu")" "gpu.appeared 0000:00:02.0 it can be shared
gpu.appeared 0000:03:00.0 it can be shared
gpu.disappeared 0000:00:02.0 it can't be shared any more: it is gone, or another driver has it"
	[ "$(events --limit 100 | jq -r 'select(.kind == "gpu.disappeared") | [.gpu, .name, .uid] | tojson')" = '["0000:00:02.0",null,null]' ]
}

@test "the policy: read again, refused, and followed" {
	stop_agent
	echo 'classes: {fast: {weight: 300}}' > "$dir/policy.yaml"
	start_agent --libvirt none --policy "$dir/policy.yaml"
	vgpuctl create --aperture 64M --name a --class fast
	vgpuctl create --aperture 64M --name b
	vgpuctl set b --class fast
	vgpuctl set b --weight 20
	echo 'classes: {fast: {weight: 500, cap_pct: 50}}' > "$dir/policy.yaml"
	kill -HUP "$agent"
	until told | grep -q policy.reloaded; do kill -0 "$agent"; done
	echo 'classes: {fast: {weight: nonsense}}' > "$dir/policy.yaml"
	kill -HUP "$agent"
	until told | grep -q policy.failed; do kill -0 "$agent"; done
	is "$(told a | tail -n +2)" 'vgpu.changed a follows class fast: weight from 300 to 500, cap_pct from 100 to 50'
	[ "$(events a | jq -c .uid | tail -n 1)" = null ]
	is "$(told b | tail -n +2)" 'vgpu.changed b weight from 100 to 300, class from none to fast
vgpu.changed b weight from 300 to 20, class from fast to none'
	is "$(told | grep "^policy")" "policy.reloaded - $dir/policy.yaml: read again, 1 classes
policy.failed - $dir/policy.yaml:1:26: weight: it must be a whole number from 1 to 10000; the policy stays as it was"
}

@test "refusals are told, ten at once and not more, and how many were not" {
	local i
	for ((i = 0; i < 15; i++)); do fails 4 'can.t be had' create --aperture 512M --name "n$i"; done
	is "$(told | grep -c request.refused)" 10
	is "$(told n9)" "request.refused n9 vgpu.create: --aperture 512M can't be had: GPU 0000:00:02.0 has 256M of aperture"
	[ "$(events n9 | jq -c '[.uid, .details]')" = '['"$(id -u)"',{"method":"vgpu.create","exit":4}]' ]
	fails 3 'n12: no such vGPU, and no event tells of one; see vgpuctl events' events n12
}

@test "what the read-only socket or a wrong parameter is refused for is nobody's history" {
	request "$ro" '{"jsonrpc":"2.0","id":1,"method":"vgpu.delete","params":{"name":"a"}}' | jq -e '.error.data.exit == 6'
	request "$rw" '{"jsonrpc":"2.0","id":1,"method":"vgpu.create","params":{"aperture_bytes":-1}}' | jq -e '.error.data.exit == 2'
	[ "$(last)" = 2 ]
}

many() { # COUNT: as many changes
	python3 - "$rw" "$1" <<- 'EOF'
		import json, socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		f = s.makefile("rw")
		for i in range(int(sys.argv[2])):
		    f.write(json.dumps({"jsonrpc": "2.0", "id": i, "method": "vgpu.set", "params": {"name": "a", "weight": 1 + i % 2}}) + "\n")
		    f.flush()
		    assert "result" in json.loads(f.readline())
	EOF
}

@test "choosing: --since a number or a time, --limit, more than the agent gives at once" {
	vgpuctl create --aperture 64M --name a
	many 250
	[ "$(last)" = 253 ]
	[ "$(events | jq -s -c '[length, .[0].seq, .[-1].seq]')" = '[100,154,253]' ]
	[ "$(events --limit 240 | jq -s -c '[length, .[0].seq, .[-1].seq, (map(.seq) == (map(.seq) | sort))]')" = '[240,14,253,true]' ]
	[ "$(events --since 5 | jq -s -c '[length, .[0].seq, .[-1].seq]')" = '[248,6,253]' ]
	[ "$(events --since 5 --limit 2 | jq -c .seq | paste -sd ' ')" = '252 253' ]
	[ "$(events --since 253 | wc -l)" = 0 ]
	[ "$(events --since 99999 | wc -l)" = 0 ]
	[ "$(events --since 1h | wc -l)" = 253 ]
	[ "$(events --since "$(date +%F)" | wc -l)" = 253 ] || [ "$(date +%H)" = 00 ]
	[ "$(events --since 2100-01-01 | wc -l)" = 0 ]
	[ "$(events a --limit 101 | jq -s -c '[length, .[0].seq]')" = '[101,153]' ]
	fails 2 '--since soon: neither an event.s number nor a time; give a time such as 90s' events --since soon
	fails 2 '--limit 0: not a number from 1 to 10000' events --limit 0
	fails 2 '--limit 10001: not a number' events --limit 10001
	fails 2 'name: events have none; use table, wide, json or yaml' events -o name
	fails 2 'A: not a name for a vGPU' events A
	fails 2 'extra: unexpected argument' events a extra
}

@test "as people read it: a table, wider, YAML" {
	vgpuctl create --aperture 64M --name a
	vgpuctl events > "$dir/table"
	cat "$dir/table"
	head -n 1 "$dir/table" | grep -Eq '^TIME +KIND +OBJECT +BY +WHAT$'
	sed -n 4p "$dir/table" | grep -Eq "^20[0-9-]{8} [0-9:]{8} vgpu.created +a +$(id -un) +on GPU 0000:00:02.0, type vgpu-flex"
	sed -n 3p "$dir/table" | grep -Eq '^[^ ]+ [^ ]+ gpu.appeared +0000:00:02.0 +- +it can be shared$'
	vgpuctl events a -o wide
	vgpuctl events a -o wide | sed -n 2p | grep -Eq '^ *3 +20.* [0-9a-f]{8}-[0-9a-f-]{27} '
	vgpuctl events a -o yaml > "$dir/yaml"
	cat "$dir/yaml"
	grep -q '^  kind: vgpu.created$' "$dir/yaml"
	grep -q '^last: 3$' "$dir/yaml"
	follow a
	until_lines "$dir/followed" 1
	grep -Eq "^20[0-9-]{8} [0-9:]{8} vgpu.created +a +$(id -un) +on GPU " "$dir/followed"
}

@test "--follow goes on with what happens, over a restart and a crash of the agent, without a gap" {
	vgpuctl create --aperture 64M --name a
	follow -o json
	until_lines "$dir/followed" 3
	vgpuctl set a --weight 7
	until_lines "$dir/followed" 4
	stop_agent
	until grep -q '^vgpuctl: vgpud is away; waiting for it$' "$dir/said"; do kill -0 "$follower"; done
	start_agent
	vgpuctl set a --weight 8
	until_lines "$dir/followed" 7
	kill -KILL "$agent"
	wait "$agent" || :
	start_agent
	vgpuctl delete a
	until_lines "$dir/followed" 9
	is "$(jq -c .seq "$dir/followed" | paste -sd ' ')" '1 2 3 4 5 6 7 8 9'
	is "$(cat "$dir/followed")" "$(events)"
	# One line each time that the agent was away, and nothing else.
	is "$(sort -u "$dir/said")" 'vgpuctl: vgpud is away; waiting for it'
}

@test "--follow of one vGPU, as YAML" {
	vgpuctl create --aperture 64M --fences 1 --name a
	vgpuctl create --aperture 64M --fences 1 --name b
	follow b -o yaml --limit 1
	until grep -q 'kind: vgpu.created' "$dir/followed"; do kill -0 "$follower"; done
	vgpuctl set a --weight 7
	vgpuctl set b --weight 8
	until grep -q 'text: weight from 100 to 8' "$dir/followed"; do kill -0 "$follower"; done
	grep -q '^name: a$' "$dir/followed" && return 1
	[ "$(grep -c '^---$' "$dir/followed")" = 2 ]
}

@test "--follow: a history that begins anew is said, and followed from its beginning" {
	vgpuctl create --aperture 64M --name a
	follow -o json
	until_lines "$dir/followed" 3
	stop_agent
	rm "$dir/state/"*
	start_agent
	until_lines "$dir/followed" 5
	[ "$(jq -c .seq "$dir/followed" | paste -sd ' ')" = '1 2 3 1 2' ] || [ "$(jq -c .seq "$dir/followed" | paste -sd ' ')" = '1 2 3 4 1 2' ]
	grep -q '^vgpuctl: the agent has begun a new history$' "$dir/said"
}

@test "--follow of nobody ends: 3; without an agent: 7" {
	fails 3 'nobody: no such vGPU' events nobody --follow
	stop_agent
	fails 7 'vgpud does not answer' events --follow
}

@test "a subscriber on the read-only socket, who may ask in between and subscribe anew" {
	vgpuctl create --aperture 64M --name a
	vgpuctl create --aperture 64M --name b
	timeout 60 python3 - "$ro" "$rw" <<- 'EOF'
		import json, socket, sys
		def client(path):
		    s = socket.socket(socket.AF_UNIX)
		    s.settimeout(20)
		    s.connect(path)
		    return s, s.makefile("rw")
		def ask(f, method, **params):
		    f.write(json.dumps({"jsonrpc": "2.0", "id": "x", "method": method, "params": params}) + "\n")
		    f.flush()
		def read(f):
		    return json.loads(f.readline())
		s, f = client(sys.argv[1])
		_, w = client(sys.argv[2])
		ask(f, "events.subscribe", since=2)
		reply = read(f)
		assert reply["result"] == {"schema": 1, "first": 1, "last": 4}, reply
		for seq, name in ((3, "a"), (4, "b")):
		    event = read(f)
		    assert event["method"] == "events.event" and "id" not in event, event
		    assert (event["params"]["seq"], event["params"]["name"]) == (seq, name), event
		ask(w, "vgpu.set", name="b", weight=7)
		assert read(f)["params"]["text"] == "weight from 100 to 7"
		ask(f, "version")
		assert read(f)["result"]["api"] == 1
		# Only a from now on, in the place of the other.
		ask(f, "events.subscribe", name="a")
		assert read(f)["result"]["last"] == 5
		ask(w, "vgpu.set", name="b", weight=8)
		ask(w, "vgpu.set", name="a", weight=9)
		assert read(f)["params"]["text"] == "weight from 100 to 9"
		# Having said all that it has to say, it still listens.
		s.shutdown(socket.SHUT_WR)
		ask(w, "vgpu.set", name="a", weight=10)
		assert read(f)["params"]["seq"] == 8
		# A number of the future is the end.
		s, f = client(sys.argv[1])
		ask(f, "events.subscribe", since=1 << 62)
		assert read(f)["result"]["last"] == 8
		ask(w, "vgpu.set", name="a", weight=11)
		assert read(f)["params"]["seq"] == 9
	EOF
}

@test "subscriptions end with their connections; a user has 16 at most" {
	timeout 60 python3 - "$ro" <<- 'EOF'
		import json, socket, sys
		def subscribe():
		    s = socket.socket(socket.AF_UNIX)
		    s.settimeout(20)
		    s.connect(sys.argv[1])
		    s.sendall(b'{"jsonrpc":"2.0","id":1,"method":"events.subscribe"}\n')
		    return s, json.loads(s.makefile().readline())
		for _ in range(3):
		    taken = [subscribe() for _ in range(16)]
		    assert all("result" in reply for _, reply in taken)
		    error = subscribe()[1]["error"]
		    assert error["data"]["exit"] == 4 and error["data"]["object"] == "events.subscribe", error
		    for s, _ in taken:
		        s.close()
		    # The agent hears of each end before it reads what comes after all of them.
		    while "result" not in subscribe()[1]:
		        pass
	EOF
	[ "$(last)" = 2 ]
}

@test "who subscribes and does not read costs the agent nothing, and is told what he lost" {
	stop_agent
	VGPU_QUARANTINE_MB=1 start_agent
	vgpuctl create --aperture 64M --name a
	timeout 100 python3 - "$ro" "$rw" "$agent" "$VGPU_BIN_DIR/vgpuctl" <<- 'EOF'
		import json, socket, subprocess, sys
		def rss():
		    return int(open(f"/proc/{sys.argv[3]}/statm").read().split()[1]) * 4096
		idle = []
		for _ in range(16):
		    s = socket.socket(socket.AF_UNIX)
		    s.connect(sys.argv[1])
		    s.sendall(b'{"jsonrpc":"2.0","id":1,"method":"events.subscribe","params":{"since":0}}\n' * 100)
		    idle.append(s)
		w = socket.socket(socket.AF_UNIX)
		w.connect(sys.argv[2])
		f = w.makefile("rw")
		before = rss()
		for i in range(1500):
		    f.write(json.dumps({"jsonrpc": "2.0", "id": i, "method": "vgpu.set", "params": {"name": "a", "weight": 1 + i % 2}}) + "\n")
		    f.flush()
		    assert "result" in json.loads(f.readline())
		grown = rss() - before
		assert grown < 16 << 20, grown
		subprocess.run([sys.argv[4], "--socket", sys.argv[1], "list"], check=True, timeout=10, stdout=subprocess.DEVNULL)
	EOF
	stop_agent
	# The history has moved on past all that was there.
	python3 - "$dir/state/ledger.db" <<- 'EOF'
		import sqlite3, sys
		db = sqlite3.connect(sys.argv[1])
		db.execute("INSERT INTO event SELECT 50000, time_us, kind, name, uuid, gpu, uid, text, details FROM event WHERE seq = 3")
		db.commit()
	EOF
	start_agent
	[ "$(vgpuctl events --limit 2 -o json | jq -c '[.first, .last, [.events[].seq]]')" = '[40002,50001,[50000,50001]]' ]
	timeout 60 python3 - "$ro" > "$dir/lines" <<- 'EOF'
		import socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		s.sendall(b'{"jsonrpc":"2.0","id":1,"method":"events.subscribe","params":{"since":7}}\n')
		f = s.makefile()
		print("".join(f.readline() for _ in range(4)), end="")
	EOF
	is "$(sed -n 2p "$dir/lines")" '{"jsonrpc":"2.0","method":"events.lost","params":{"from":8,"to":40001}}'
	is "$(tail -n +3 "$dir/lines" | jq -c .params.seq | paste -sd ' ')" '50000 50001'
	follow --since 7 -o json
	until_lines "$dir/followed" 2
	[ ! -s "$dir/said" ]
}
