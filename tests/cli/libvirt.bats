#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2154,SC2016,SC2030,SC2031
# libvirt.bats - vGPUs and domains, on libvirt's own test driver, which keeps its domains inside the agent's process. Live changes to
# running guests are the lab's.

load helper

setup_file() {
	build_shim
	build_so libvirt-shim -lvirt -ldl -lpthread
}

setup() {
	common_setup
	make_gpu 0000:00:02.0
	export VGPU_SHIM_LOG=$dir/libvirt.log
	node
}

teardown() {
	[[ ! ${listener:-} ]] || kill "$listener"
	stop_agent
}

domain() { # NAME STATE DEVICES
	echo "<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><test:runstate>$2</test:runstate>
		<name>$1</name><memory>65536</memory><os><type arch='x86_64'>hvm</type></os><devices>$3</devices></domain>"
}

# Domains: runs (1: running), off and taken (5: shut off; its video is at 00:02.0); has: with the given mdev, running
node() { # [UUID]
	{
		echo '<node>'
		domain runs 1 ''
		domain off 5 ''
		domain taken 5 "<video><model type='vga'/><address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0'/></video>"
		domain has 1 "${1:+<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='$1'/></source></hostdev>}"
		echo '</node>'
	} > "$dir/node.xml"
}

# The shim supplies what the test driver lacks.
start_with_libvirt() { # [OPTION...]
	[ -e "$BATS_FILE_TMPDIR/libvirt-shim.so" ]
	VGPU_PRELOAD=$BATS_FILE_TMPDIR/libvirt-shim.so start_agent --libvirt "test://$dir/node.xml" "$@"
}

owner() { vgpuctl list -o json | jq -r ".vgpus[] | select(.name == \"$1\") | .domain"; }

@test "attach gives a vGPU to a domain that is shut off, at 00:02.0, and detach takes it" {
	start_with_libvirt
	vgpuctl create --aperture 64M --name a
	vgpuctl attach a --domain off
	[ "$(owner a)" = off ]
	cat "$VGPU_SHIM_LOG"
	grep -Eq '^attach off 2 .*<address type="pci" domain="0x0000" bus="0x00" slot="0x02" function="0x0"/>' "$VGPU_SHIM_LOG"
	fails 5 'a: domain off has it; detach it first' delete a
	fails 5 'a: domain off has it already' attach a --domain off
	fails 5 'a: domain off has it; detach' attach a --domain taken
	fails 3 'a: domain off does not have it there' detach a --live
	vgpuctl detach a
	[ "$(owner a)" = null ]
	fails 3 'a: no domain has it' detach a
	vgpuctl delete a
}

@test "a domain with something at 00:02.0 lets libvirt choose the place" {
	start_with_libvirt
	vgpuctl create --aperture 64M --name a
	vgpuctl attach a --domain taken
	grep -q '^attach taken 2 ' "$VGPU_SHIM_LOG"
	grep -q 'slot=' "$VGPU_SHIM_LOG" && return 1
	[ "$(owner a)" = taken ]
}

@test "create --domain makes and attaches" {
	start_with_libvirt
	[ "$(vgpuctl create --aperture 64M --domain off)" = vgpu-1 ]
	[ "$(owner vgpu-1)" = off ]
}

@test "create --domain that can't attach makes nothing" {
	export VGPU_SHIM_ATTACH_FAILS=1
	start_with_libvirt
	fails 1 'off: libvirt did not attach the vGPU' create --aperture 64M --domain off
	fails 3 'nowhere: no such domain; see virsh list --all' create --aperture 64M --domain nowhere
	fails 2 'it is empty' create --aperture 64M --domain ''
}

@test "a running domain is changed live and for its next start, unless one was chosen" {
	start_with_libvirt
	vgpuctl create --aperture 64M --name a
	vgpuctl create --aperture 64M --fences 1 --name b
	vgpuctl attach a --domain runs
	grep -q '^attach runs 3 ' "$VGPU_SHIM_LOG"
	vgpuctl attach b --domain runs --config
	grep -q '^attach runs 2 ' "$VGPU_SHIM_LOG"
	vgpuctl create --aperture 64M --fences 1 --hidden 4K --name c
	fails 1 'off: the domain does not run; start it or leave out --live' attach c --domain off --live
	vgpuctl attach c --domain runs --live
	grep -q '^attach runs 1 ' "$VGPU_SHIM_LOG"
}

@test "detach takes it from the domain that runs, or from its configuration" {
	local uuid
	start_agent
	vgpuctl create --aperture 64M --name a
	uuid=$(vgpuctl list -o json | jq -r '.vgpus[0].uuid')
	stop_agent
	node "$uuid"
	start_with_libvirt
	until [ "$(owner a)" = has ]; do kill -0 "$agent"; done
	vgpuctl detach a --live
	grep -q '^detach has 1 ' "$VGPU_SHIM_LOG"
	[ "$(owner a)" = has ]
	fails 3 'a: domain has does not have it there' detach a --live
	vgpuctl detach a --config
	grep -q '^detach has 2 ' "$VGPU_SHIM_LOG"
	[ "$(owner a)" = null ]
}

@test "a domain that already has the vGPU owns it, also one that runs: delete is refused" {
	local uuid
	start_agent
	vgpuctl create --aperture 64M --name a
	uuid=$(vgpuctl list -o json | jq -r '.vgpus[0].uuid')
	stop_agent
	node "$uuid"
	start_with_libvirt
	# The agent listens before it has looked at the domains.
	until [ "$(owner a)" = has ]; do kill -0 "$agent"; done
	fails 5 'a: domain has has it; detach' delete a
	vgpuctl list | grep -Eq '^a +new +has '
	# The ledger has learned it from libvirt, and unlearns it too.
	stop_agent
	start_agent
	[ "$(owner a)" = has ]
	stop_agent
	node
	start_with_libvirt
	until [ "$(owner a)" = null ]; do kill -0 "$agent"; done
	stop_agent
	start_agent
	[ "$(owner a)" = null ]
}

@test "a libvirtd that never answers does not stop anything else" {
	socat "UNIX-LISTEN:$dir/libvirt.sock,fork" 'SYSTEM:sleep 600' 3>&- &
	listener=$!
	while [ ! -S "$dir/libvirt.sock" ]; do read -rt 0.02 <> <(:) || :; done
	VGPU_LEAKS=0 start_agent --libvirt "qemu+unix:///system?socket=$dir/libvirt.sock" --libvirt-timeout 0.3
	timeout 5 "$VGPU_BIN_DIR/vgpuctl" --socket "$dir/vgpud.sock" create --aperture 64M --name a
	timeout 5 "$VGPU_BIN_DIR/vgpuctl" --socket "$dir/vgpud.sock" list
	fails 1 'd: libvirt did not answer within 0.3 s; restart libvirtd' attach a --domain d
	fails 1 'libvirt did not answer within 0.3 s' create --aperture 64M --domain d
	# No domain was ever given this vGPU, so it can go.
	vgpuctl delete a
	[ -z "$(vgpuctl list -o name)" ]
}

@test "no libvirtd at all: attach says so" {
	start_agent --libvirt "qemu+unix:///system?socket=$dir/nothing.sock"
	vgpuctl create --aperture 64M --name a
	fails 1 'd: libvirt does not answer: ' attach a --domain d
	vgpuctl delete a
}

@test "while a change waits for libvirt, another to the same vGPU is refused" {
	socat "UNIX-LISTEN:$dir/libvirt.sock,fork" 'SYSTEM:sleep 600' 3>&- &
	listener=$!
	while [ ! -S "$dir/libvirt.sock" ]; do read -rt 0.02 <> <(:) || :; done
	VGPU_LEAKS=0 start_agent --libvirt "qemu+unix:///system?socket=$dir/libvirt.sock" --libvirt-timeout 1.5
	vgpuctl create --aperture 64M --name a
	vgpuctl attach a --domain d 2> "$dir/first" 3>&- &
	first=$!
	# The agent serves what arrives first; once a set is refused, the attach is known to wait.
	while vgpuctl set a --weight 3 2> "$dir/err"; do kill -0 $first; done
	grep -q 'a: another change to it is under way; try again' "$dir/err"
	wait $first || :
	grep -q 'did not answer within 1.5 s' "$dir/first"
	vgpuctl set a --weight 4
}

@test "a policy that is read while a change waits for libvirt is not undone when the change ends" {
	local uuid
	echo 'classes: {fast: {weight: 300}}' > "$dir/policy.yaml"
	touch "$dir/hold"
	VGPU_SHIM_ATTACH_WAITS=$dir/hold start_with_libvirt --policy "$dir/policy.yaml"
	vgpuctl create --aperture 64M --name a --class fast
	uuid=$(vgpuctl list -o json | jq -r '.vgpus[0].uuid')
	vgpuctl attach a --domain off 3>&- &
	until [ -s "$VGPU_SHIM_LOG" ]; do kill -0 "$agent"; done
	echo 'classes: {fast: {weight: 500}}' > "$dir/policy.yaml"
	kill -HUP "$agent"
	until grep -q '^vgpud: a: follows class fast: weight 500' "$dir/log"; do kill -0 "$agent"; done
	rm "$dir/hold"
	wait $!
	stop_agent
	rm -r "$sysfs/bus/mdev/devices/$uuid" "$sysfs/devices/0000:00:02.0/$uuid"
	# Without its class, it comes back with what the ledger has.
	echo 'classes: {}' > "$dir/policy.yaml"
	start_agent --libvirt none --policy "$dir/policy.yaml"
	[ "$(vgpuctl list -o json | jq -c '.vgpus[0] | [.verdict, .class, .weight]')" = '["restored","fast",500]' ]
}

# owned NAME DOMAIN RUNNING: as the list says it, once the event has come through
owned() {
	until [ "$(vgpuctl list -o json | jq -c ".vgpus[] | select(.name == \"$1\") | [.domain, .domain_running]")" = "[$2,$3]" ]; do
		kill -0 "$agent"
	done
}

# The looks that have no event come once a minute: a test that takes as long fails.
@test "a domain's start and end are noticed, and its vGPU was ready for the start" {
	local uuid
	SECONDS=0
	mkfifo "$dir/commands"
	export VGPU_SHIM_COMMANDS=$dir/commands
	start_with_libvirt
	vgpuctl create --aperture 64M --name a
	uuid=$(vgpuctl list -o json | jq -r '.vgpus[0].uuid')
	vgpuctl attach a --domain off
	owned a '"off"' false
	[ -e "$sysfs/bus/mdev/devices/$uuid" ]
	echo start off > "$dir/commands"
	owned a '"off"' true
	fails 5 'a: domain off has it; detach it first' delete a
	echo destroy off > "$dir/commands"
	owned a '"off"' false
	fails 5 'a: domain off has it; detach it first' delete a
	echo undefine off > "$dir/commands"
	owned a null null
	vgpuctl delete a
	((SECONDS < 50)) # no slow look has helped
}

@test "a domain that is renamed keeps its vGPU, under its new name, also without libvirt" {
	SECONDS=0
	mkfifo "$dir/commands"
	export VGPU_SHIM_COMMANDS=$dir/commands
	start_with_libvirt
	vgpuctl create --aperture 64M --name a
	vgpuctl attach a --domain off
	echo rename off renamed > "$dir/commands"
	owned a '"renamed"' false
	fails 5 'a: domain renamed has it; detach it first' delete a
	((SECONDS < 50)) # no slow look has helped
	stop_agent
	start_agent
	[ "$(owner a)" = renamed ]
	stop_agent
	start_with_libvirt
}

@test "a URI that can't be one: 2, and one line says what is wrong with it" {
	local uri why
	while read -r uri why; do
		run "$VGPU_BIN_DIR/vgpud" --socket "$dir/vgpud.sock" --sysfs "$sysfs" --state "$dir/state" --libvirt "$uri"
		[ "$status" = 2 ]
		[ "$output" = "vgpud: --libvirt: $uri: $why; see vgpud(8)" ]
		[ ! -e "$dir/state" ]
	done <<- 'EOF'
		nonsense it is no URI such as qemu:///system
		qemu:///sytem libvirt's qemu has /system and /session: qemu:///system
		qemu:/// libvirt's qemu has /system and /session: qemu:///system
		qemu+unx:///system the transport must be unix, ssh, libssh, libssh2, tcp, tls or ext
		qemu+ssh:///system this transport needs a host: qemu+ssh://HOST/system
		qemu+unix://host/system this transport takes no host
		xen:///system of libvirt's drivers, only qemu has vGPUs
		qemux:///system of libvirt's drivers, only qemu has vGPUs
	EOF
}

@test "URIs of a local and of a remote libvirt are taken, and asked for domains" {
	local uri
	for uri in qemu:///session "qemu+unix:///system?socket=$dir/nothing.sock" "qemu+ext:///system?command=/bin/false" \
		qemu+ssh://127.0.0.1:1/system?no_verify=1 qemu+tcp://127.0.0.1:1/system; do
		HOME=$dir XDG_RUNTIME_DIR=$dir VGPU_LEAKS=0 start_agent --libvirt "$uri" --libvirt-timeout 5
		[ "$(vgpuctl doctor -o json | jq -r '.checks[] | select(.check == "libvirt") | .seen')" = "$uri does not answer" ]
		stop_agent
	done
}

@test "the examples of domains are what libvirt's schema says" {
	local example
	for example in "$top"/examples/*.xml; do
		virt-xml-validate "$example" domain
		grep -q '<hostdev' "$example"
	done
}

told() { vgpuctl events -o json | jq -r '.events[] | [.kind, .name // "-", .text, .uid // "nobody"] | join(" ")' | grep -E '^(vgpu.(at|de)tached|domain)' || :; }

# elsewhere LINE...: somebody else does that to the domains
elsewhere() { printf '%s\n' "$@" > "$dir/commands"; }

until_told() { # COUNT
	until (($(told | wc -l) >= $1)); do kill -0 "$agent"; done
}

@test "events: attached and detached, by us and by others, and the domain's life" {
	local uuid me
	me=$(id -u)
	mkfifo "$dir/commands"
	export VGPU_SHIM_COMMANDS=$dir/commands
	start_with_libvirt
	vgpuctl create --aperture 64M --name a
	uuid=$(vgpuctl list -o json | jq -r '.vgpus[0].uuid')
	vgpuctl attach a --domain off
	elsewhere "start off"
	until_told 2
	elsewhere "destroy off"
	until_told 3
	vgpuctl detach a
	elsewhere "give taken $uuid"
	until_told 5
	elsewhere "take taken"
	until_told 6
	diff <(told) - <<- EOF
		vgpu.attached a to domain off, for its next start $me
		domain.started a domain off nobody
		domain.ended a domain off: destroyed nobody
		vgpu.detached a from domain off, for its next start $me
		vgpu.attached a to domain taken nobody
		vgpu.detached a from domain taken nobody
	EOF
	[ "$(vgpuctl events a -o json | jq -c '[.events[] | select(.kind == "vgpu.attached") | .details]')" = \
		'[{"domain":"off","live":false,"config":true},{"domain":"taken"}]' ]
}

@test "events: what domains did while no agent ran is told when it is back; without libvirt nothing is unlearned" {
	local uuid
	start_agent
	vgpuctl create --aperture 64M --name a
	uuid=$(vgpuctl list -o json | jq -r '.vgpus[0].uuid')
	stop_agent
	node "$uuid"
	start_with_libvirt
	until_told 1
	stop_agent
	start_agent --libvirt "qemu+unix:///system?socket=$dir/nothing.sock"
	run vgpuctl attach a --domain d
	[ "$status" = 1 ]
	[ "$(told)" = 'vgpu.attached a to domain has nobody' ]
	[ "$(owner a)" = has ]
	stop_agent
	node
	start_with_libvirt
	until_told 2
	[ "$(told | tail -n 1)" = 'vgpu.detached a from domain has nobody' ]
}

@test "events: create --domain that can't attach is told as made and gone" {
	VGPU_SHIM_ATTACH_FAILS=1 start_with_libvirt
	fails 1 'off: libvirt did not attach the vGPU' create --aperture 64M --domain off --name a
	[ "$(vgpuctl events a -o json | jq -c '[.events[].kind]')" = '["vgpu.created","vgpu.deleted"]' ]
}
