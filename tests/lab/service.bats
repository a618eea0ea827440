#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2016 # words in single quotes are scripts for the other side
#
# vgpud as a service: what make install installs, in a host that systemd has booted, with the module, a GPU and libvirt. The tests follow
# each other; each leaves the service running.

load lab

setup_file() {
	need_root
	lab kmod 6.12 >&3 2>&1
	lab up --systemd --cpus 2 >&3 2>&1
	host 'systemctl is-system-running --wait >/run/lab/system; useradd --groups vgpu member; useradd other'
}

teardown_file() {
	lab down
}

property() { # NAME [UNIT]
	host "systemctl show --value --property $1 ${2-vgpud.service}"
}

# Until a script says yes; what it is that did not come, if it does not.
becomes() { # SCRIPT
	lab host --timeout 60 -- "until $1; do sleep 0.1; done" || fail "not within 60 s: $1" "$(host 'systemctl status vgpud' 2>&1)"
}

# Whatever the test has done to it, the agent is active, and this is its process.
main_pid() {
	becomes 'systemctl --quiet is-active vgpud && vgpuctl version >/dev/null'
	property MainPID
}

drop_in() { # LINE...: a changed unit, started anew
	printf '%s\n' '[Service]' "$@" | lab host --stdin -- 'mkdir -p /run/systemd/system/vgpud.service.d
		cat >/run/systemd/system/vgpud.service.d/test.conf; systemctl daemon-reload; systemctl restart vgpud'
}

no_drop_in() {
	host 'rm -r /run/systemd/system/vgpud.service.d; systemctl daemon-reload; systemctl restart vgpud'
}

@test "the boot brings it up, and what is installed with it" {
	run host 'cat /run/lab/system; systemctl --failed --no-legend'
	[ "$output" = running ] || fail "$output"
	run host 'systemctl is-active vgpud.service vgpud.socket vgpud-ro.socket vgpu.target; systemctl is-enabled vgpud.service'
	[ "${lines[*]}" = 'active active active active enabled' ] || fail "$output"
	[ "$(host 'stat -c "%U %G %a" /run/vgpud/vgpud.sock /run/vgpud/vgpud-ro.sock' | tr '\n' ' ')" = 'root vgpu 660 root root 666 ' ]
	[ "$(host 'stat -c %a /etc/vgpud /var/lib/vgpud' | tr '\n' ' ')" = '755 700 ' ]
	[ "$(property StatusText)" = 'started with 0 vGPUs, 0 missing' ]
	run host 'udevadm verify /usr/local/lib/udev/rules.d/90-vgpu.rules && systemd-analyze verify --man=no vgpud.service vgpu.target 2>&1'
	[ "$status" -eq 0 ] && [[ $output != *vgpud.s*:* ]] || fail "$output"
	run host 'sed -i /^vgpu:/d /etc/group /etc/gshadow; systemd-sysusers 2>/dev/null; getent group vgpu'
	[[ $output == vgpu:x:* ]] || fail "$output"
	host 'usermod --append --groups vgpu member; systemctl restart vgpud.socket'
	[ "$(main_pid)" -gt 1 ]
}

@test "it is root with one capability, and sees and writes only what it must" {
	pid=$(main_pid)
	run host "awk '/^(Uid|Cap(Prm|Eff|Bnd|Amb)|NoNewPrivs|Seccomp):/ { print \$2 + 0 }' /proc/$pid/status"
	[ "${lines[*]}" = '0 80000 80000 80000 0 1 2' ] || fail "$output"
	for path in /etc /usr /run /run/vgpud /proc/sys/kernel /sys/kernel /sys/module /sys/power /sys/devices/system /sys/fs/cgroup /root; do
		run host "nsenter --mount --target $pid sh -c '[ -w $path ]'"
		[ "$status" -ne 0 ] || fail "it can write to $path"
	done
	for path in /var/lib/vgpud "/sys/class/mdev_bus/$GPU/mdev_supported_types/vgpu-64M/create" /sys/bus/pci/drivers_probe; do
		run host "nsenter --mount --target $pid sh -c '[ -w $path ]'"
		[ "$status" -eq 0 ] || fail "it can't write to $path"
	done
	run host "nsenter --mount --target $pid sh -c 'ls /dev'"
	[[ $output != *vd?* ]] || fail "$output"
	run host 'systemd-analyze security --no-pager --threshold=20 vgpud.service | tail -n 1'
	[ "$status" -eq 0 ] || fail "$output"
	echo "# ${output//→ /}" >&3
}

@test "so confined, it does all that an agent does" {
	host 'printf %s "<domain type=\"qemu\"><name>shop</name><memory>65536</memory><os><type>hvm</type></os></domain>" >/tmp/shop.xml
		virsh -q define /tmp/shop.xml'
	run host 'set -e; vgpuctl create --aperture 64M --name web; vgpuctl create --type vgpu-64M --name db; vgpuctl set web --weight 300
		vgpuctl attach web --domain shop; vgpuctl delete db; vgpuctl list -o json'
	[ "$status" -eq 0 ] || fail "$output"
	[ "$(host 'vgpuctl list -o json' | jq -c '.vgpus | map([.name, .domain, .weight, .state])')" = '[["web","shop",300,"ready"]]' ]
	# libvirt's events come through, too.
	host 'virsh -q undefine shop'
	becomes "vgpuctl show web | grep -Eq '^domain +-'"
	run host 'journalctl -q -b -u vgpud -p warning -o cat'
	[ -z "$output" ] || fail "$output"
}

@test "a member of the group vgpu may change vGPUs, others only look" {
	run host 'runuser -u member -- vgpuctl create --aperture 4M --name theirs && runuser -u other -- vgpuctl list -o name'
	[ "$status" -eq 0 ] || fail "$output"
	[[ $output == *theirs* ]]
	run host 'runuser -u other -- vgpuctl delete theirs 2>&1'
	[ "$status" -eq 6 ] && [ "${#lines[@]}" -eq 1 ] || fail "$output"
	host 'runuser -u member -- vgpuctl delete theirs'
}

@test "stopped, it has ended well and its sockets stay; the first client starts it, and all is as it was" {
	before=$(host 'vgpuctl list -o json')
	for client in 'runuser -u member --' 'runuser -u other --'; do
		host 'systemctl stop vgpud.service'
		[ "$(property ActiveState) $(property Result) $(property ExecMainStatus)" = 'inactive success 0' ]
		[ "$(host "$client vgpuctl list -o json" | jq 'del(.vgpus[].verdict)')" = "$(jq 'del(.vgpus[].verdict)' <<<"$before")" ]
		[ "$(property ActiveState)" = active ]
	done
	[ "$(property StatusText)" = 'started with 1 vGPU, 0 missing' ]
}

@test "a reload reads the policy again, before anything that is asked afterwards" {
	pid=$(main_pid)
	host 'echo "classes: {fast: {weight: 7}}" >/etc/vgpud/policy.yaml; systemctl reload vgpud'
	[ "$(host 'vgpuctl classes -o json' | jq -c '[.file, .classes[0].weight]')" = '["/etc/vgpud/policy.yaml",7]' ]
	becomes '[ "$(systemctl show --value -p StatusText vgpud)" = "the policy was read again" ]'
	host 'echo "classes: {fast: {weight: 0}}" >/etc/vgpud/policy.yaml; systemctl reload vgpud'
	[ "$(host 'vgpuctl classes -o json' | jq '.classes[0].weight')" = 7 ]
	becomes 'systemctl show --value -p StatusText vgpud | grep -q "could not be read again"'
	becomes 'systemctl --quiet is-active vgpud'
	[ "$(main_pid)" = "$pid" ]
}

@test "the journal has the priorities, and the lines do not" {
	run host 'journalctl --sync; journalctl -q -u vgpud -p 3..3 -o cat'
	[[ $output == '/etc/vgpud/policy.yaml:1:26: weight: '*'; the policy stays as it was' ]] || fail "$output"
	run host 'journalctl -q -u vgpud -p 5..5 -o cat'
	[[ $output == *'/etc/vgpud/policy.yaml: read again'* ]] || fail "$output"
	run host 'journalctl -q -u vgpud -o cat | grep -E "^(<[0-9]>|vgpud: )"'
	[ -z "$output" ] || fail "$output"
}

@test "with a policy that is wrong it does not start, and is not tried for ever" {
	host 'systemctl stop vgpud'
	run host 'systemctl start vgpud'
	[ "$status" -ne 0 ] || fail "it started"
	[ "$(property ActiveState) $(property ExecMainStatus) $(property NRestarts)" = 'failed 2 0' ]
	host 'rm /etc/vgpud/policy.yaml; systemctl reset-failed vgpud.service vgpud.socket vgpud-ro.socket; systemctl start vgpud'
	[ "$(main_pid)" -gt 1 ]
}

@test "killed, it is started again; who connects meanwhile is answered by its successor" {
	pid=$(main_pid)
	inode=$(host 'stat -c %i /run/vgpud/vgpud.sock')
	run host "kill -KILL $pid && vgpuctl list -o name"
	[ "$status" -eq 0 ] && [ "$output" = web ] || fail "$output"
	[ "$(property NRestarts)" = 1 ]
	[ "$(main_pid)" != "$pid" ]
	[ "$(host 'stat -c %i /run/vgpud/vgpud.sock')" = "$inode" ]
	[ "$(host 'vgpuctl list -o json' | jq -c '.vgpus | map([.name, .weight, .state, .verdict])')" = '[["web",300,"ready","present"]]' ]
}

@test "when its event loop stands still, the watchdog ends it, and it comes back" {
	drop_in WatchdogSec=8
	pid=$(main_pid)
	host "kill -STOP $pid"
	becomes "[ ! -e /proc/$pid ]"
	[ "$(main_pid)" != "$pid" ]
	run host "journalctl --sync; journalctl -q -u vgpud -o cat | grep -i 'watchdog timeout'"
	[ "$status" -eq 0 ] || fail "$(host 'journalctl -q -u vgpud -o cat')"
	no_drop_in
	[ "$(host 'vgpuctl list -o name')" = web ]
}

@test "a removal that hangs in the kernel holds up neither the end of the service nor its next start" {
	host 'vgpuctl create --type vgpu-64M --name held'
	uuid=$(uuid_of held)
	# Somebody who has it open and does not let go when the kernel asks.
	host "vfio-selftest $uuid >/dev/null 2>&1 & echo \$! >/run/lab/holder
		until grep -Eq 'open|running' /sys/bus/mdev/devices/$uuid/vgpu/state; do :; done; kill -STOP \$!; systemctl stop vgpud"
	# As an agent leaves it that dies right before it tells the kernel.
	host 'cat /var/lib/vgpud/ledger.db' >"$BATS_TEST_TMPDIR/ledger.db"
	python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
assert db.execute("UPDATE vgpu SET wanted = 0 WHERE name = ?", ("held",)).rowcount == 1
db.commit()' "$BATS_TEST_TMPDIR/ledger.db"
	lab put "$BATS_TEST_TMPDIR/ledger.db" /var/lib/vgpud/ledger.db
	host 'systemctl start vgpud'
	processes=/sys/fs/cgroup/system.slice/vgpud.service/cgroup.procs
	becomes "[ \"\$(wc -l <$processes)\" = 2 ]"
	host 'timeout 15 systemctl stop vgpud'
	[ "$(property ActiveState) $(property Result)" = 'inactive success' ]
	[ "$(host "wc -l <$processes")" = 1 ]
	host 'systemctl start vgpud'
	[ "$(main_pid)" -gt 1 ]
	host 'kill -KILL $(cat /run/lab/holder)'
	becomes '[ "$(vgpuctl list -o name)" = web ]'
}

@test "metrics are served as the man page says, to this host" {
	mapfile -t lines < <(sed -n '/^\.Sh METRICS/,/^\.Sh FILES/{/^ExecStart=/,/^\.Ed/p}' "$ROOT/man/vgpud.8" | grep -v '^\.Ed')
	((${#lines[@]} >= 4))
	drop_in "${lines[@]}"
	run host 'busybox wget -qO- http://127.0.0.1:9479/metrics'
	[ "$status" -eq 0 ] && [[ $output == *'vgpu_weight{'*'name="web"'* ]] || fail "$output"
	run host 'systemd-analyze security --no-pager --threshold=20 vgpud.service | tail -n 1'
	[ "$status" -eq 0 ] || fail "$output"
	no_drop_in
}

@test "a GPU that appears starts the enabled service, which brings back what was on it" {
	host "systemctl stop vgpud && rmmod vgpu"
	becomes '! systemctl --quiet is-active vgpu.target'
	[ "$(property ActiveState)" = inactive ]
	host 'insmod /lab/vgpu.ko'
	becomes 'systemctl --quiet is-active vgpu.target && systemctl --quiet is-active vgpud.service'
	[ "$(host 'vgpuctl list -o json' | jq -c '.vgpus | map([.name, .weight, .state, .verdict])')" = '[["web",300,"ready","restored"]]' ]
	uuid=$(uuid_of web)
	becomes "systemctl --quiet is-active sys-class-mdev_bus-$GPU.device"
	becomes "systemctl --quiet is-active \$(systemd-escape --path --suffix=device /sys/bus/mdev/devices/$uuid)"
}

@test "without its sockets it stops, and a client is told so" {
	host 'vgpuctl delete web; systemctl stop vgpud.socket'
	[ "$(property ActiveState) $(property Result) $(property ActiveState vgpud-ro.socket)" = 'inactive success inactive' ]
	run host 'ls /run/vgpud; vgpuctl list 2>&1'
	[ "$status" -eq 7 ] && [ "${#lines[@]}" -eq 1 ] || fail "$output"
	host 'systemctl start vgpud'
	[ "$(main_pid)" -gt 1 ]
	run complaints 'loading out-of-tree module|module verification failed|in use, asking for its release' host
	[ -z "$output" ] || fail "$output"
}
