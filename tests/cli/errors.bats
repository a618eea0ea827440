#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2154
# errors.bats - every way to fail: one line, the documented exit code, nothing half-made.

load helper

setup_file() { build_shim; }

setup() {
	common_setup
	make_gpu 0000:00:02.0
}

teardown() { stop_agent; }

@test "no agent: 7" {
	fails 7 'vgpud does not answer.*systemctl start vgpud' list
	fails 7 'vgpud does not answer' create --aperture 64M
}

@test "no GPU: 3" {
	rm "$sysfs/class/mdev_bus/0000:00:02.0"
	start_agent
	fails 3 'no GPU of this host' create --aperture 64M
	fails 3 'no such GPU' create --aperture 64M --gpu 00:03.0
	fails 3 'no such GPU' gpu show 00:02.0
	[ -z "$(vgpuctl gpu list -o name)" ]
}

@test "usage: 2" {
	start_agent
	fails 2 '--bogus: unknown option' create --bogus
	fails 2 '--aperture: it needs an argument' create --aperture
	fails 2 '--live: unknown option for this command' create --aperture 64M --live
	fails 2 'frobnicate: no such command' frobnicate
	fails 2 'gpu: it needs a second word; see vgpuctl help gpu' gpu
	fails 2 'gpu frob: no such command; see vgpuctl help gpu' gpu frob
	fails 2 ' gp: no such command; see vgpuctl help$' gp
	fails 2 'none was given'
	fails 2 'extra: unexpected argument' show a extra
	fails 2 'show: it needs an argument' show
	fails 2 '--domain: this command needs it' attach a
	fails 2 'xml: not an output format; use table, wide, json, yaml or name' list -o xml
	fails 2 'what to change' set a
	fails 2 'give --aperture' create
	fails 2 'not a name for a vGPU' create --aperture 64M --name ../etc
	fails 2 'not a name for a vGPU' create --aperture 64M --name 11111111-2222-4333-8444-555555555555
	fails 2 'not a name for a vGPU' create --aperture 64M --name $'a\nb'
	fails 2 'its sizes come with the type' create --type vgpu-64M --hidden 64M
	fails 2 'no size of its own' create --type vgpu-flex
}

@test "sizes that are none: 2, and the option and the remedy are named" {
	local size
	start_agent
	for size in 128Q -1 0 1 '' 0K 4K4 1.5G 0x1000 ' 4K' 99999999999999999999 9999999999G 128MM 4097; do
		fails 2 '--aperture .*; give bytes or a number with K, M or G' create --aperture "$size"
	done
	fails 2 '--hidden 5: ' create --aperture 64M --hidden 5
	fails 2 '--fences 33: not a number from 1 to 32' create --aperture 64M --fences 33
	fails 2 '--weight 0: not a number' create --aperture 64M --weight 0
	fails 2 '--weight 10001: not a number' create --aperture 64M --weight 10001
	fails 2 '--cap 101: not a number' create --aperture 64M --cap 101
}

@test "larger than the GPU: 4, with what would fit" {
	start_agent
	fails 4 'vgpu-1: --aperture 512M can.t be had: GPU 0000:00:02.0 has 256M of aperture; ask for less' create --aperture 512M
	fails 4 'vgpu-1: --hidden 4G can.t be had: GPU 0000:00:02.0 has 1536M of hidden memory; ' create --aperture 64M --hidden 4G
	fails 4 'vgpu-1: --fences 32 can.t be had: GPU 0000:00:02.0 has 16 fences; ' create --aperture 64M --fences 32
	# Not the larger one, which another vGPU holds a part of, but the one that can never be had.
	vgpuctl create --aperture 64M --name a
	fails 4 'GPU 0000:00:02.0 has 16 fences' create --aperture 256M --fences 32
	fails 4 'a: --aperture 1G can.t be had: GPU 0000:00:02.0 has 256M of aperture; ' set a --aperture 1G
}

@test "no room: 4, with what is short, who holds it, the largest hole and what would fit" {
	start_agent
	vgpuctl create --aperture 64M --hidden 64M --fences 2 --name a
	vgpuctl create --aperture 64M --hidden 64M --fences 2 --name b
	vgpuctl create --aperture 64M --hidden 64M --fences 2 --name c
	vgpuctl delete b
	fails 4 'vgpu-1: GPU 0000:00:02.0 is short of aperture: 96M wanted, 128M free, largest hole 64M, held by a 64M, c 64M; ask for --aperture 64M or less' \
		create --aperture 96M --fences 1
	fails 4 'a: aperture can.t grow from 64M to 196M: GPU 0000:00:02.0 has 128M free beside it, largest hole 64M, held by c 64M; ask for less or delete' \
		set a --aperture 196M
	fails 4 'a: fences can.t grow from 2 to 16: GPU 0000:00:02.0 has 12 free beside it' set a --fences 16
	fails 4 'short of aperture.*, fences short too; ' create --aperture 128M --fences 13
	fails 4 'short of fences: 13 wanted, 12 free' create --aperture 4K --fences 13
	echo 0 > "$sysfs/devices/0000:00:02.0/mdev_supported_types/vgpu-64M/available_instances"
	fails 4 'vgpu-64M: GPU 0000:00:02.0 has no instance left' create --type vgpu-64M
	fails 3 'vgpu-1M: GPU 0000:00:02.0 has no such type' create --type vgpu-1M
}

@test "no room that only the kernel knows of: the half-made device goes" {
	local attribute
	start_agent
	for attribute in create aperture_bytes hidden_bytes fences; do
		echo "$attribute ENOSPC" > "$sysfs/fail"
		fails 4 'vgpu-1: GPU 0000:00:02.0 has no room for .*; ask for less' create --aperture 64M
	done
	for attribute in aperture_bytes hidden_bytes fences weight; do
		echo "$attribute EINVAL" > "$sysfs/fail"
		fails 1 "vgpu-1: GPU 0000:00:02.0 refused the value of $attribute" create --aperture 64M --weight 3
	done
	echo 'create EIO' > "$sysfs/fail"
	fails 1 'made no vgpu-flex' create --aperture 64M
	rm "$sysfs/fail"
	vgpuctl create --aperture 64M
}

@test "a name that is taken: 5" {
	start_agent
	vgpuctl create --aperture 64M --name a
	fails 5 'a: there is a vGPU of this name; choose another name' create --aperture 64M --name a
}

@test "delete of what is in use: 5" {
	local uuid
	start_agent
	vgpuctl create --aperture 64M --name a
	uuid=$(vgpuctl list -o json | jq -r '.vgpus[0].uuid')
	for state in open running; do
		echo $state > "$sysfs/bus/mdev/devices/$uuid/vgpu/state"
		fails 5 "a: a guest has it open .state $state.*; stop" delete a
	done
	echo stopped > "$sysfs/bus/mdev/devices/$uuid/vgpu/state"
	echo 'remove EBUSY' > "$sysfs/fail"
	fails 5 'a: the kernel says that it is in use' delete a
}

@test "delete of what is opened in the last moment: 5 at the limit, and nothing else waits for it" {
	local uuid rc=0
	start_agent --libvirt none --remove-timeout 0.5
	vgpuctl create --aperture 64M --name a
	vgpuctl create --aperture 64M --name b
	uuid=$(vgpuctl list -o json | jq -r '.vgpus[0].uuid')
	echo 'remove WAIT' > "$sysfs/fail"
	vgpuctl delete a 2> "$dir/first" 3>&- &
	first=$!
	until [ "$(vgpuctl list -o json | jq -r '.vgpus[0].state')" = removing ]; do kill -0 $first; done
	vgpuctl set b --weight 3
	wait $first || rc=$?
	[ "$rc" = 5 ]
	grep -q '^vgpuctl: a: the kernel waits for somebody who has it open; stop what has it open' "$dir/first"
	# It can't be called back: whatever is asked of it now is refused, its name is not free.
	fails 5 'a: it is being removed; stop what has it open' delete a
	fails 5 'a: it is being removed; stop what has it open' set a --weight 4
	fails 5 'there is a vGPU of this name' create --aperture 4M --name a
	rm "$sysfs/fail"
	until [ "$(vgpuctl list -o name)" = b ]; do kill -0 "$agent"; done
	[ ! -e "$sysfs/bus/mdev/devices/$uuid" ]
	grep -q '^<5>a: removed$' "$dir/log"
	vgpuctl create --aperture 64M --name a
}

@test "an agent that ends while a removal hangs does not wait for it, and the next one finishes it" {
	start_agent --libvirt none --remove-timeout 0.1
	vgpuctl create --aperture 64M --name a
	echo 'remove WAIT' > "$sysfs/fail"
	run vgpuctl delete a
	[ "$status" = 5 ]
	stop_agent
	# The child that hangs holds neither the socket nor the ledger.
	start_agent --libvirt none --remove-timeout 0.1
	[ "$(vgpuctl list -o json | jq -r '.vgpus[0].state')" = removing ]
	rm "$sysfs/fail"
	until [ -z "$(vgpuctl list -o name)" ]; do kill -0 "$agent"; done
	[ -z "$(ls "$sysfs/bus/mdev/devices")" ]
}

@test "what is not there: 3" {
	start_agent
	for command in show delete xml detach; do
		fails 3 'nobody: no such vGPU; see vgpuctl list' $command nobody
	done
	fails 3 'nobody: no such vGPU' set nobody --weight 3
	fails 3 'nobody: no such vGPU' attach nobody --domain d
	fails 3 'no such vGPU' show 11111111-2222-4333-8444-555555555555
}

@test "without libvirt, attach and create --domain say so and make nothing" {
	start_agent
	fails 1 'd: vgpud runs without libvirt' create --aperture 64M --domain d
	vgpuctl create --aperture 64M --name a
	fails 1 'vgpud runs without libvirt' attach a --domain d
	fails 1 'vgpud runs without libvirt' detach a
}

@test "output that can't be written is a failure" {
	start_agent
	run bash -c "'$VGPU_BIN_DIR/vgpuctl' help > /dev/full"
	[ "$status" = 1 ]
}
