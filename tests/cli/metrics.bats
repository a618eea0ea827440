#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2154,SC2016
# metrics.bats - what vgpud serves to Prometheus, from counters that the test makes, and to clients that mean harm. What is served is read
# by the reference parser of OpenMetrics (python3-prometheus-client), and by promtool where there is one.

load helper

setup_file() { build_shim; }

setup() {
	common_setup
	make_gpu 0000:00:02.0
	# All of 127/8 is this host's, so no two tests want the same port.
	where=127.$((1 + RANDOM % 254)).$((RANDOM % 256)).$((1 + RANDOM % 254)):9479
}

teardown() {
	[[ ! ${squatter:-} ]] || kill "$squatter"
	stop_agent
}

serve() { start_agent --libvirt none --metrics "$where"; }

OPENMETRICS='application/openmetrics-text;version=1.0.0'

scrape() { # [ACCEPT]: the text
	curl -sS --fail --max-time 20 ${1:+-H "Accept: $1"} "http://$where/metrics"
}

# code [CURL OPTION...] PATH: the status alone
code() { curl -sS --max-time 20 -o /dev/null -w '%{http_code}' "${@:1:$#-1}" "http://$where${*: -1}"; }

# replace FILE TEXT: never half-written
replace() {
	printf '%s\n' "$2" > "$1.new"
	mv "$1.new" "$1"
}

# device NAME: where its attributes are
device() { echo "$sysfs/bus/mdev/devices/$(vgpuctl list -o json | jq -r ".vgpus[] | select(.name == \"$1\") | .uuid")/vgpu"; }

# counters FACTOR: every counter that the module has, and one that it may have some day
counters() {
	local engine class
	for engine in rcs vcs bcs vecs; do
		echo "${engine}_busy_ns $(($1 * 1234567890))"
		echo "${engine}_entitled_ns $(($1 * 2000000000))"
		echo "${engine}_wait_ns $(($1 * 310000001))"
		echo "${engine}_capped_ns $(($1 * 5))"
		echo "${engine}_submissions $(($1 * 1000))"
		for class in 100us:9 300us:0 1ms:8 3ms:7 10ms:6 30ms:5 100ms:4 300ms:3 1s:2 longer:1; do
			echo "${engine}_waits_${class%:*} $(($1 * ${class#*:}))"
		done
	done
	printf 'traps_%s %d\n' config 1 mmio 2 ggtt 3 aperture 4
	printf '%s %d\n' interrupts 5 switches 6 resets 7 pinned_pages 8 ggtt_synced_entries 9 audited_dwords 10 not_yet_invented 11
	printf 'reject_%s %d\n' opcode 11 length 12 address 13 register 14 ring 15 budget 16 engine 17 pte 18 mmio 19 aperture 20 of_the_future 21
}

gpu_counters() {
	printf '%s_busy_ns 60000000001\n%s_runnable 2\n%s_turn_ns 6000000\n' rcs rcs rcs vcs vcs vcs bcs bcs bcs vecs vecs vecs
	printf '%s %d\n' now_ns 99 vgpus 2 register_accesses 1000000
}

# web, which has done something
one_vgpu() {
	vgpuctl create --aperture 64M --name web --weight 300 --cap 50 --latency 4000
	replace "$(device web)/stats" "$(counters 1)"
	replace "$(device web)/state" running
	replace "$sysfs/devices/0000:00:02.0/vgpu/stats" "$(gpu_counters)"
}

# web, and idle, which has not
two_vgpus() {
	one_vgpu
	vgpuctl create --aperture 32M --hidden 96M --fences 2 --name idle
	replace "$(device idle)/stats" "$(counters 0 | sed 's/ .*/ 0/')"
}

# As the golden text has it: a made-up UUID, no version.
neutral() { sed -e "s/$(vgpuctl list -o json | jq -r '.vgpus[].uuid')/UUID/" -e 's/version="[^"]*"/version="VERSION"/'; }

# as_text FILE: Prometheus' text is OpenMetrics but for the names of some families, the units and the end
as_text() {
	awk 'NR == FNR { if ($2 == "TYPE" && $4 == "counter") counter[$3]; next }
		/^# (UNIT|EOF)/ { next }
		/^# / && $3 in counter { $3 = $3 "_total" }
		/^# TYPE vgpud_build/ { $4 = "gauge" }
		/^# .* vgpud_build / { $3 = $3 "_info" }
		{ print }' "$1" "$1"
}

# parsed PYTHON: runs it with what the reference parser makes of OpenMetrics on standard input in "families", by name
parsed() {
	# Debian's own, whose module it is.
	/usr/bin/python3 -c "import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
families = {f.name: f for f in parse(sys.stdin.buffer.read().decode())}
$1"
}

# sockets: those by TCP that the agent has open
sockets() {
	local fd inode
	for fd in "/proc/$agent/fd/"*; do
		inode=$(readlink "$fd" | sed -n 's/^socket:\[\(.*\)\]$/\1/p')
		[[ ! $inode ]] || cat "/proc/$agent/net/tcp" "/proc/$agent/net/tcp6" | awk -v inode="$inode" '$10 == inode { print $2 }'
	done
}

need_promtool() {
	local cached=${VGPU_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vgpu-lab}/promtool/promtool
	promtool=$(command -v promtool) || promtool=$cached
	[ -x "$promtool" ] || skip "there is no promtool; this brings one: tests/lab/lab fetch promtool"
}

@test "off by default, and then no socket is open" {
	start_agent
	[ -z "$(sockets)" ]
	stop_agent
	serve
	[ "$(sockets | wc -l)" = 1 ]
}

@test "the text is the golden one, in both formats" {
	serve
	one_vgpu
	scrape "$OPENMETRICS" | neutral | tee "$dir/open" | diff -u "$top/tests/cli/metrics.openmetrics" -
	scrape | neutral | diff -u <(as_text "$dir/open") -
}

@test "the reference parser takes it, and finds what the kernel counted" {
	serve
	two_vgpus
	scrape "$OPENMETRICS" | parsed '
assert len(families) == 33, len(families)
def value(sample, **labels):
    found = [s.value for f in families.values() for s in f.samples if s.name == sample and labels.items() <= s.labels.items()]
    assert len(found) == 1, (sample, labels, found)
    return found[0]
assert value("vgpu_engine_busy_seconds_total", name="web", engine="rcs") == 1.23456789
assert value("vgpu_engine_entitled_seconds_total", name="web", engine="vecs") == 2
assert value("vgpu_pinned_bytes", name="web") == 8 * 4096
assert value("vgpu_audited_bytes_total", name="web") == 40
assert value("vgpu_cap_ratio", name="web") == 0.5 and value("vgpu_cap_ratio", name="idle") == 1
assert value("vgpu_latency_seconds", name="web") == 0.004
assert value("vgpu_audit_rejections_total", name="web", reason="ring") == 15
assert value("vgpu_state", name="web", state="running") == 1 and value("vgpu_state", name="web", state="ready") == 0
assert value("vgpu_gpu_aperture_largest_free_bytes", gpu="0000:00:02.0") == 160 << 20
assert value("vgpu_gpu_engine_busy_seconds_total", engine="bcs") == 60.000000001
assert families["vgpu_engine_busy_seconds"].type == "counter" and families["vgpu_engine_busy_seconds"].unit == "seconds"
assert families["vgpud_build"].type == "info"
'
}

@test "buckets are cumulative, their count is the waits, their sum the time" {
	serve
	two_vgpus
	scrape "$OPENMETRICS" | parsed '
seen = 0
for engine in ("rcs", "vcs", "bcs", "vecs"):
    samples = [s for s in families["vgpu_wait_seconds"].samples if s.labels["engine"] == engine and s.labels["name"] == "web"]
    buckets = [(float(s.labels["le"]), s.value) for s in samples if s.name.endswith("_bucket")]
    assert [b for b, _ in buckets] == [1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1, float("inf")]
    assert [v for _, v in buckets] == [9, 9, 17, 24, 30, 35, 39, 42, 44, 45]
    assert [s.value for s in samples if s.name.endswith("_count")] == [45]
    assert [s.value for s in samples if s.name.endswith("_sum")] == [0.310000001]
'
	# A module that lacks a class gives no histogram, and everything else.
	replace "$(device web)/stats" "$(counters 1 | grep -v rcs_waits_1ms)"
	replace "$(device idle)/stats" 'rcs_busy_ns 1'
	until scrape | grep -q 'busy_seconds_total{.*name="idle",.*,engine="rcs"} 0.000000001'; do :; done
	[ "$(scrape | grep -c '^vgpu_wait_seconds_count{')" = 3 ]
	[ "$(scrape | grep -c 'vgpu_wait_seconds.*"rcs"')" = 0 ]
}

@test "promtool finds nothing wrong with either format" {
	need_promtool
	serve
	two_vgpus
	scrape | "$promtool" check metrics
	# Its parser of OpenMetrics is behind a command that wants to know when.
	scrape "$OPENMETRICS" | sed '/^#/!s/$/ 1700000000/' > "$dir/open"
	"$promtool" tsdb create-blocks-from openmetrics "$dir/open" "$dir/tsdb"
}

@test "who asks for OpenMetrics gets it, everybody else text" {
	local accept type
	serve
	while IFS='|' read -r type accept; do
		echo "$type: $accept"
		curl -sS -o "$dir/body" -D "$dir/head" -H "Accept:$accept" "http://$where/metrics"
		if [ "$type" = open ]; then
			tr -d '\r' < "$dir/head" | grep -qx 'Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8'
			[ "$(tail -n 1 "$dir/body")" = '# EOF' ]
		else
			tr -d '\r' < "$dir/head" | grep -qx 'Content-Type: text/plain; version=0.0.4; charset=utf-8'
			[ "$(grep -c EOF "$dir/body")" = 0 ]
		fi
	done <<- 'END'
		text|
		text| */*
		text| text/plain
		text| application/openmetrics-text;version=9.9.9
		text| application/openmetrics-text;q=0
		text| application/openmetrics-text; q=0.4, text/plain; q=0.5
		text| application/openmetrics-texts, ;;,,; ,q=
		open| application/openmetrics-text
		open| text/plain;q=0.5, Application/OpenMetrics-Text ; VERSION=1.0.0 ; Q=0.8
		open| application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1
	END
}

@test "a name may hold anything" {
	serve
	vgpuctl create --aperture 64M --name web
	# libvirt takes most of it; the ledger could hold all of it.
	python3 - "$dir/state/ledger.db" <<- 'EOF'
		import sqlite3, sys
		db = sqlite3.connect(sys.argv[1])
		db.execute("UPDATE vgpu SET domain = CAST(? AS TEXT)", (b'a"b\\c\nd{}=, \xc3\xa9 \xf0\x9f\x8e\xae|\xff|\xc0\xaf|\xed\xa0\x80|\xf4\x90\x80\x80|\xe2\x82',))
		db.commit()
	EOF
	scrape "$OPENMETRICS" > "$dir/open"
	grep -Fq 'domain="a\"b\\c\nd{}=, é 🎮|�|��|���|����|��"' "$dir/open"
	parsed '
assert {s.labels["domain"] for s in families["vgpu_weight"].samples} == {"a\"b\\c\nd{}=, é 🎮|�|��|���|����|��"}' < "$dir/open"
}

@test "what there is not has no figures" {
	make_gvtg 0000:00:03.0
	serve
	vgpuctl create --aperture 64M --gpu 00:02.0 --name web
	vgpuctl create --type i915-GVTg_V5_4 --gpu 0000:00:03.0 --name other
	vgpuctl create --aperture 64M --gpu 00:02.0 --name gone
	replace "$(device web)/state" dreaming
	rm -r "$sysfs/bus/mdev/devices/$(basename "$(dirname "$(device gone)")")" "$sysfs/devices/0000:00:02.0/$(basename "$(dirname "$(device gone)")")"
	scrape "$OPENMETRICS" > "$dir/open"
	parsed '
def states(name):
    return [s.labels["state"] for s in families["vgpu_state"].samples if s.labels["name"] == name and s.value == 1]
assert (states("web"), states("other"), states("gone")) == (["dreaming"], ["unknown"], ["missing"])
assert {s.labels["name"] for s in families["vgpu_weight"].samples} == {"web"}
assert {s.labels["gpu"] for s in families["vgpu_gpu_fences"].samples} == {"0000:00:02.0"}
' < "$dir/open"
	grep -c not_yet_invented "$dir/open" && return 1
	true
}

@test "GET /metrics, and nothing else" {
	serve
	[ "$(code /metrics)" = 200 ]
	[ "$(code '/metrics?gpu=0')" = 200 ]
	for path in / /metrics/ /metric /Metrics /../metrics%00 /%2e%2e/etc/passwd; do
		[ "$(code --path-as-is "$path")" = 404 ] || { echo "$path"; return 1; }
	done
	for method in POST PUT DELETE TRACE BREW; do
		[ "$(code -X "$method" /metrics)" = 405 ] || { echo "$method"; return 1; }
	done
	[ "$(code -d "$(head -c 100000 /dev/zero | tr '\0' x)" /metrics)" = 405 ]
	curl -sS -X POST -D - -o /dev/null "http://$where/metrics" | tr -d '\r' | grep -qx 'Allow: GET, HEAD, OPTIONS'
	curl -sS -D - -o /dev/null "http://$where/metrics" | tr -d '\r' | grep -qix 'Connection: close'
}

# head_of REQUEST LINE [HEADER...]: the answer's header
head_of() {
	local line
	{ for line in "$@"; do printf '%s\r\n' "$line"; done; printf '\r\n'; } | socat -t 5 - "TCP:$where" > "$dir/answer"
	sed -n '1,/^\r$/p' "$dir/answer" | tr -d '\r'
}

@test "HEAD is GET without the page, OPTIONS says what there is, and a target may be a whole URL" {
	local target
	serve
	head_of 'GET /metrics HTTP/1.1' 'Host: a' | grep -v '^Date:' > "$dir/get"
	head_of 'HEAD /metrics HTTP/1.1' 'Host: a' | grep -v '^Date:' | diff "$dir/get" -
	[ "$(sed '1,/^\r$/d' "$dir/answer" | wc -c)" = 0 ]
	head -n 1 "$dir/get" | grep -qx 'HTTP/1.1 200 OK'
	grep -Eqx 'Content-Length: [1-9][0-9]*' "$dir/get"
	for target in '*' /metrics; do
		head_of "OPTIONS $target HTTP/1.1" 'Host: a' > "$dir/options"
		head -n 1 "$dir/options" | grep -qx 'HTTP/1.1 204 No Content'
		grep -qx 'Allow: GET, HEAD, OPTIONS' "$dir/options"
	done
	for target in "http://$where/metrics" HTTP://somebody.else/metrics?a=b; do
		head_of "GET $target HTTP/1.1" 'Host: a' | head -n 1 | grep -qx 'HTTP/1.1 200 OK'
	done
	for target in http:// "http://$where" "http://$where/" https://a/metrics http:///x '*'; do
		head_of "GET $target HTTP/1.1" 'Host: a' | head -n 1 | grep -q '^HTTP/1.1 404 ' || { echo "$target"; cat "$dir/answer"; return 1; }
	done
}

@test "an Accept header in parts is read as one" {
	serve
	head_of 'GET /metrics HTTP/1.1' 'Host: a' 'Accept: text/plain;q=0.1' "Accept: $OPENMETRICS" | grep -q '^Content-Type: application/openmetrics-text'
	head_of 'GET /metrics HTTP/1.1' 'Host: a' "Accept: $OPENMETRICS;q=0.1" 'Accept: text/plain' | grep -q '^Content-Type: text/plain'
	mapfile -t many < <(yes 'Accept: a/b' | head -n 100)
	head_of 'GET /metrics HTTP/1.1' 'Host: a' "${many[@]}" "Accept: $OPENMETRICS" | grep -q '^Content-Type: application/openmetrics-text'
}

@test "what can't be read is an error that says what, and is over when it is over" {
	serve
	mv "$sysfs/class/mdev_bus" "$dir/mdev_bus"
	touch "$sysfs/class/mdev_bus"
	[ "$(code /metrics)" = 500 ]
	curl -sS "http://$where/metrics" | grep -qx 'sysfs: it can.t be read: Not a directory'
	rm "$sysfs/class/mdev_bus"
	mv "$dir/mdev_bus" "$sysfs/class/mdev_bus"
	[ "$(code /metrics)" = 200 ]
}

@test "an address that others reach has to be meant; one that is none is refused" {
	local text
	for text in 0.0.0.0:9479 192.0.2.1:9479 '[::]:9479' '[2001:db8::1]:9479' '[::ffff:127.0.0.1]:9479'; do
		run "$VGPU_BIN_DIR/vgpud" --socket "$dir/vgpud.sock" --sysfs "$sysfs" --state "$dir/state" --libvirt none --metrics "$text"
		echo "$text: $status: $output"
		[ "$status" = 2 ] && [ "${#lines[@]}" = 1 ]
		[[ $output == "vgpud: --metrics: $text is no loopback address"*"--metrics-remote" ]]
	done
	for text in '' : 9479 :9479 127.0.0.1 127.0.0.1: 127.0.0.1:0 127.0.0.1:65536 127.0.0.1:http localhost:9479 127.1:9479 ::1:9479 '[::1]' \
		'[::1:9479' '[]:9479' '[127.0.0.1]:9479' ' 127.0.0.1:9479' "$(head -c 300 /dev/zero | tr '\0' 1):9479"; do
		run "$VGPU_BIN_DIR/vgpud" --socket "$dir/vgpud.sock" --sysfs "$sysfs" --state "$dir/state" --libvirt none --metrics "$text"
		echo "$text: $status: $output"
		[ "$status" = 2 ] && [ "${#lines[@]}" = 1 ]
		[[ $output == "vgpud: --metrics: $text is no ADDRESS:PORT "* ]]
	done
	run "$VGPU_BIN_DIR/vgpud" --libvirt none --metrics-remote
	[ "$status" = 2 ] && [ "${#lines[@]}" = 1 ]
	[ ! -e "$dir/state" ]
	# An address that this host does not have is no reason to fail: it may come up later.
	start_agent --libvirt none --metrics-remote --metrics 192.0.2.1:9479
	[ ! -s "$dir/log" ]
	[ "$(sockets | wc -l)" = 1 ]
}

@test "IPv6's loopback" {
	[ -e /proc/net/if_inet6 ] && grep -q '^0*1 .* lo$' /proc/net/if_inet6 || skip "this machine has no ::1"
	port=$((20000 + RANDOM % 10000))
	start_agent --libvirt none --metrics "[::1]:$port"
	curl -sS --fail -g "http://[::1]:$port/metrics" | grep -q '^vgpud_build_info{version='
}

@test "when the port is taken the agent says so in one line, and goes on" {
	socat "TCP-LISTEN:9479,bind=${where%:*},fork" SYSTEM:: 3>&- &
	squatter=$!
	until : 2> /dev/null <> "/dev/tcp/${where%:*}/9479"; do :; done
	serve
	kill "$squatter"
	squatter=
	[ "$(wc -l < "$dir/log")" = 1 ]
	grep -qx "vgpud: $where: metrics are not served: Address already in use" "$dir/log"
	vgpuctl create --aperture 64M --name web
	stop_agent
	# The port is free at once, whatever state its old connections are in.
	for _ in 1 2 3; do
		serve
		scrape > "$dir/text"
		stop_agent
	done
}

@test "200 idle connections hold up neither vgpuctl nor the monitoring" {
	serve
	timeout 60 python3 - "$where" "$dir/vgpud.sock" "$VGPU_BIN_DIR/vgpuctl" "$agent" <<- 'EOF'
		import os, select, socket, subprocess, sys, time, urllib.request
		host, port = sys.argv[1].split(":")
		def connect():
		    s = socket.create_connection((host, int(port)), timeout=20)
		    return s
		def scrape():
		    assert b"vgpud_build_info" in urllib.request.urlopen(f"http://{sys.argv[1]}/metrics", timeout=20).read()
		before = len(os.listdir(f"/proc/{sys.argv[4]}/fd"))
		since = time.monotonic()
		idle = [connect() for _ in range(200)]
		subprocess.run([sys.argv[3], "--socket", sys.argv[2], "list"], check=True, timeout=10)
		for _ in range(5):
		    scrape()
		assert len(os.listdir(f"/proc/{sys.argv[4]}/fd")) - before <= 16
		# Half a request is no better than none.
		for s in idle:
		    try:
		        s.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
		    except OSError:
		        pass
		scrape()
		# The oldest made room, the newest are still there, unless all of this took so long that they were idle for too long.
		gone = [s for s in idle if select.select([s], [], [], 0)[0]]
		assert len(gone) >= 180, len(gone)
		assert len(gone) < 200 or time.monotonic() - since > 4
		for s in idle:
		    s.close()
		scrape()
	EOF
	vgpuctl create --aperture 64M --name web
}

@test "idle connections end by themselves, and then there is room again" {
	serve
	timeout 60 python3 - "$where" <<- 'EOF'
		import socket, sys, urllib.request
		host, port = sys.argv[1].split(":")
		idle = [socket.create_connection((host, int(port)), timeout=40) for _ in range(40)]
		# To be closed is all that these wait for: nothing else happens that could remind the agent of them.
		for s in idle:
		    assert s.recv(1) == b""
		assert b"vgpud_build_info" in urllib.request.urlopen(f"http://{sys.argv[1]}/metrics", timeout=20).read()
	EOF
}

# many: as many vGPUs as a GPU can have, so that what is served fits into no socket's buffer
many() {
	local i uuid devices=$sysfs/devices/0000:00:02.0
	vgpuctl create --aperture 4K --hidden 4K --fences 1 --name first
	replace "$(device first)/stats" "$(counters 1)"
	uuid=$(basename "$(dirname "$(device first)")")
	for i in {10..72}; do
		cp -r "$devices/$uuid" "$devices/000000$i-0000-4000-8000-000000000000"
		ln -s "../../../devices/0000:00:02.0/000000$i-0000-4000-8000-000000000000" "$sysfs/bus/mdev/devices/"
	done
}

@test "clients that ask and never read cost little memory and no time" {
	# What a sanitizer keeps of what was freed is not what the agent keeps.
	VGPU_QUARANTINE_MB=1 serve
	many
	[ "$(scrape | wc -c)" -gt 700000 ]
	timeout 120 python3 - "$where" "$dir/vgpud.sock" "$VGPU_BIN_DIR/vgpuctl" "$agent" <<- 'EOF'
		import os, socket, subprocess, sys, time, urllib.request
		host, port = sys.argv[1].split(":")
		def rss():
		    return int(open(f"/proc/{sys.argv[4]}/statm").read().split()[1]) * 4096
		def cpu():
		    return sum(map(int, open(f"/proc/{sys.argv[4]}/stat").read().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")
		def scrape():
		    assert b"vgpud_build_info" in urllib.request.urlopen(f"http://{sys.argv[1]}/metrics", timeout=20).read()
		scrape()
		since, before, fds, stuck = time.monotonic(), rss(), len(os.listdir(f"/proc/{sys.argv[4]}/fd")), []
		for _ in range(100):
		    s = socket.socket()
		    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
		    s.settimeout(20)
		    s.connect((host, int(port)))
		    # And more behind it, that is not looked at.
		    try:
		        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 50)
		    except OSError:
		        pass
		    stuck.append(s)
		# Which is behind all of them in the queue.
		scrape()
		held = len(os.listdir(f"/proc/{sys.argv[4]}/fd")) - fds
		assert held <= 16, held
		assert held >= 10 or time.monotonic() - since > 4, held
		subprocess.run([sys.argv[3], "--socket", sys.argv[2], "list"], check=True, timeout=10, stdout=subprocess.DEVNULL)
		busy, since = cpu(), time.monotonic()
		for _ in range(20):
		    subprocess.run([sys.argv[3], "--socket", sys.argv[2], "version"], check=True, timeout=10, stdout=subprocess.DEVNULL)
		while time.monotonic() - since < 1:
		    subprocess.run(["true"])
		assert cpu() - busy < 0.7, cpu() - busy
		assert rss() - before < 64 << 20, rss() - before
	EOF
}

@test "rubbish, and headers without an end" {
	serve
	timeout 60 python3 - "$where" <<- 'EOF'
		import os, socket, sys
		host, port = sys.argv[1].split(":")
		def say(*pieces):
		    s = socket.create_connection((host, int(port)), timeout=20)
		    try:
		        for piece in pieces:
		            s.sendall(piece)
		        s.shutdown(socket.SHUT_WR)
		        return s.recv(1 << 16)
		    except OSError:
		        return b""
		assert b" 200 " not in say(os.urandom(1 << 20))
		assert b" 200 " not in say(b"GET /metrics HTTP/1.1\r\n", *[b"X-%d: %s\r\n" % (i, b"y" * 1000) for i in range(1000)], b"\r\n")
		assert b" 200 " not in say(b"GET /" + b"x" * (1 << 20) + b" HTTP/1.1\r\n\r\n")
		assert b" 200 " not in say(b"GET /metrics")
		assert b" 200 " not in say(b"POST /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"fffffffffffffff\r\n" * 100)
		for _ in range(1000):
		    socket.create_connection((host, int(port)), timeout=20).close()
	EOF
	scrape | grep -q '^vgpud_build_info'
	vgpuctl list
}

@test "alert rules and the example of a configuration are right, and the rules fire when they should" {
	need_promtool
	"$promtool" check rules "$top/examples/monitoring/vgpu-alerts.yml"
	"$promtool" check config "$top/examples/monitoring/prometheus.yml"
	"$promtool" test rules "$top/tests/cli/alerts.yml"
}

# expressions: what the dashboard asks, with Grafana's variables filled in
expressions() {
	jq -r '.panels[].targets[]?.expr' "$top/examples/monitoring/grafana-dashboard.json" |
		sed 's/\$__rate_interval/5m/g; s/\$\(instance\|gpu\|engine\)/.*/g'
}

@test "the dashboard and the alerts ask for metrics that there are" {
	local used served
	used=$(grep -Eoh '\bvgpud?_[a-z_]+' "$top/examples/monitoring/grafana-dashboard.json" <(grep -E '[({ /]vgpu_' "$top/examples/monitoring/vgpu-alerts.yml") | sort -u)
	served=$(sed -n 's/^\(vgpud\?_[a-z_]*\).*/\1/p' "$top/tests/cli/metrics.openmetrics" | sort -u)
	[ "$(wc -l <<< "$used")" -ge 15 ]
	diff <(comm -23 <(echo "$used") <(echo "$served")) /dev/null
	# As many panels as have an id of their own, and nothing in another's place.
	jq -e '[.panels[].id] | length == (unique | length)' "$top/examples/monitoring/grafana-dashboard.json"
	[ "$(expressions | wc -l)" -ge 15 ]
	[ "$(expressions | grep -c '\$')" = 0 ]
	need_promtool
	{
		printf 'groups:\n- name: dashboard\n  rules:\n'
		expressions | jq -R '{record: "dashboard:\(input_line_number)", expr: .}' -c | sed 's/^/  - /'
	} > "$dir/rules.yml"
	"$promtool" check rules "$dir/rules.yml"
}
