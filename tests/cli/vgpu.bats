#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2154
# vgpu.bats - the life of a vGPU through the real CLI and the real agent.

load helper

setup_file() { build_shim; }

setup() {
	common_setup
	make_gpu 0000:00:02.0
	start_agent
}

teardown() { stop_agent; }

field() { jq -r ".vgpus[] | select(.name == \"$1\") | .$2"; }

@test "create gives a name, the sizes asked for and the documented defaults" {
	[ "$(vgpuctl create --aperture 64M)" = vgpu-1 ]
	[ "$(vgpuctl create --aperture 128M --hidden 384M --fences 4 --weight 300 --cap 50 --name web)" = web ]
	list=$(vgpuctl list -o json)
	[ "$(jq .schema <<< "$list")" = 1 ]
	[ "$(field vgpu-1 aperture_bytes <<< "$list")" = $((64 << 20)) ]
	[ "$(field vgpu-1 hidden_bytes <<< "$list")" = $((384 << 20)) ]
	[ "$(field vgpu-1 fences <<< "$list")" = 8 ]
	[ "$(field web hidden_bytes <<< "$list")" = $((384 << 20)) ]
	[ "$(field web fences <<< "$list")" = 4 ]
	[ "$(field web weight <<< "$list")" = 300 ]
	[ "$(field web cap_pct <<< "$list")" = 50 ]
	uuid=$(field web uuid <<< "$list")
	[ "$(cat "$sysfs/bus/mdev/devices/$uuid/vgpu/aperture_bytes")" = $((128 << 20)) ]
}

@test "the whole aperture can be had in one piece" {
	vgpuctl create --aperture 256M
	[ "$(vgpuctl list -o json | jq '.vgpus[0].fences')" = 16 ]
}

@test "a dry run says what would be done and does nothing" {
	before=$(state)
	vgpuctl create --aperture 128M --dry-run -o json > "$dir/out"
	[ "$(jq .hidden_bytes "$dir/out")" = $((768 << 20)) ]
	vgpuctl create --aperture 128M --name web --weight 7 --dry-run | diff - <(printf '%-10s %s\n' name web gpu 0000:00:02.0 \
		type vgpu-flex aperture 128M hidden 768M fences 16 weight 7)
	[ "$(state)" = "$before" ]
}

@test "create takes a UUID that nobody has" {
	local uuid=12345678-1234-4234-8234-123456789abc foreign=11111111-2222-4333-8444-555555555555
	[ "$(vgpuctl create --aperture 4M --name a --uuid $uuid --dry-run -o json | jq -r .uuid)" = $uuid ]
	vgpuctl create --aperture 4M --name a --uuid $uuid
	[ "$(vgpuctl list -o json | field a uuid)" = $uuid ]
	fails 5 "$uuid: vGPU a has this UUID; choose another or delete it first" create --aperture 4M --uuid $uuid
	fails 2 "${uuid^^}: not a UUID; use 8-4-4-4-12 hexadecimal digits in lower case" create --aperture 4M --uuid ${uuid^^}
	fails 2 'not a UUID' create --aperture 4M --uuid ../../../../etc/passwd
	mkdir "$sysfs/devices/0000:00:02.0/$foreign"
	ln -s "../../../devices/0000:00:02.0/$foreign" "$sysfs/bus/mdev/devices/"
	fails 5 "$foreign: a device that vgpud did not make has this UUID; choose another" create --aperture 4M --uuid $foreign
	vgpuctl delete a
	vgpuctl create --aperture 4M --name b --uuid $uuid
}

@test "list prints a table, names and a wide table" {
	[ -z "$(vgpuctl list -o name)" ]
	vgpuctl create --aperture 4K --name small
	vgpuctl list | grep -Eq '^small +new +- +0000:00:02.0 +4K +24K +1 +100 *$'
	[ "$(vgpuctl list -o name)" = small ]
	vgpuctl list -o wide | grep -Eq 'UUID'
	vgpuctl list -o yaml | grep -Eqx -- '- name: small'
	vgpuctl gpu list -o yaml | head -n 3 | diff - <(printf '%s\n' 'schema: 1' 'gpus:' '- gpu: "0000:00:02.0"')
	vgpuctl list | cat -v | grep -q '\^\[' && return 1
	true
}

@test "show says what it is, and which counters have moved" {
	local device
	vgpuctl create --aperture 64M --name a --weight 7
	device=$sysfs/bus/mdev/devices/$(vgpuctl list -o json | field a uuid)
	printf '%s\n' 'rcs_busy_ns 1234567890' 'bcs_wait_ns 5000' 'rcs_submissions 12' 'resets 0' 'reject_pte 0' 'not_yet_invented 7' \
		> "$device/vgpu/stats"
	vgpuctl show a | diff - <(printf '%-10s %s\n' name a uuid "${device##*/}" state new domain - gpu 0000:00:02.0 type vgpu-flex \
		aperture '64M at 0' hidden '384M at 256M' fences '8 at 0' weight 7 cap 100% latency none managed yes
		printf '\n'
		printf '%-22s %s\n' rcs_busy '1.235 s' bcs_wait '5.000 us' rcs_submissions 12 not_yet_invented 7
		printf '\n2 other counters are 0\n')
	vgpuctl show a -o wide | grep -Eq '^reject_pte +0$'
	[ "$(vgpuctl show a -o name)" = a ]
	[ "$(vgpuctl show a -o json | jq -c '[.schema, .vgpu.aperture_bytes, .vgpu.counters.rcs_busy_ns, .vgpu.counters.resets]')" = \
		'[1,67108864,1234567890,0]' ]
}

@test "a ledger that a newer version wrote is left alone, and one line says so" {
	vgpuctl create --aperture 64M --name a
	stop_agent
	python3 -c 'import sqlite3, sys
sqlite3.connect(sys.argv[1]).execute("PRAGMA user_version = 99")' "$dir/state/ledger.db"
	run "$VGPU_BIN_DIR/vgpud" --socket "$dir/vgpud.sock" --sysfs "$sysfs" --state "$dir/state" --libvirt none
	[ "$status" = 1 ]
	[ "$output" = "vgpud: $dir/state: a newer vgpud wrote the ledger; install that version again" ]
	[ "$(find "$sysfs/bus/mdev/devices/" -mindepth 1 | wc -l)" -ge 1 ]
}

@test "a domain's name does nothing to the terminal" {
	vgpuctl create --aperture 64M --name a
	python3 - "$dir/state/ledger.db" <<- 'EOF'
		import sqlite3, sys
		db = sqlite3.connect(sys.argv[1])
		db.execute("UPDATE vgpu SET domain = ?", ("d\x1b[31m\u009b5m\u00e9\nuuid x\x7f",))
		db.commit()
	EOF
	vgpuctl show a | grep -Fqx "domain     d?[31m?5mé?uuid x?"
	vgpuctl list | LC_ALL=C grep -q $'[\x1b\x9b\x7f]' && return 1
	vgpuctl list -o json | jq -e '.vgpus | length == 1'
}

@test "the module's other fixed types are made by name" {
	vgpuctl create --type vgpu-128M --name fixed
	[ "$(vgpuctl list -o json | jq -r '.vgpus[0].type')" = vgpu-128M ]
	vgpuctl types | grep -q vgpu-flex
	vgpuctl gpu list | grep -Eq '^0000:00:02.0 +8086:0412 +vgpu +128M/256M +128M +768M/1536M +8/16'
	[ "$(vgpuctl gpu list -o name)" = 0000:00:02.0 ]
	[ "$(vgpuctl types -o name | tr '\n' ' ')" = 'vgpu-64M vgpu-128M vgpu-256M vgpu-flex ' ]
	vgpuctl gpu show 00:02.0 | grep -Eq '^aperture +128M free of 256M, largest hole 128M$'
	[ "$(vgpuctl gpu show 00:02.0 -o name)" = 0000:00:02.0 ]
	make_gvtg 0000:05:00.0
	[ "$(vgpuctl types --gpu 05:00.0 -o name | sort | tr '\n' ' ')" = 'i915-GVTg_V5_1 i915-GVTg_V5_4 i915-GVTg_V5_8 ' ]
	vgpuctl version | grep -Eqx 'vgpud [0-9.]+'
}

@test "set changes settings at any time and sizes until the first open" {
	vgpuctl create --aperture 64M --name a
	vgpuctl set a --weight 500 --aperture 128M --hidden 512M
	[ "$(vgpuctl list -o json | field a hidden_bytes)" = $((512 << 20)) ]
	[ "$(vgpuctl list -o json | field a weight)" = 500 ]
	[ "$(vgpuctl list -o json | field a aperture_bytes)" = $((128 << 20)) ]
	uuid=$(vgpuctl list -o json | field a uuid)
	echo running > "$sysfs/bus/mdev/devices/$uuid/vgpu/state"
	vgpuctl set a --weight 600
	fails 5 "a: aperture_bytes can't change once a guest has opened it; delete it" set a --weight 700 --aperture 64M
	[ "$(vgpuctl list -o json | field a weight)" = 600 ]
}

@test "a latency target can be taken back, which a restart remembers" {
	vgpuctl create --aperture 64M --name a --latency 5000
	[ "$(vgpuctl list -o json | field a latency_us)" = 5000 ]
	vgpuctl set a --latency 0
	[ "$(vgpuctl list -o json | field a latency_us)" = 0 ]
	stop_agent
	rm -r "$sysfs/bus/mdev/devices/"* "$sysfs/devices/0000:00:02.0/"????????-*
	start_agent
	[ "$(vgpuctl list -o json | field a latency_us)" = 0 ]
}

@test "set changes what it was told to, and nothing that was changed by hand" {
	vgpuctl create --aperture 64M --name a --weight 300
	uuid=$(vgpuctl list -o json | field a uuid)
	echo 7 > "$sysfs/bus/mdev/devices/$uuid/vgpu/weight"
	vgpuctl set a --cap 50
	[ "$(vgpuctl list -o json | field a weight)" = 7 ]
	[ "$(vgpuctl list -o json | field a cap_pct)" = 50 ]
}

@test "set that fails half-way puts back what it changed" {
	vgpuctl create --aperture 64M --name a
	echo 'cap_pct EIO' > "$sysfs/fail"
	fails 1 'cap_pct could not be set' set a --aperture 128M --weight 7 --cap 10
}

@test "delete removes the device, and only what vgpud made" {
	vgpuctl create --aperture 64M --name a
	mkdir "$sysfs/devices/0000:00:02.0/11111111-2222-4333-8444-555555555555"
	ln -s ../../../devices/0000:00:02.0/11111111-2222-4333-8444-555555555555 "$sysfs/bus/mdev/devices/"
	vgpuctl delete a
	[ "$(vgpuctl list -o name)" = 11111111-2222-4333-8444-555555555555 ]
	fails 6 'did not make' delete 11111111-2222-4333-8444-555555555555
	[ "$(jq '.vgpus | length' <<< "$(vgpuctl list -o json)")" = 1 ]
}

@test "xml prints the hostdev element" {
	vgpuctl create --aperture 64M --name a
	uuid=$(vgpuctl list -o json | field a uuid)
	vgpuctl xml a > "$dir/xml"
	grep -q "<hostdev mode=\"subsystem\" type=\"mdev\" managed=\"no\" model=\"vfio-pci\" display=\"off\">" "$dir/xml"
	grep -q "<address uuid=\"$uuid\"/>" "$dir/xml"
}

@test "of several GPUs one with room is taken, or the one that was asked for" {
	make_gpu 0000:03:00.0
	vgpuctl create --aperture 256M --hidden 4K --fences 1 --name a
	[ "$(vgpuctl list -o json | field a gpu)" = 0000:00:02.0 ]
	vgpuctl create --aperture 64M --name b
	[ "$(vgpuctl list -o json | field b gpu)" = 0000:03:00.0 ]
	vgpuctl create --aperture 64M --name c
	[ "$(vgpuctl list -o json | field c gpu)" = 0000:03:00.0 ]
	fails 4 'GPU 0000:00:02.0 is short of aperture' create --aperture 64M --gpu 00:02.0
}

@test "another vendor's GPU: the smallest type that covers the request" {
	make_gvtg 0000:05:00.0
	vgpuctl create --aperture 100M --gpu 05:00.0 --name other
	[ "$(vgpuctl list -o json | field other type)" = i915-GVTg_V5_4 ]
	fails 4 'no type of GPU' create --aperture 1G --gpu 05:00.0
	fails 1 'no scheduler settings' create --aperture 64M --weight 5 --gpu 05:00.0
	fails 1 '0000:05:00.0: its driver has no scheduler settings' create --type i915-GVTg_V5_8 --weight 5
	fails 3 'i915-GVTg_V5_9: GPU 0000:00:02.0 has no such type' create --type i915-GVTg_V5_9 --weight 5
	vgpuctl delete other
	vgpuctl types -o wide | grep -Eq '^0000:05:00.0 +i915-GVTg_V5_4 +1 +GVTg_V5_4 +128M +512M +4 +vfio-pci *$'
	vgpuctl types -o json | jq -e '[.types[] | select(.aperture_bytes) | .gpu] | unique == ["0000:00:02.0","0000:05:00.0"]'
}

@test "a GPU that the kernel is adding or taking away is none" {
	gpu=$sysfs/devices/0000:00:02.0
	mv "$gpu/vgpu" "$dir/vgpu"
	fails 3 'gpu: no GPU of this host can be shared' create --aperture 64M
	rm "$gpu/driver"
	ln -s ../../bus/pci "$gpu/subsystem"
	fails 3 '00:02.0: no such GPU' create --aperture 64M --gpu 00:02.0
	[ -z "$(vgpuctl gpu list -o name)" ]
	ln -s ../../bus/pci/drivers/vgpu "$gpu/driver"
	mv "$dir/vgpu" "$gpu/vgpu"
	[ "$(vgpuctl gpu list -o name)" = 0000:00:02.0 ]
}

@test "a restart restores what should exist and says what became of each" {
	vgpuctl create --aperture 64M --name a --weight 7
	vgpuctl create --aperture 64M --name b
	uuid=$(vgpuctl list -o json | field b uuid)
	stop_agent
	# A reboot: no device is left, and the GPU has become smaller.
	rm -r "$sysfs/bus/mdev/devices/"* "$sysfs/devices/0000:00:02.0/"????????-*
	resource "$sysfs/devices/0000:00:02.0" aperture _bytes $((64 << 20))
	resource "$sysfs/devices/0000:00:02.0" hidden _bytes $((1536 << 20))
	resource "$sysfs/devices/0000:00:02.0" fences '' 16
	start_agent
	list=$(vgpuctl list -o json)
	[ "$(field a verdict <<< "$list")" = restored ]
	[ "$(field a weight <<< "$list")" = 7 ]
	[[ "$(field b verdict <<< "$list")" == 'missing: GPU 0000:00:02.0 is short of aperture'* ]]
	[ "$(field b state <<< "$list")" = missing ]
	[ ! -e "$sysfs/bus/mdev/devices/$uuid" ]
	vgpuctl delete b
	[ "$(vgpuctl list -o name)" = a ]
}

@test "what others have removed is missing, says why, and can be brought back" {
	vgpuctl create --aperture 64M --name a --weight 7
	uuid=$(vgpuctl list -o json | field a uuid)
	rm -r "$sysfs/bus/mdev/devices/$uuid" "$sysfs/devices/0000:00:02.0/$uuid"
	[ "$(vgpuctl list -o json | field a verdict)" = 'missing: its device was removed, and not by vgpud' ]
	vgpuctl list -o wide | grep -Eq '^a +missing +- +0000:00:02.0 +64M +384M +8 +7 +- +- '
	fails 3 'a: its device is missing; bring it back: vgpuctl restore' set a --weight 3
	mv "$sysfs/class/mdev_bus/0000:00:02.0" "$dir/gpu"
	fails 3 'a: GPU 0000:00:02.0 is not there; see vgpuctl gpu list' restore a
	[ "$(vgpuctl list -o json | field a verdict)" = 'missing: GPU 0000:00:02.0 is not there' ]
	mv "$dir/gpu" "$sysfs/class/mdev_bus/0000:00:02.0"
	vgpuctl restore a
	[ "$(vgpuctl list -o json | field a state)" = new ]
	[ "$(vgpuctl list -o json | field a verdict)" = null ]
	[ "$(vgpuctl list -o json | field a weight)" = 7 ]
	vgpuctl restore a
	fails 3 'nobody: no such vGPU' restore nobody
}

@test "an agent that is killed half-way through a create leaves nothing once it is back" {
	echo 'fences KILL' > "$sysfs/fail"
	run vgpuctl create --aperture 64M --name half
	[ "$status" = 7 ]
	wait "$agent" || :
	rm "$sysfs/fail"
	[ -n "$(ls "$sysfs/bus/mdev/devices")" ]
	start_agent
	until [ -z "$(vgpuctl list -o name)" ]; do kill -0 "$agent"; done
	[ -z "$(ls "$sysfs/bus/mdev/devices")" ]
}

@test "an agent that is killed half-way through a delete finishes it once it is back" {
	vgpuctl create --aperture 64M --name half
	echo 'remove KILL' > "$sysfs/fail"
	run vgpuctl delete half
	[ "$status" = 7 ]
	wait "$agent" || :
	rm "$sysfs/fail"
	start_agent
	until [ -z "$(vgpuctl list -o name)" ]; do kill -0 "$agent"; done
	[ -z "$(ls "$sysfs/bus/mdev/devices")" ]
}

@test "a second agent on the same socket ends, the first goes on" {
	run "$VGPU_BIN_DIR/vgpud" --socket "$dir/vgpud.sock" --sysfs "$sysfs" --state "$dir/state" --libvirt none
	[ "$status" = 1 ]
	[[ $output == *"vgpud.sock: can't listen: Address already in use"* ]]
	vgpuctl create --aperture 64M
}

@test "a second agent on the same ledger ends, too, wherever it listens" {
	run "$VGPU_BIN_DIR/vgpud" --socket "$dir/other.sock" --sysfs "$sysfs" --state "$dir/state" --libvirt none
	[ "$status" = 1 ]
	[ "$output" = "vgpud: $dir/state: another vgpud has the ledger; end it first" ]
	[ ! -e "$dir/other.sock" ]
	vgpuctl create --aperture 64M
}

@test "an agent that was killed leaves a socket that does not stop the next one" {
	kill -KILL "$agent"
	wait "$agent" || :
	[ -S "$dir/vgpud.sock" ]
	start_agent
}

@test "the directories of the socket and of the ledger are made" {
	mkdir "$dir/new"
	"$VGPU_BIN_DIR/vgpud" --socket "$dir/new/run/vgpud.sock" --sysfs "$sysfs" --state "$dir/new/state" --libvirt none 3>&- &
	other=$!
	until [ -S "$dir/new/run/vgpud-ro.sock" ]; do kill -0 $other; done
	kill $other
	wait $other
	[ "$(stat -c %a "$dir/new/state")" = 700 ]
	[ ! -e "$dir/new/run/vgpud.sock" ]
}
