#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2154
# gpu.bats - GPUs that change hands between vgpu and the stock driver.

load helper

setup_file() { build_shim; }

setup() {
	common_setup
	make_gpu 0000:00:02.0
	gpu=$sysfs/devices/0000:00:02.0
}

teardown() { stop_agent; }

driver() { [ ! -L "$gpu/driver" ] || basename "$(readlink "$gpu/driver")"; }

# handed DRIVER OVERRIDE: who has the GPU, and what keeps others from it
handed() { [ "$(driver) $(cat "$gpu/driver_override")" = "$1 $2" ]; }

@test "a GPU is taken from i915 and given back; its vGPUs go and come back" {
	local uuid
	make_i915 0000:00:02.0
	start_agent
	[ "$(vgpuctl gpu list -o json | jq -c '.gpus[] | [.gpu, .id, .driver, .aperture_total_bytes]')" = '["0000:00:02.0","8086:0412","i915",null]' ]
	vgpuctl gpu list | grep -Eq '^0000:00:02.0 8086:0412 i915 +- +- +- +- *$'
	vgpuctl gpu show 00:02.0 | diff - <(printf '%-10s %s\n' gpu 0000:00:02.0 id 8086:0412 driver i915)
	fails 3 '0000:00:02.0: this GPU is not shared: i915 has it; vgpuctl gpu bind 0000:00:02.0' create --aperture 64M
	fails 3 'this GPU is not shared: i915 has it' create --aperture 64M --gpu 00:02.0
	fails 3 '00:03.0: no such GPU' create --aperture 64M --gpu 00:03.0
	[ -z "$(vgpuctl gpu bind 00:02.0)" ]
	handed vgpu vgpu
	vgpuctl gpu list | grep -Eq '^0000:00:02.0 8086:0412 vgpu +256M/256M'
	vgpuctl create --aperture 64M --name a --weight 7
	uuid=$(vgpuctl list -o json | jq -r '.vgpus[0].uuid')
	vgpuctl gpu unbind 0000:00:02.0
	handed i915 '(null)'
	[ "$(vgpuctl list -o json | jq -c '.vgpus[] | [.state, .verdict]')" = '["missing","missing: GPU 0000:00:02.0 is not there"]' ]
	[ "$(vgpuctl gpu bind 0000:00:02.0 -o table)" = '0000:00:02.0 vgpu' ]
	[ "$(vgpuctl list -o json | jq -c '.vgpus[] | [.state, .verdict, .uuid, .weight]')" = "[\"new\",\"restored\",\"$uuid\",7]" ]
	# Again is no failure, and changes nothing.
	vgpuctl gpu bind 0000:00:02.0
	handed vgpu vgpu
}

@test "without the stock driver, a GPU is left without one" {
	start_agent
	vgpuctl gpu unbind 00:02.0
	handed '' '(null)'
	fails 3 'this GPU is not shared: no driver has it' create --aperture 64M
	[ "$(vgpuctl gpu list -o json | jq -c '.gpus[] | [.gpu, .driver]')" = '["0000:00:02.0",null]' ]
	vgpuctl gpu unbind 00:02.0 --output json | jq -e '.schema == 1 and .gpu == "0000:00:02.0" and .driver == null'
	vgpuctl gpu bind 00:02.0 --output json | jq -e '.driver_before == null and .driver == "vgpu"'
	handed vgpu vgpu
}

@test "a dry run prints what would be written, and writes nothing" {
	make_i915 0000:00:02.0
	start_agent
	vgpuctl gpu bind 00:02.0 --dry-run | diff - <(printf 'echo %s >%s\n' vgpu "$sysfs/bus/pci/devices/0000:00:02.0/driver_override" \
		0000:00:02.0 "$sysfs/bus/pci/drivers/i915/unbind" 0000:00:02.0 "$sysfs/bus/pci/drivers/vgpu/bind")
	[ "$(vgpuctl gpu bind 00:02.0 --dry-run -o json | jq -c '[.schema, .gpu, .driver_before, .driver, (.steps | length)]')" = '[1,"0000:00:02.0","i915","vgpu",3]' ]
	[ "$(vgpuctl gpu bind 00:02.0 --dry-run -o name)" = 0000:00:02.0 ]
	handed i915 '(null)'
	vgpuctl gpu bind 00:02.0
	vgpuctl gpu unbind 00:02.0 --dry-run | grep -Fqx "echo  >$sysfs/bus/pci/devices/0000:00:02.0/driver_override"
	handed vgpu vgpu
}

@test "what is no GPU for vgpu is refused" {
	make_pci 0000:00:03.0 0x8086 0x0416
	start_agent
	fails 1 '0000:00:03.0: PCI device 8086:0416 is no GPU that vgpu could share: it must be 8086:0412' gpu bind 00:03.0
	fails 3 '00:04.0: this host has no such PCI device' gpu bind 00:04.0
	fails 3 'no such PCI device' gpu unbind ../../../devices/0000:00:02.0
	fails 3 'no such PCI device' gpu bind 0000:00:02.0/
	fails 2 'gpu bind: it needs an argument' gpu bind
	make_i915 0000:00:02.0
	mv "$sysfs/bus/pci/drivers/vgpu" "$dir/vgpu"
	fails 1 '0000:00:02.0: the module is not loaded; modprobe vgpu' gpu bind 00:02.0
	[ "$(vgpuctl gpu list -o name)" = 0000:00:02.0 ]
	request "$dir/vgpud-ro.sock" '{"jsonrpc":"2.0","id":1,"method":"gpu.bind","params":{"gpu":"00:02.0"}}' | jq -e '.error.data.exit == 6'
}

@test "a driver that does not take the GPU: the one before has it again, with what was written taken back" {
	make_i915 0000:00:02.0
	start_agent
	echo 'vgpu.bind EIO' > "$sysfs/fail"
	fails 1 '0000:00:02.0: vgpu could not take it: Input/output error; i915 still has it; see the kernel log' gpu bind 00:02.0
	handed i915 '(null)'
	echo 'i915.unbind EBUSY' > "$sysfs/fail"
	fails 5 'vgpu could not take it: Device or resource busy; i915 still has it' gpu bind 00:02.0
	handed i915 '(null)'
	rm "$sysfs/fail"
	vgpuctl gpu bind 00:02.0
	echo 'i915.bind EINVAL' > "$sysfs/fail"
	fails 1 'i915 could not take it: Invalid argument; vgpu still has it' gpu unbind 00:02.0
	handed vgpu vgpu
	printf '%s\n' 'i915.bind EINVAL' 'vgpu.bind EIO' > "$sysfs/fail"
	run vgpuctl gpu unbind 00:02.0
	[ "$status" = 1 ]
	[ "$output" = 'vgpuctl: 0000:00:02.0: i915 could not take it: Invalid argument; no driver has it now; see the kernel log' ]
}

@test "vGPUs in use keep their GPU, and so do those of others" {
	local uuid other=11111111-2222-4333-8444-555555555555
	start_agent
	vgpuctl create --aperture 64M --name a
	vgpuctl create --aperture 64M --name b
	uuid=$(vgpuctl list -o json | jq -r '.vgpus[0].uuid')
	echo running > "$sysfs/bus/mdev/devices/$uuid/vgpu/state"
	fails 5 '0000:00:02.0: its vGPUs are in use: a; shut these domains down' gpu unbind 00:02.0
	mkdir "$gpu/$other"
	ln -s "../../../devices/0000:00:02.0/$other" "$sysfs/bus/mdev/devices/$other"
	fails 5 "in use: $other, which others made, a;|in use: a, $other, which others made;" gpu unbind 00:02.0
	handed vgpu '(null)'
}

@test "the console on the GPU's screen, and whoever has it open, are not robbed of it" {
	make_i915 0000:00:02.0
	start_agent
	mkdir -p "$gpu/graphics/fb0"
	put "$sysfs/class/vtconsole/vtcon0/name" '(S) dummy device'
	put "$sysfs/class/vtconsole/vtcon0/bind" 0
	put "$sysfs/class/vtconsole/vtcon1/name" '(M) frame buffer device'
	put "$sysfs/class/vtconsole/vtcon1/bind" 1
	fails 5 '0000:00:02.0: the console is on its screen, which would go dark; echo 0 >/sys/class/vtconsole/vtcon1/bind' gpu bind 00:02.0
	echo 0 > "$sysfs/class/vtconsole/vtcon1/bind"
	# /dev/full stands for the GPU's node: nobody else has it open.
	put "$gpu/drm/card0/dev" "$((0x$(stat -c %t /dev/full))):$((0x$(stat -c %T /dev/full)))"
	sleep 600 > /dev/full 3>&- &
	fails 5 "0000:00:02.0: sleep \(process $!\) works on it by way of i915, and would lose its screen; end it first" gpu bind 00:02.0 ||
		{ kill $!; return 1; }
	handed i915 '(null)'
	kill $!
	wait $! || :
	vgpuctl gpu bind 00:02.0
	handed vgpu vgpu
}

@test "a driver that takes its time holds up nothing else, and is waited for only so long" {
	make_i915 0000:00:02.0
	start_agent --libvirt none --remove-timeout 0.1
	echo 'vgpu.bind WAIT' > "$sysfs/fail"
	vgpuctl gpu bind 00:02.0 2> "$dir/first" 3>&- &
	until vgpuctl gpu unbind 00:02.0 2> "$dir/second"; [ -s "$dir/second" ]; do kill -0 "$agent"; done
	grep -q '0000:00:02.0: another change of its driver is under way; try again' "$dir/second"
	timeout 5 "$VGPU_BIN_DIR/vgpuctl" --socket "$dir/vgpud.sock" list
	rc=0
	wait $! || rc=$?
	[ "$rc" = 1 ]
	grep -q '0000:00:02.0: the kernel has not finished with it yet, and goes on; see vgpuctl gpu list' "$dir/first"
	rm "$sysfs/fail"
	until [ "$(driver)" = vgpu ]; do kill -0 "$agent"; done
	until vgpuctl gpu bind 00:02.0; do kill -0 "$agent"; done
}

@test "an agent that ends meanwhile leaves the GPU with one of the two" {
	make_i915 0000:00:02.0
	start_agent
	echo 'vgpu.bind WAIT' > "$sysfs/fail"
	vgpuctl gpu bind 00:02.0 2> /dev/null 3>&- &
	until [ -z "$(driver)" ]; do kill -0 "$agent"; done
	kill -KILL "$agent"
	wait "$agent" || :
	wait $! || :
	rm "$sysfs/fail"
	until [ "$(driver)" = vgpu ]; do :; done
	start_agent
	[ "$(vgpuctl gpu list -o json | jq -r '.gpus[0].driver')" = vgpu ]
}
