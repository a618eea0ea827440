#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2154,SC2016,SC2030,SC2031
# doctor.bats - what vgpuctl doctor makes of hosts that are well, and of each way not to be.

load helper

setup_file() {
	build_shim
	build_so libvirt-shim -lvirt -ldl -lpthread
}

setup() {
	common_setup
	export VGPU_SHIM_LOG=$dir/libvirt.log
	make_host
	echo 'classes: {gold: {weight: 200}}' > "$dir/policy.yaml"
}

teardown() { stop_agent; }

# A directory that stands for /: its sysfs is the agent's.
make_host() {
	put "$dir/proc/sys/kernel/osrelease" 6.12.0-test
	put "$dir/proc/cpuinfo" 'flags : fpu vmx sse2'
	put "$dir/lib/modules/6.12.0-test/modules.dep" 'kernel/drivers/vfio/mdev/mdev.ko.xz: kernel/drivers/vfio/vfio.ko.xz'
	put "$dir/lib/modules/6.12.0-test/modules.builtin" 'kernel/drivers/char/random.ko'
	put "$sysfs/module/vgpu/parameters/track_ppgtt" Y
	mkdir -p "$sysfs/module/kvm_intel" "$sysfs/module/vfio_iommu_type1" "$sysfs/bus/pci/devices" "$sysfs/kernel/iommu_groups/1"
	put "$dir/dev/vfio/vfio" ''
	put "$dir/dev/kvm" ''
	chmod 660 "$dir/dev/kvm"
	put "$dir/etc/passwd" "libvirt-qemu:x:64055:$(stat -c %g "$dir/dev/kvm")::/:/bin/false"
	make_gpu 0000:00:02.0
	ln -s ../../kernel/iommu_groups/1 "$sysfs/devices/0000:00:02.0/iommu_group"
}

start() { # with libvirt's test driver
	printf '<node>%s</node>\n' "${domains:-}" > "$dir/node.xml"
	VGPU_PRELOAD=$BATS_FILE_TMPDIR/libvirt-shim.so start_agent --libvirt "test://$dir/node.xml" --policy "$dir/policy.yaml"
	put "$dir/etc/group" "vgpu:x:$(stat -c %g "$dir/vgpud.sock"):"
	# The agent listens before it has looked at the domains.
	until vgpuctl doctor --root "$dir" | grep -q '^ok  *libvirt '; do kill -0 "$agent"; done
}

domain() { # NAME UUID: shut off
	echo "<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><test:runstate>5</test:runstate>
		<name>$1</name><memory>65536</memory><os><type arch='x86_64'>hvm</type></os><devices>
		<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='$2'/></source></hostdev></devices></domain>"
}

# well: nothing is found, and everything was looked at
well() {
	local check
	run vgpuctl doctor --root "$dir"
	echo "$output"
	[ "$status" = 0 ]
	[ "${lines[-1]}" = '0 problems, 0 warnings' ]
	grep -Eqv '^(ok |$|0 )' <<< "$output" && return 1
	for check in module mdev gpu iommu tracking kvm vfio access agent ledger policy libvirt vgpus domains leftovers; do
		grep -Eq "^ok +$check " <<< "$output" || { echo "no $check"; return 1; }
	done
}

# finds VERDICT CHECK PATTERN REMEDY: one finding, which is so; the exit status is that of a problem, if it is one
finds() {
	local seen
	run vgpuctl doctor --root "$dir"
	echo "$output"
	[ "$status" = "$([ "$1" = problem ] && echo 1 || echo 0)" ]
	seen=$(grep -E -A 1 "^$1 +$2 " <<< "$output")
	[[ $seen =~ $3 ]] || { echo "not seen: $3"; return 1; }
	[[ -z $4 || ${seen#*$'\n'} == *"$4"* ]] || { echo "no remedy: $4"; return 1; }
}

@test "a host that is well" {
	start
	well
	vgpuctl create --aperture 64M --name a --class gold
	vgpuctl create --aperture 64M --name b
	well
	[ -z "$(vgpuctl doctor --root "$dir" -o name)" ]
	[ "$(vgpuctl doctor --root "$dir" -o json | jq -c '[.schema, .problems, .warnings, ([.checks[].verdict] | unique)]')" = '[1,0,0,["ok"]]' ]
	vgpuctl doctor --root "$dir" -o yaml | grep -q '^problems: 0$'
}

@test "the module" {
	start
	mv "$sysfs/module/vgpu" "$dir/vgpu"
	# With another vendor's GPU, or with ours under a name of its own, it need not be there.
	finds note module 'vgpu is not built for Linux 6.12.0-test, which runs' 'make kmod && insmod'
	mv "$sysfs/class/mdev_bus/0000:00:02.0" "$dir/gpu"
	finds problem module 'is not built for Linux 6.12.0-test' 'make kmod && insmod kmod/vgpu.ko'
	mkdir -p "$dir/var/lib/dkms/vgpu"
	finds problem module 'is not built for Linux 6.12.0-test' 'dkms autoinstall && modprobe vgpu'
	echo 'updates/dkms/vgpu.ko.zst: kernel/drivers/vfio/mdev/mdev.ko.xz' >> "$dir/lib/modules/6.12.0-test/modules.dep"
	finds problem module 'vgpu is built for Linux 6.12.0-test and not loaded' 'modprobe vgpu'
	mv "$dir/gpu" "$sysfs/class/mdev_bus/0000:00:02.0"
	mv "$dir/vgpu" "$sysfs/module/vgpu"
	well
	put "$sysfs/module/vgpu/parameters/track_ppgtt" N
	finds note tracking "guests' page tables are compared" CONFIG_KVM_EXTERNAL_WRITE_TRACKING
}

@test "the kernel: mediated devices, KVM, VFIO" {
	start
	mv "$sysfs/bus/mdev" "$dir/mdev"
	finds problem mdev 'module for mediated devices is not loaded' 'modprobe mdev'
	echo 'kernel/notmdev.ko: kernel/mdev.ko' > "$dir/lib/modules/6.12.0-test/modules.dep"
	finds problem mdev 'Linux 6.12.0-test has no mediated devices' CONFIG_VFIO_MDEV
	mv "$dir/mdev" "$sysfs/bus/mdev"
	rmdir "$sysfs/module/kvm_intel"
	finds problem kvm 'KVM is not loaded' 'modprobe kvm_intel'
	put "$dir/proc/cpuinfo" 'flags : fpu sse2'
	finds problem kvm 'offers no virtualization' firmware
	mkdir "$sysfs/module/kvm_intel"
	chmod 600 "$dir/dev/kvm"
	finds note kvm 'seems not to be for libvirt-qemu' udevadm
	put "$dir/etc/libvirt/qemu.conf" '  user = "root"'
	well
	rm "$dir/dev/kvm"
	finds problem kvm 'there is no /dev/kvm' dmesg
	put "$dir/dev/kvm" ''
	rmdir "$sysfs/module/vfio_iommu_type1"
	finds problem vfio "no way to reach guests' memory" 'modprobe vfio_iommu_type1'
	rm "$dir/dev/vfio/vfio"
	finds problem vfio 'VFIO is not loaded' 'modprobe vfio'
	put "$dir/dev/iommu" ''
	well
}

@test "the GPU" {
	start
	rm "$sysfs/devices/0000:00:02.0/iommu_group"
	well
	make_i915 0000:00:02.0
	finds problem gpu '0000:00:02.0 is held by i915' 'vgpuctl gpu bind 0000:00:02.0'
	rm "$sysfs/devices/0000:00:02.0/driver"
	finds problem gpu '0000:00:02.0 has no driver' 'vgpuctl gpu bind 0000:00:02.0'
	rm -r "$sysfs/module/vgpu"
	finds problem gpu '0000:00:02.0 has no driver' 'modprobe vgpu && vgpuctl gpu bind 0000:00:02.0'
	put "$sysfs/devices/0000:00:02.0/device" 0x0416
	finds problem gpu 'there is no Haswell GPU \(PCI 8086:0412\)' firmware
	# One that can be shared is enough.
	make_gpu 0000:03:00.0
	put "$sysfs/module/vgpu/parameters/track_ppgtt" Y
	well
	put "$sysfs/devices/0000:00:02.0/device" 0x0412
	finds note gpu '0000:00:02.0 has no driver' 'vgpuctl gpu bind'
}

@test "the agent: not installed, not started, dead, of another version" {
	finds problem agent 'does not run, and there is no service' 'make install && systemctl enable --now vgpud'
	put "$dir/etc/systemd/system/vgpud.service" ''
	finds problem agent 'its service is installed and not started' 'systemctl enable --now vgpud; journalctl -u vgpud'
	# What does not need the agent is examined all the same.
	grep -q '^ok  *module ' <<< "$output"
	grep -Eq ' (ledger|libvirt) ' <<< "$output" && return 1
	start
	kill -KILL "$agent"
	wait "$agent" || :
	finds problem agent 'vgpud.sock: vgpud does not answer: Connection refused' 'systemctl restart vgpud'
	rm "$dir/vgpud.sock"
	echo '{"jsonrpc":"2.0","id":1,"result":{"version":"0.0.1"}}' > "$dir/answer"
	export ANSWER=$dir/answer
	socat "UNIX-LISTEN:$dir/vgpud.sock,fork,mode=660" SYSTEM:'while read -r i; do cat "$ANSWER"; done' 3>&- &
	agent=$!
	while [ ! -S "$dir/vgpud.sock" ]; do read -rt 0.02 <> <(:) || :; done
	finds warning agent 'vgpud that runs is version 0.0.1, vgpuctl [0-9]' 'systemctl restart vgpud'
	kill "$agent"
	wait "$agent" || :
	agent=
}

@test "the agent has ended: what it said last is the cause, if it was an error" {
	# The last words come from the real agent, and go to a journal as systemd would have it.
	say() { # PRIORITY TEXT
		mkdir -p "$dir/var/log/journal"
		printf '%s\n' "__REALTIME_TIMESTAMP=17000000000000$((++said + 10))" "__MONOTONIC_TIMESTAMP=$said" \
			_BOOT_ID=11111111111111111111111111111111 "_SYSTEMD_UNIT=${3:-vgpud.service}" "PRIORITY=$1" "MESSAGE=$2" '' >> "$dir/entries"
		rm -f "$dir"/var/log/journal/*
		/lib/systemd/systemd-journal-remote -o "$dir/var/log/journal/system.journal" - < "$dir/entries" 2> /dev/null
	}
	local last
	start
	stop_agent
	put "$dir/etc/systemd/system/vgpud.service" ''
	python3 -c 'import sqlite3, sys
sqlite3.connect(sys.argv[1]).execute("PRAGMA user_version = 99")' "$dir/state/ledger.db"
	last=$("$VGPU_BIN_DIR/vgpud" --socket "$dir/vgpud.sock" --sysfs "$sysfs" --state "$dir/state" --libvirt none 2>&1 || :)
	say 3 "${last#<3>}"
	say 3 'something else' other.service
	finds problem agent 'vgpud has ended, and said why: vgpud: .*/state: a newer vgpud wrote the ledger; install that version again' \
		'do as it says, then systemctl restart vgpud'
	say 6 'vgpud: --libvirt: qemu:///sytem: libvirt has no such thing'
	finds problem agent 'said why: vgpud: --libvirt: qemu:///sytem' 'do as it says'
	say 5 'a: restored'
	finds problem agent 'its service is installed and not started' 'systemctl enable --now vgpud'
}

@test "who may change vGPUs" {
	start
	put "$dir/etc/group" 'vgpu:x:4242:'
	finds warning access 'not of the group vgpu' 'systemctl restart vgpud'
	put "$dir/etc/group" 'root:x:0:'
	finds note access 'no group vgpu: root alone' systemd-sysusers
	chmod 666 "$dir/vgpud.sock"
	finds problem access 'everybody on this host may change vGPUs' "chmod 660 $dir/vgpud.sock"
}

@test "the ledger: damaged, on a full disk" {
	start
	stop_agent
	VGPU_SHIM_ROOM_BYTES=$((20 << 20)) start
	finds warning ledger "the disk of $dir/state is nearly full: 20M free" 'make room'
	stop_agent
	VGPU_SHIM_ROOM_BYTES=4096 start
	finds problem ledger 'nearly full: 0 free' 'make room'
	stop_agent
	start
	vgpuctl create --aperture 4M --name zzzz
	well
	stop_agent
	# The index over names says something else than the table.
	python3 - "$dir/state/ledger.db" <<- 'EOF'
		import sqlite3, sys
		db = sqlite3.connect(sys.argv[1])
		(index,) = db.execute("SELECT rootpage FROM sqlite_master WHERE type = 'index'").fetchone()
		(size,) = db.execute("PRAGMA page_size").fetchone()
		db.close()
		data = bytearray(open(sys.argv[1], "rb").read())
		data[data.index(b"zzzz", (index - 1) * size) + 3] = ord("y")
		open(sys.argv[1], "wb").write(data)
	EOF
	start
	finds problem ledger "$dir/state/ledger.db is damaged: " backup
}

@test "the policy: changed, wrong, without a class that is used, none" {
	start
	vgpuctl create --aperture 64M --name a --class gold
	echo 'classes: {gold: {weight: 300}}' > "$dir/policy.yaml"
	finds warning policy "$dir/policy.yaml has changed since it was read" 'systemctl reload vgpud'
	echo 'classes: {gold: {wait: 300}}' > "$dir/policy.yaml"
	finds problem policy "$dir/policy.yaml:1:" 'correct it, then systemctl reload vgpud'
	echo 'classes: {tin: {}}' > "$dir/policy.yaml"
	kill -HUP "$agent"
	until grep -q 'policy.yaml: read again' "$dir/log"; do kill -0 "$agent"; done
	finds warning policy 'a is of class gold, which is not in it' --class
}

@test "libvirt does not answer, or is not wanted" {
	start_agent --libvirt none --policy "$dir/policy.yaml"
	finds note libvirt 'runs with --libvirt none' ''
	stop_agent
	start_agent --libvirt "qemu+unix:///system?socket=$dir/nothing.sock" --policy "$dir/policy.yaml"
	finds problem libvirt 'nothing.sock does not answer' 'systemctl start libvirtd'
}

@test "vGPUs that are missing, differ, or were stopped" {
	local uuid
	start
	vgpuctl create --aperture 64M --name a
	uuid=$(vgpuctl list -o json | jq -r '.vgpus[0].uuid')
	echo stopped > "$sysfs/bus/mdev/devices/$uuid/vgpu/state"
	finds warning vgpus 'a was stopped for repeated hangs' 'restart its guest'
	stop_agent
	echo ready > "$sysfs/bus/mdev/devices/$uuid/vgpu/state"
	echo 4096 > "$sysfs/bus/mdev/devices/$uuid/vgpu/aperture_bytes"
	start
	finds warning vgpus 'a differs: its sizes' 'vgpuctl delete a'
	rm -r "$sysfs/bus/mdev/devices/$uuid" "$sysfs/devices/0000:00:02.0/$uuid"
	finds problem vgpus 'a is missing: its device was removed' 'vgpuctl restore a'
	vgpuctl restore a
	well
	vgpuctl gpu unbind 00:02.0
	finds problem vgpus 'a is missing: GPU 0000:00:02.0 is not there' 'vgpuctl gpu bind 0000:00:02.0'
	rm -r "$sysfs/bus/pci/devices/0000:00:02.0"
	finds problem vgpus 'a is missing: GPU 0000:00:02.0 is not there' 'put GPU 0000:00:02.0 back, or vgpuctl delete a'
}

@test "domains with a vGPU that is not there: ours, and one that nobody knows" {
	local uuid
	start
	vgpuctl create --aperture 64M --name a
	uuid=$(vgpuctl list -o json | jq -r '.vgpus[0].uuid')
	stop_agent
	domains=$(domain web "$uuid")
	start
	well
	rm -r "$sysfs/bus/mdev/devices/$uuid" "$sysfs/devices/0000:00:02.0/$uuid"
	finds problem domains "web can't start without vGPU a, which is missing" 'vgpuctl restore a'
	stop_agent
	domains=$(domain db 11111111-2222-4333-8444-555555555555)$(domain '$(reboot) x' 11111111-2222-4333-8444-666666666666)
	start
	finds problem domains "db can't start without mediated device 11111111-2222-4333-8444-555555555555, which nobody knows" 'virsh edit db'
	# What is to be typed has no name in it that the shell would take apart.
	grep -q 'virsh edit DOMAIN,' <<< "$output"
	grep -q 'virsh edit .*reboot' <<< "$output" && return 1
	[ "$(vgpuctl doctor --root "$dir" -o name | sort -u)" = domains ]
}

@test "devices that nobody knows, and what is half-made" {
	local other=11111111-2222-4333-8444-555555555555 device
	start
	device=$sysfs/devices/0000:00:02.0/$other
	put "$device/vgpu/state" ready
	put "$device/vgpu/aperture_bytes" $((64 << 20))
	ln -s "../../../devices/0000:00:02.0/$other" "$sysfs/bus/mdev/devices/$other"
	finds warning leftovers "$other on GPU 0000:00:02.0 was not made by vgpud, no domain has it, and it holds 64M" "/sys/bus/mdev/devices/$other/remove"
	echo open > "$device/vgpu/state"
	well
	echo ready > "$device/vgpu/state"
	stop_agent
	domains=$(domain web $other)
	start
	well
	vgpuctl create --aperture 64M --name half
	echo 'remove WAIT' > "$sysfs/fail"
	vgpuctl delete half 2> /dev/null 3>&- &
	until vgpuctl list | grep -q '^half  *removing'; do kill -0 "$agent"; done
	finds warning vgpus 'half is half-made or half-removed, and the kernel is at it' 'stop what has it open'
	rm "$sysfs/fail"
	wait $!
	well
}

@test "usage" {
	fails 2 "$dir/nowhere: it can't be opened" doctor --root "$dir/nowhere"
	fails 2 'extra: unexpected argument' doctor extra
	fails 2 'xml: not an output format' doctor -o xml
}

@test "everybody may ask, which leaves no trace in the log; a parameter too many is refused" {
	local log
	start
	log=$(cat "$dir/log")
	request "$dir/vgpud-ro.sock" '{"jsonrpc":"2.0","id":1,"method":"doctor.run"}' | jq -e '.result.checks | length >= 6'
	request "$dir/vgpud-ro.sock" '{"jsonrpc":"2.0","id":1,"method":"doctor.run","params":{"a":1}}' | jq -e '.error.code == -32602'
	[ "$(cat "$dir/log")" = "$log" ]
}
