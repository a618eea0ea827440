#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2154
# capacity.bats - placement over several GPUs, who holds what of a GPU, and why a vGPU can't be and what would help. The tables of
# tests/unit/agent_plan.c have the cases; here the real agent and the real CLI say them.

load helper

setup_file() { build_shim; }

setup() {
	common_setup
	make_gpu 0000:00:02.0
	policy=$dir/policy.yaml
	echo '{}' > "$policy"
}

teardown() { stop_agent; }

start() { start_agent --libvirt none --policy "$policy"; }

gpu_of() { vgpuctl list -o json | jq -r --arg name "$1" '.vgpus[] | select(.name == $name) | .gpu'; }

device() { echo "$sysfs/bus/mdev/devices/$(vgpuctl list -o json | jq -r --arg name "$1" '.vgpus[] | select(.name == $name) | .uuid')/vgpu"; }

# small NAME [OPTION...]: one of which aperture is what is scarce
small() { vgpuctl create --name "$1" --hidden 4K --fences 1 "${@:2}"; }

# dry CODE OPTION...: a dry run that must end so; what it prints is in $dir/out and $dir/err
dry() {
	local code=$1 rc=0
	shift
	vgpuctl create --dry-run "$@" > "$dir/out" 2> "$dir/err" || rc=$?
	((rc == code))
}

@test "without a policy vGPUs are spread" {
	make_gpu 0000:03:00.0
	start
	small a --aperture 64M
	small b --aperture 64M
	small c --aperture 32M
	small d --aperture 32M
	[ "$(gpu_of a) $(gpu_of b) $(gpu_of c) $(gpu_of d)" = '0000:00:02.0 0000:03:00.0 0000:00:02.0 0000:03:00.0' ]
}

@test "pack fills one GPU before it begins another, and best-fit takes the hole that is nearest" {
	make_gpu 0000:03:00.0
	echo 'placement: pack' > "$policy"
	start
	small a --aperture 32M --gpu 03:00.0
	small b --aperture 128M
	[ "$(gpu_of b)" = 0000:03:00.0 ]
	small c --aperture 128M
	[ "$(gpu_of c)" = 0000:00:02.0 ]
	stop_agent
	echo 'placement: best-fit' > "$policy"
	start
	# 128M are left in one piece on the first, 96M on the second.
	small d --aperture 96M
	[ "$(gpu_of d)" = 0000:03:00.0 ]
}

@test "a reload changes the placement" {
	make_gpu 0000:03:00.0
	start
	small a --aperture 32M --gpu 03:00.0
	[ "$(vgpuctl create --aperture 32M --dry-run -o json | jq -r '.gpu, .explanation.placement' | tr '\n' ' ')" = '0000:00:02.0 spread ' ]
	echo 'placement: pack' > "$policy"
	kill -HUP "$agent"
	until grep -q 'read again' "$dir/log"; do kill -0 "$agent"; done
	[ "$(vgpuctl create --aperture 32M --dry-run -o json | jq -r '.gpu, .explanation.placement' | tr '\n' ' ')" = '0000:03:00.0 pack ' ]
}

@test "a GPU of another vendor takes part, by its instances" {
	make_gvtg 0000:05:00.0
	start
	small a --aperture 64M
	[ "$(gpu_of a)" = 0000:00:02.0 ]
	vgpuctl create --aperture 64M --name b
	[ "$(gpu_of b)" = 0000:05:00.0 ]
}

@test "a type that only one of the GPUs has: its own reason, and nothing of the others" {
	make_gvtg 0000:05:00.0
	start
	vgpuctl create --type i915-GVTg_V5_4 --name a
	[ "$(gpu_of a)" = 0000:05:00.0 ]
	echo 0 > "$sysfs/devices/0000:05:00.0/mdev_supported_types/i915-GVTg_V5_4/available_instances"
	fails 4 '^vgpuctl: b: GPU 0000:05:00.0 has no instance left of type i915-GVTg_V5_4; ' create --type i915-GVTg_V5_4 --name b
	fails 1 '^vgpuctl: 0000:05:00.0: its driver has no scheduler settings' create --type i915-GVTg_V5_4 --weight 3
	fails 3 '^vgpuctl: nothing: GPU 0000:00:02.0 has no such type; see vgpuctl types' create --type nothing
}

@test "gpu show prints who holds which range, and the holes" {
	start
	vgpuctl create --aperture 64M --name a
	vgpuctl create --aperture 32M --name b
	vgpuctl create --aperture 32M --name c
	vgpuctl delete b
	vgpuctl gpu show 00:02.0 > "$dir/out"
	diff <(sed 's/ *$//' "$dir/out") - <<- 'END'
		gpu        0000:00:02.0
		id         8086:0412
		driver     vgpu
		aperture   160M free of 256M, largest hole 128M
		hidden     960M free of 1536M, largest hole 768M
		fences     4 free of 16, largest hole 4
		vgpus      2
		would fit  vgpuctl create --aperture 128M --fences 4 --gpu 0000:00:02.0

		RESOURCE BASE SIZE NAME DOMAIN STATE
		aperture 0    64M  a    -      new
		aperture 64M  32M  -    -      free
		aperture 96M  32M  c    -      new
		aperture 128M 128M -    -      free
		hidden   256M 384M a    -      new
		hidden   640M 192M -    -      free
		hidden   832M 192M c    -      new
		hidden   1G   768M -    -      free
		fences   0    8    a    -      new
		fences   8    4    -    -      free
		fences   12   4    c    -      new
	END
	[ "$(vgpuctl gpu show 00:02.0 -o json | jq -c '[.schema, .gpu.vgpus, .gpu.map_complete, (.gpu.map.aperture[1] | [.base, .size, .name, .state])]')" = \
		'[1,2,true,[67108864,33554432,null,"free"]]' ]
	[ "$(vgpuctl gpu show 00:02.0 -o name)" = 0000:00:02.0 ]
	# What it says would fit, does.
	eval "$(sed -n 's/^would fit  //p' "$dir/out")"
	vgpuctl --socket "$dir/vgpud-ro.sock" gpu show 00:02.0 | grep -Eq '^would fit +nothing$'
}

@test "gpu show lists what others made, and says when the kernel has less than they leave" {
	local uuid=11111111-2222-4333-8444-555555555555
	start
	echo "$uuid" > "$dir/uuid"
	LD_PRELOAD=$BATS_FILE_TMPDIR/sysfs-shim.so VGPU_SHIM_ROOT=$sysfs python3 -c 'import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY); os.write(fd, sys.argv[2].encode())' \
		"$sysfs/devices/0000:00:02.0/mdev_supported_types/vgpu-64M/create" "$uuid"
	vgpuctl gpu show 00:02.0 | grep -Eq "^aperture +0 +64M +$uuid +- +new"
	vgpuctl gpu show 00:02.0 | grep -q 'on its way' && return 1
	# A device that goes: its attributes are away before its parts are free.
	rm -r "$sysfs/bus/mdev/devices/$uuid" "$sysfs/devices/0000:00:02.0/$uuid"
	vgpuctl gpu show 00:02.0 | grep -q 'The kernel says that less is free: a vGPU is on its way.'
	[ "$(vgpuctl gpu show 00:02.0 -o json | jq .gpu.map_complete)" = false ]
}

@test "gpu show of another vendor's GPU: what would fit, and no map" {
	make_gvtg 0000:05:00.0
	start
	vgpuctl gpu show 05:00.0 | grep -Eq '^would fit +vgpuctl create --aperture 512M --gpu 0000:05:00.0$'
	[ "$(vgpuctl gpu show 05:00.0 -o json | jq .gpu.map)" = null ]
}

@test "a dry run with no room says for each GPU why, and what would work does" {
	local command
	make_gpu 0000:03:00.0
	start
	small a --aperture 192M --gpu 00:02.0
	small b --aperture 160M --gpu 03:00.0
	echo running > "$(device a)/state"
	echo running > "$(device b)/state"
	run vgpuctl create --aperture 128M --name web --dry-run
	[ "$status" = 4 ]
	[ "${#lines[@]}" = 6 ]
	[[ ${lines[0]} =~ ^GPU\ +FITS\ WHY ]]
	[[ ${lines[1]} =~ ^0000:00:02.0\ no\ +GPU\ 0000:00:02.0\ is\ short\ of\ aperture:\ 128M\ wanted,\ 64M\ free,\ largest\ hole\ 64M,\ held\ by\ a\ 192M ]]
	[[ ${lines[2]} =~ ^0000:03:00.0\ no\ +GPU\ 0000:03:00.0\ is\ short\ of\ aperture:\ 128M\ wanted,\ 96M\ free,\ largest\ hole\ 96M,\ held\ by\ b\ 160M ]]
	[ "${lines[3]}" = 'This would fit:' ]
	[[ ${lines[5]} == 'vgpuctl: web: no GPU can take it: 0000:00:02.0 is short of aperture (largest hole 64M),'*'; this would fit: vgpuctl create --aperture 96M --name web' ]]
	command=${lines[4]}
	[ "$command" = '  vgpuctl create --aperture 96M --name web' ]
	eval "$command"
	[ "$(gpu_of web)" = 0000:03:00.0 ]
}

@test "a dry run that fails has the same keys as one that does not" {
	start
	small a --aperture 192M
	echo running > "$(device a)/state"
	vgpuctl create --aperture 64M --dry-run -o json > "$dir/out"
	[ "$(jq -c '[.schema, .explanation.fits, .explanation.gpus[0].fits, .explanation.gpus[0].chosen]' "$dir/out")" = '[1,true,"yes",true]' ]
	dry 4 --aperture 128M -o json
	[ "$(jq -c '[.schema, .explanation.fits, .explanation.gpus[0].fits, .explanation.gpus[0].chosen]' "$dir/out")" = '[1,false,"short",false]' ]
	[ "$(jq -c '.explanation.gpus[0].resources.aperture' "$dir/out")" = \
		'{"wanted":134217728,"total":268435456,"free":67108864,"largest_hole":67108864,"short":true,"held_by":[{"name":"a","uuid":"'"$(vgpuctl show a -o json | jq -r .vgpu.uuid)"'","amount":201326592}]}' ]
	[ "$(jq -r .explanation.would_fit.command "$dir/out")" = 'vgpuctl create --aperture 64M' ]
	dry 4 --aperture 128M -o yaml
	[ "$(head -n 1 "$dir/out")" = 'schema: 1' ]
	dry 4 --aperture 128M -o name
	[ ! -s "$dir/out" ]
	# On the wire it goes with the error, also of what is no dry run.
	request "$dir/vgpud.sock" '{"jsonrpc":"2.0","id":1,"method":"vgpu.create","params":{"aperture_bytes":134217728}}' > "$dir/out"
	[ "$(jq -c '[.error.data.exit, .error.data.explanation.fits]' "$dir/out")" = '[4,false]' ]
}

@test "a dry run with a choice says which GPU is taken, and by what" {
	make_gpu 0000:03:00.0
	start
	small a --aperture 192M --gpu 00:02.0
	run vgpuctl create --aperture 128M --dry-run
	[ "$status" = 0 ]
	[[ $output =~ 0000:00:02.0\ no\ .*0000:03:00.0\ yes\ +taken,\ placement\ spread ]]
}

@test "one that nobody uses could move: the commands are given, and do it" {
	local commands
	start
	small a --aperture 32M
	small b --aperture 64M
	small c --aperture 32M
	small d --aperture 128M
	vgpuctl delete a
	vgpuctl delete c
	echo running > "$(device d)/state"
	# 32M, b, 32M, d: 64M are free, in two pieces.
	vgpuctl gpu show 00:02.0 | grep -Eq '^aperture +64M free of 256M, largest hole 32M$'
	fails 4 'largest hole 32M, held by d 128M, b 64M; this would fit: vgpuctl create --aperture 32M --hidden 4K --fences 1 --name e; or move b, see --dry-run' \
		create --aperture 64M --hidden 4K --fences 1 --name e
	run vgpuctl create --aperture 64M --hidden 4K --fences 1 --name e --dry-run
	[ "$status" = 4 ]
	[[ $output == *'Nobody uses b. Made again elsewhere on GPU 0000:00:02.0, it would leave room:'* ]]
	commands=$(sed -n '/^Nobody uses/,$s/^  //p' <<< "$output")
	[ "$(wc -l <<< "$commands")" = 3 ]
	eval "$commands"
	[ "$(vgpuctl list -o name | sort | tr '\n' ' ')" = 'b d e ' ]
	[ "$(vgpuctl gpu show 00:02.0 -o json | jq .gpu.aperture_free_bytes)" = 0 ]
}

@test "one that nobody uses could move to another GPU" {
	make_gpu 0000:03:00.0
	start
	small a --aperture 64M --gpu 00:02.0 --weight 300
	small b --aperture 128M --gpu 03:00.0
	echo running > "$(device b)/state"
	run vgpuctl create --aperture 256M --dry-run -o json
	[ "$status" = 4 ]
	eval "$(vgpuctl create --aperture 256M --dry-run -o json 2> "$dir/err" | jq -r '.explanation.move.commands[].command')"
	[ "$(gpu_of vgpu-1) $(gpu_of a)" = '0000:00:02.0 0000:03:00.0' ]
	[ "$(vgpuctl show a -o json | jq .vgpu.weight)" = 300 ]
}

@test "of two clients that want the last room exactly one gets it, and the other is told who has it" {
	local round first second rc_first rc_second
	start
	small a --aperture 128M
	for round in {1..20}; do
		rc_first=0 rc_second=0
		vgpuctl create --aperture 128M --hidden 4K --fences 1 --name x > "$dir/x" 2>&1 3>&- &
		first=$!
		vgpuctl create --aperture 128M --hidden 4K --fences 1 --name y > "$dir/y" 2>&1 3>&- &
		second=$!
		wait "$first" || rc_first=$?
		wait "$second" || rc_second=$?
		echo "round $round: $rc_first $(< "$dir/x"), $rc_second $(< "$dir/y")"
		((rc_first + rc_second == 4 && rc_first * rc_second == 0))
		winner=x
		((rc_first == 0)) || winner=y
		[ "$(sort <(vgpuctl list -o name) | tr '\n' ' ')" = "a $winner " ]
		grep -q "0000:00:02.0 is short of aperture: 128M wanted, 0 free, largest hole 0, held by a 128M, $winner 128M; " "$dir/x" "$dir/y"
		vgpuctl delete "$winner"
	done
}
