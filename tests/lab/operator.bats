#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2016 # words in single quotes are scripts for the other side
#
# An operator's day on the real module, libvirt and a guest that runs: vGPUs plugged in and out, and everything that others can do behind
# the agent's back. The tests follow each other; each leaves what the next one starts from.

load lab

setup_file() {
	need_root
	lab kmod 6.12 >&3 2>&1
	lab up >&3 2>&1
	lab guest-define guest --args lab.driver=none
	lab guest-start guest >&3 2>&1
	host 'vgpuctl create --aperture 64M --name hot --weight 300 --latency 4000 && vgpuctl create --aperture 32M --name cold'
}

teardown_file() {
	lab down
}

# A line of the guest's PCI devices for each GPU that it sees.
gpus_in_guest() {
	lab guest guest -- 'grep -lx 0x0412 /sys/bus/pci/devices/*/device || true'
}

# What is plugged in, a guest sees when it has served an interrupt and looked: libvirt does not wait for that.
sees_gpu() { # NAME
	lab guest "$1" --timeout 30 -- 'until grep -qx 0x0412 /sys/bus/pci/devices/*/device; do sleep 0.05; done'
}

# What the doctor must find: this line, and the exit status of a problem; the host has others only for the same reason.
diagnosed() { # PATTERN REMEDY
	run host 'vgpuctl doctor'
	[ "$status" -eq 1 ] || fail "exit $status: $output"
	grep -E -A 1 "^problem +$1" <<<"$output" | tail -n 1 | grep -qF -- "$2" || fail "no '$1' with '$2' in: $output"
}

healthy() {
	run host 'vgpuctl doctor'
	[ "$status ${lines[-1]}" = '0 0 problems, 0 warnings' ] || fail "$output"
}

@test "a vGPU is plugged into a running guest, computes there, and is unplugged" {
	[ -z "$(gpus_in_guest)" ]
	run host 'vgpuctl attach hot --domain guest'
	[ "$status" -eq 0 ] || fail "$output"
	[ "$(field hot domain)" = guest ]
	[ "$(field hot domain_running)" = true ]
	sees_gpu guest
	[ "$(gpus_in_guest | wc -l)" -eq 1 ]
	run lab guest guest -- blt-probe --size 16384
	[ "$status" -eq 0 ] || fail "$output"
	run host 'vgpuctl detach hot'
	[ "$status" -eq 0 ] || fail "$output"
	[ "$(field hot domain)" = null ]
	[ "$(field hot state)" = ready ]
	[ -z "$(gpus_in_guest)" ]
}

@test "so it is on q35, behind a root port" {
	lab guest-start pcie --machine q35 --args lab.driver=none >&3 2>&1
	run host 'vgpuctl attach hot --domain pcie'
	[ "$status" -eq 0 ] || fail "$output"
	sees_gpu pcie
	run lab guest pcie -- blt-probe --size 16384
	[ "$status" -eq 0 ] || fail "$output"
	run host 'vgpuctl detach hot'
	[ "$status" -eq 0 ] || fail "$output"
	run lab guest pcie -- 'grep -lx 0x0412 /sys/bus/pci/devices/*/device'
	[ -z "$output" ] || fail "$output"
	lab guest-stop pcie
}

@test "live and next start are changed one by one" {
	host 'vgpuctl attach hot --domain guest --config'
	[ -z "$(gpus_in_guest)" ]
	[ "$(field hot domain_running)" = false ]
	refused 3 'domain guest does not have it there' detach hot --live
	host 'vgpuctl attach hot --domain guest --live'
	sees_gpu guest
	[ "$(gpus_in_guest | wc -l)" -eq 1 ]
	[ "$(field hot domain_running)" = true ]
}

@test "the doctor finds nothing wrong with a host whose guest runs" {
	healthy
	for check in module mdev gpu iommu tracking kvm vfio access agent ledger policy libvirt vgpus domains leftovers; do
		grep -Eq "^(ok|note) +$check " <<<"$output" || fail "no $check: $output"
	done
	grep -Eq '^ok +libvirt +libvirt [0-9.]+ and QEMU [0-9.]+, at qemu:///system$' <<<"$output" || fail "$output"
	grep -Eq '^ok +tracking ' <<<"$output" || fail "$output"
	run host 'setpriv --reuid 65534 --regid 65534 --clear-groups vgpuctl doctor'
	[ "$status" -eq 0 ] || fail "$output"
}

@test "what a running guest has can't be taken from it, but its share can change" {
	refused 5 'domain guest has it; detach it first' delete hot
	refused 5 'domain guest has it already' attach hot --domain guest
	refused 5 "can't change once a guest has opened it; delete it" set hot --aperture 128M
	refused 3 'no such domain' attach cold --domain nobody
	refused 4 'GPU 0000:00:02.0 has 256M of aperture' create --aperture 512M
	refused 4 'hot 64M, cold 32M' create --aperture 200M --fences 1 --hidden 4K
	run host 'vgpuctl set hot --weight 400 --cap 50 --latency 0 && vgpuctl show hot'
	[ "$status" -eq 0 ] || fail "$output"
	[[ $output =~ weight\ +400 && $output =~ cap\ +50% && $output =~ latency\ +none ]] || fail "$output"
}

@test "the agent restarts under a running guest and knows all of it" {
	for signal in TERM KILL; do
		restart_agent $signal
		[ "$(field hot state)" != missing ]
		becomes hot domain 'guest, running'
		[ "$(field hot verdict)" = present ]
		[ "$(field hot weight)" = 400 ]
		[ "$(field hot latency_us)" = 0 ]
	done
	refused 5 'domain guest has it; detach it first' delete hot
	run lab guest guest -- blt-probe --size 16384
	[ "$status" -eq 0 ] || fail "$output"
}

@test "without libvirtd the agent says so at once, and remembers who has what" {
	host 'kill $(pidof libvirtd); while pidof libvirtd; do sleep 0.1; done'
	refused 1 'libvirt does not answer' attach cold --domain guest
	refused 1 'libvirt does not answer' detach hot
	refused 1 'libvirt does not answer' delete hot
	restart_agent TERM
	[ "$(field hot domain)" = guest ]
	refused 1 'libvirt does not answer' delete hot
	run host 'vgpuctl set hot --weight 500'
	[ "$status" -eq 0 ] || fail "$output"
	host 'libvirtd -d; until virsh -q list >/dev/null 2>&1; do sleep 0.1; done'
	becomes hot domain 'guest, running'
	run host 'vgpuctl attach cold --domain guest && vgpuctl detach cold'
	[ "$status" -eq 0 ] || fail "$output"
}

@test "a URI that names libvirtd's socket does as well" {
	local uri='qemu+unix:///system?socket=/run/libvirt/libvirt-sock'
	restart_agent TERM --libvirt "'$uri'"
	becomes hot domain 'guest, running'
	healthy
	grep -qF ", at $uri" <<<"$output" || fail "$output"
	restart_agent TERM
	becomes hot domain 'guest, running'
}

@test "a domain that is renamed keeps its vGPU, under its new name" {
	lab guest-define idle
	run host 'vgpuctl attach cold --domain idle && virsh -q domrename idle moved'
	[ "$status" -eq 0 ] || fail "$output"
	becomes cold domain 'moved, not running'
	refused 5 'domain moved has it; detach it first' delete cold
	run host 'vgpuctl detach cold && virsh -q undefine moved'
	[ "$status" -eq 0 ] || fail "$output"
}

@test "without vgpud the doctor says so, and looks at the rest" {
	host 'kill $(pidof vgpud); while pidof vgpud; do sleep 0.1; done'
	diagnosed 'agent +vgpud does not run' 'systemctl enable --now vgpud'
	grep -Eq '^ok +gpu ' <<<"$output" || fail "$output"
	host 'setsid vgpud </dev/null >>/var/log/vgpud.log 2>&1 & until vgpuctl version >/dev/null 2>&1; do sleep 0.1; done'
	becomes hot domain 'guest, running'
	healthy
}

@test "a vGPU that somebody else removes is missing, says why, and comes back" {
	uuid=$(field cold uuid)
	host "echo 1 >/sys/bus/mdev/devices/$uuid/remove"
	becomes cold verdict 'missing: its device was removed, and not by vgpud'
	host 'until grep -q "cold: missing: its device was removed" /var/log/vgpud.log; do sleep 0.1; done'
	refused 3 'its device is missing; bring it back: vgpuctl restore' attach cold --domain guest
	run host 'vgpuctl restore cold'
	[ "$status" -eq 0 ] || fail "$output"
	[ "$(field cold state)" = ready ]
	[ "$(field cold uuid)" = "$uuid" ]
}

@test "so is one that a guest has: the kernel takes it from the guest" {
	host "timeout 20 sh -c 'echo 1 >/sys/bus/mdev/devices/$(field hot uuid)/remove'"
	becomes hot state missing
	[ -z "$(gpus_in_guest)" ]
	becomes hot domain 'guest, not running'
	diagnosed "domains +guest can't start without vGPU hot, which is missing" 'vgpuctl restore hot'
	run host 'vgpuctl restore hot && vgpuctl attach hot --domain guest --live'
	[ "$status" -eq 0 ] || fail "$output"
	sees_gpu guest
	[ "$(field hot weight)" = 500 ]
	run lab guest guest -- blt-probe --size 16384
	[ "$status" -eq 0 ] || fail "$output"
}

@test "the GPU is unbound under its vGPUs and bound again: they are back" {
	host "timeout 30 sh -c 'echo $GPU >/sys/bus/pci/drivers/vgpu/unbind'"
	[ "$(field hot state) $(field cold state)" = 'missing missing' ]
	[ "$(field cold verdict)" = "missing: GPU $GPU is not there" ]
	[ "$(host 'vgpuctl gpu list -o json' | jq -c '.gpus[] | [.gpu, .driver]')" = "[\"$GPU\",null]" ]
	run host 'COLUMNS=80 vgpu-top -b -n 1 -d 0.1'
	[[ $output == *"GPU $GPU  is not there"*cold*missing* ]] || fail "$output"
	refused 3 "GPU $GPU is not there" restore cold
	refused 3 'this GPU is not shared: no driver has it' create --aperture 4M
	host "echo $GPU >/sys/bus/pci/drivers/vgpu/bind"
	becomes hot verdict restored
	becomes cold verdict restored
	[ "$(field hot weight) $(field hot cap_pct) $(field hot aperture_bytes)" = "500 50 $((64 << 20))" ]
	run host 'vgpuctl attach hot --domain guest --live'
	[ "$status" -eq 0 ] || fail "$output"
	run lab guest guest -- blt-probe --size 16384
	[ "$status" -eq 0 ] || fail "$output"
}

@test "vgpuctl hands the GPU over to i915 and takes it back, with its vGPUs" {
	refused 5 'its vGPUs are in use: hot by domain guest' gpu unbind 00:02.0
	run host 'vgpuctl detach hot --live && modprobe i915'
	[ "$status" -eq 0 ] || fail "$output"
	run host 'vgpuctl gpu unbind 00:02.0'
	[ "$status" -eq 0 ] || fail "$output"
	[ "$(host 'vgpuctl gpu list -o json' | jq -c '.gpus[] | [.gpu, .driver]')" = "[\"$GPU\",\"i915\"]" ]
	[ "$(field hot state) $(field cold verdict)" = "missing missing: GPU $GPU is not there" ]
	diagnosed "gpu +$GPU is held by i915" "vgpuctl gpu bind $GPU"
	diagnosed "domains +guest can't start without vGPU hot, which is missing" "vgpuctl gpu bind $GPU"
	# Somebody who works on it by way of i915 is not robbed of it.
	host 'setsid sleep 600 </dev/dri/renderD128 >/dev/null 2>&1 & echo $! >/run/worker; until [ "$(readlink /proc/$!/fd/0)" = /dev/dri/renderD128 ]; do sleep 0.1; done'
	refused 5 'works on it by way of i915' gpu bind 00:02.0
	host 'kill $(cat /run/worker)'
	run host 'vgpuctl gpu bind 00:02.0'
	[ "$status" -eq 0 ] || fail "$output"
	[ "$(field hot state) $(field cold state)" = 'ready ready' ]
	[ "$(host "cat /sys/bus/pci/devices/$GPU/driver_override")" = vgpu ]
	run host 'modprobe -r i915; vgpuctl attach hot --domain guest --live'
	[ "$status" -eq 0 ] || fail "$output"
	run lab guest guest -- blt-probe --size 16384
	[ "$status" -eq 0 ] || fail "$output"
	healthy
}

# series FILE: of metrics, without what tells one vGPU, or one release, from another
series() {
	grep -v '^#' "$1" | sed -E 's/(version|vgpu|name|domain)="[^"]*"//g; s/ [^ ]*$//' | sort -u
}

@test "what the module counts has its metric, and there is no metric without" {
	local text=$BATS_TEST_TMPDIR/metrics
	restart_agent TERM --metrics 127.0.0.1:9479
	host 'busybox wget -qO- http://127.0.0.1:9479/metrics' >"$text"
	diff <(series "$ROOT/tests/cli/metrics.openmetrics") <(series "$text")
	grep -Eq '^vgpu_engine_busy_seconds_total\{gpu="0000:00:02.0",vgpu=".*",name="hot",domain="guest",engine="bcs"\} 0*[1-9.]' "$text" ||
		fail "$(grep busy "$text")"
	restart_agent TERM
}

@test "what there is makes a pool file, and nothing in one takes a vGPU from a guest" {
	run host 'vgpuctl export >/tmp/pool.yaml && vgpuctl diff -f /tmp/pool.yaml --prune'
	[ "$status" -eq 0 ] && [ -z "$output" ] || fail "$output"
	run host "sed -i '/domain:/d; s/weight: .*/weight: 700/; s/aperture: 64M/aperture: 48M/' /tmp/pool.yaml; grep -c 'aperture: 48M' /tmp/pool.yaml"
	[ "$output" -eq 1 ]
	refused 5 "sizes can't change once a guest has opened it, and domain guest runs with it" apply -f /tmp/pool.yaml
	run host "sed 's/48M/64M/' /tmp/pool.yaml | vgpuctl apply -f -"
	[ "$status" -eq 0 ] || fail "$output"
	[[ ${lines[*]} == '~ set cold weight 100 -> 700 ~ set hot weight '???' -> 700' ]] || fail "$output"
}

@test "a domain that is destroyed and undefined gives its vGPU back" {
	host 'virsh -q undefine guest'
	[ "$(field hot domain)" = guest ]
	host 'virsh -q destroy guest'
	becomes hot domain -
	# A guest has had it open, which only its counters tell now: for another size it is made again, under its UUID.
	uuid=$(field hot uuid)
	[ "$(field hot state)" = ready ]
	run host 'vgpuctl apply -f /tmp/pool.yaml && vgpuctl diff -f /tmp/pool.yaml --prune'
	[ "$status" -eq 0 ] || fail "$output"
	[[ ${lines[0]} == '- delete hot '* && ${lines[1]} == "+ create hot uuid $uuid "*' aperture 48M '* && ${#lines[@]} -eq 2 ]] || fail "$output"
	[ "$(field hot uuid) $(field hot aperture_bytes) $(field hot weight)" = "$uuid $((48 << 20)) 700" ]
	run host 'vgpuctl delete hot && vgpuctl delete cold && vgpuctl list -o name; ls /sys/bus/mdev/devices'
	[ "$status" -eq 0 ] || fail "$output"
	[ -z "$output" ] || fail "$output"
}

@test "members of the group vgpu change vGPUs, others only look" {
	host 'grep -q ^vgpu: /etc/group || echo vgpu:x:990: >>/etc/group'
	restart_agent TERM
	[ "$(host 'stat -c "%U %G %a" /run/vgpud/vgpud.sock')" = 'root vgpu 660' ]
	run host 'setpriv --reuid 65534 --regid 65534 --groups 990 vgpuctl create --aperture 4M --name theirs'
	[ "$status" -eq 0 ] || fail "$output"
	run host 'setpriv --reuid 65534 --regid 65534 --clear-groups vgpuctl list -o name'
	[ "$status" -eq 0 ] && [ "$output" = theirs ] || fail "$output"
	run host 'setpriv --reuid 65534 --regid 65534 --clear-groups vgpuctl delete theirs 2>&1'
	[ "$status" -eq 6 ] && [ "${#lines[@]}" -eq 1 ] || fail "$output"
	host 'chmod 700 /run/vgpud'
	run host 'setpriv --reuid 65534 --regid 65534 --clear-groups vgpuctl doctor'
	host 'chmod 755 /run/vgpud'
	[ "$status" -eq 1 ] || fail "$output"
	grep -A 1 '^problem  agent     /run/vgpud/vgpud.sock is not for you$' <<<"$output" | grep -q 'usermod -aG vgpu' || fail "$output"
	host 'vgpuctl delete theirs'
}

@test "the agent has kept its tongue, and the kernel too" {
	run host 'grep -E "^<[0-3]>|ERROR|runtime error" /var/log/vgpud.log'
	[ -z "$output" ] || fail "$output"
	run complaints 'loading out-of-tree module|module verification failed|in use, asking for its release' host
	[ -z "$output" ] || fail "$output"
}
