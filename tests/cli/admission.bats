#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2154
# admission.bats - the limits of the policy hold for create, set and attach, and leave alone what exists.

load helper

setup_file() {
	build_shim
	build_so libvirt-shim -lvirt
}

setup() {
	common_setup
	make_gpu 0000:00:02.0
	policy=$dir/policy.yaml
	export VGPU_SHIM_LOG=$dir/libvirt.log
	{
		echo '<node>'
		for name in one two; do
			echo "<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><test:runstate>5</test:runstate>
				<name>$name</name><memory>65536</memory><os><type arch='x86_64'>hvm</type></os><devices/></domain>"
		done
		echo '</node>'
	} > "$dir/node.xml"
}

teardown() { stop_agent; }

start() { start_agent --libvirt none --policy "$policy"; }

start_with_libvirt() {
	VGPU_PRELOAD=$BATS_FILE_TMPDIR/libvirt-shim.so start_agent --libvirt "test://$dir/node.xml" --policy "$policy"
}

reload() {
	logged=$(wc -l < "$dir/log")
	kill -HUP "$agent"
	until tail -n "+$((logged + 1))" "$dir/log" | grep -q 'policy.yaml'; do kill -0 "$agent"; done
}

@test "the sizes of a vGPU: 6, with the rule, its file and line" {
	printf 'limits:\n  vgpu:\n    min_aperture: 8M\n    max_aperture: 64M\n' > "$policy"
	start
	fails 6 "a: limits.vgpu.min_aperture is 8M .$policy:3.: 4M wanted; ask for --aperture 8M or more" create --aperture 4M --name a
	fails 6 "a: limits.vgpu.max_aperture is 64M .$policy:4.: 128M wanted; ask for --aperture 64M or less" create --aperture 128M --name a
	fails 6 "limits.vgpu.max_aperture is 64M" create --type vgpu-128M
	vgpuctl create --aperture 64M --name a
	fails 6 'a: limits.vgpu.max_aperture is 64M' set a --aperture 68M
	fails 6 'a: limits.vgpu.min_aperture is 8M' set a --aperture 4M --weight 7
	vgpuctl set a --aperture 8M
}

@test "the vGPUs of a GPU: 4, with who they are, and another GPU is taken" {
	make_gpu 0000:03:00.0
	printf 'placement: pack\nlimits:\n  gpu:\n    max_vgpus: 1\n' > "$policy"
	start
	vgpuctl create --aperture 4M --name a
	vgpuctl create --aperture 4M --name b
	[ "$(vgpuctl list -o json | jq -r '[.vgpus[].gpu] | unique | length')" = 2 ]
	fails 4 'c: no GPU can take it: 0000:00:02.0 is stopped by limits.gpu.max_vgpus, 0000:03:00.0 is stopped by limits.gpu.max_vgpus; ' \
		create --aperture 4M --name c
	fails 4 "c: limits.gpu.max_vgpus is 1 .$policy:4.: GPU 0000:03:00.0 has 1 .b., 1 more wanted; " create --aperture 4M --name c --gpu 03:00.0
	vgpuctl gpu show 03:00.0 | grep -Eqx 'limits +limits.gpu.max_vgpus is 1, it has 1'
	vgpuctl gpu show 03:00.0 | grep -Eqx 'would fit +nothing'
}

@test "the weights of a GPU: 4 for create and set, also by a class" {
	printf 'limits: {gpu: {max_weight: 500}}\nclasses: {gold: {weight: 400}}\n' > "$policy"
	start
	vgpuctl create --aperture 4M --name a --class gold
	vgpuctl create --aperture 4M --name b
	fails 4 "GPU 0000:00:02.0 has 500 .a 400, b 100., 100 more wanted" create --aperture 4M
	fails 4 "b: limits.gpu.max_weight is 500 .*GPU 0000:00:02.0 has 400 .a 400., 101 more wanted" set b --weight 101
	fails 4 'b: limits.gpu.max_weight' set b --class gold
	vgpuctl set b --weight 50
	vgpuctl set b --cap 20
}

@test "what is kept free of a GPU: 4, and what would fit leaves it free" {
	printf 'limits: {gpu: {min_free_aperture: 64M}}\n' > "$policy"
	start
	vgpuctl create --aperture 128M --fences 4 --name a
	fails 4 'b: limits.gpu.min_free_aperture is 64M .*: GPU 0000:00:02.0 has 128M free .a 128M., 96M wanted; this would fit: vgpuctl create --aperture 64M --hidden 4K --fences 1 --name b' \
		create --aperture 96M --hidden 4K --fences 1 --name b
	fails 4 'a: limits.gpu.min_free_aperture is 64M .*: GPU 0000:00:02.0 has 256M free, 196M wanted' set a --aperture 196M
	vgpuctl create --aperture 64M --hidden 4K --fences 1 --name b
	vgpuctl gpu show 00:02.0 | grep -Eqx 'limits +limits.gpu.min_free_aperture is 64M, free are 64M'
	fails 4 'limits.gpu.min_free_aperture' create --aperture 4K
}

@test "the vGPUs of a class, and its GPUs: 6" {
	make_gpu 0000:03:00.0
	printf 'classes:\n  gold:\n    max_vgpus: 1\n    gpus: [03:00.0]\n  tin:\n    weight: 1\n' > "$policy"
	start
	fails 6 "a: classes.gold.gpus .$policy:4. does not have GPU 0000:00:02.0; use another GPU or class" \
		create --aperture 4M --name a --class gold --gpu 00:02.0
	vgpuctl create --aperture 4M --name a --class gold
	[ "$(vgpuctl list -o json | jq -r '.vgpus[0].gpu')" = 0000:03:00.0 ]
	fails 6 "b: classes.gold.max_vgpus is 1 .$policy:3.: class gold has 1 .a., 1 more wanted; use another class" \
		create --aperture 4M --name b --class gold
	vgpuctl create --aperture 4M --name b --class tin --gpu 00:02.0
	fails 6 'b: classes.gold.max_vgpus is 1' set b --class gold
	vgpuctl set a --class gold
	vgpuctl delete a
	fails 6 'b: classes.gold.gpus' set b --class gold
	vgpuctl classes -o wide | grep -Eq '^gold +100 +100% +0 +0 +1 +03:00.0 *$'
	vgpuctl classes -o wide | grep -Eq '^tin .* - +- *$'
}

@test "the vGPUs and the aperture of a domain: 6 for attach, create --domain and set" {
	printf 'limits:\n  domain:\n    max_vgpus: 2\n    max_aperture: 24M\n' > "$policy"
	start_with_libvirt
	vgpuctl create --aperture 8M --name a --domain one
	vgpuctl create --aperture 8M --name b
	vgpuctl create --aperture 20M --name c
	fails 6 "c: limits.domain.max_aperture is 24M .$policy:4.: domain one has 8M .a 8M., 20M more wanted; detach one" attach c --domain one
	vgpuctl attach b --domain one
	fails 6 "c: limits.domain.max_vgpus is 2 .$policy:3.: domain one has 2 .a, b., 1 more wanted; detach one" attach c --domain one
	fails 6 'd: limits.domain.max_vgpus is 2' create --aperture 4K --name d --domain one
	fails 6 'a: limits.domain.max_aperture is 24M .*: domain one has 8M .b 8M., 20M more wanted' set a --aperture 20M
	vgpuctl attach c --domain two
	vgpuctl detach a
	vgpuctl create --aperture 4K --name d --domain one
}

@test "of two that are given to a domain at once, the second counts the first" {
	printf 'limits: {domain: {max_vgpus: 1}}\n' > "$policy"
	export VGPU_SHIM_ATTACH_WAITS=$dir/waits
	touch "$dir/waits"
	start_with_libvirt
	vgpuctl create --aperture 4M --name a
	vgpuctl create --aperture 4M --name b
	vgpuctl attach a --domain one > "$dir/first" 2>&1 3>&- &
	first=$!
	until grep -q '^attach one' "$VGPU_SHIM_LOG" 2> "$dir/err"; do kill -0 $first; done
	run vgpuctl attach b --domain one
	rm "$dir/waits"
	[ "$status" = 6 ]
	[[ $output == *'domain one has 1 (a), 1 more wanted'* ]]
	wait $first
	[ "$(vgpuctl list -o json | jq -r '[.vgpus[] | select(.domain == "one").name] | join(" ")')" = a ]
}

@test "a policy that became stricter leaves what exists, and lets it become less" {
	echo '{}' > "$policy"
	start
	vgpuctl create --aperture 128M --fences 4 --name a --weight 300
	vgpuctl create --aperture 8M --name b
	printf 'limits:\n  vgpu: {max_aperture: 64M}\n  gpu: {max_vgpus: 1, max_weight: 200, min_free_aperture: 192M}\n' > "$policy"
	reload
	[ "$(vgpuctl list -o name | tr '\n' ' ')" = 'a b ' ]
	fails 6 'limits.vgpu.max_aperture' set a --aperture 132M
	fails 4 'limits.gpu.max_weight' set a --weight 301
	vgpuctl set a --aperture 96M --weight 290
	vgpuctl set a --cap 50
	fails 4 'limits.gpu.max_vgpus is 1 .*has 2 .a, b.' create --aperture 4M
	# A reboot: what is recorded comes back, beyond the limits as it was.
	stop_agent
	rm -r "$sysfs/bus/mdev/devices/"* "$sysfs/devices/0000:00:02.0/"????????-*
	resource "$sysfs/devices/0000:00:02.0" aperture _bytes $((256 << 20))
	resource "$sysfs/devices/0000:00:02.0" hidden _bytes $((1536 << 20))
	resource "$sysfs/devices/0000:00:02.0" fences '' 16
	start
	[ "$(vgpuctl list -o json | jq -r '[.vgpus[].verdict] | join(" ")')" = 'restored restored' ]
}

@test "policy shows each limit, who is nearest to it, and where it stands" {
	make_gpu 0000:03:00.0
	printf 'placement: pack\nlimits:\n  vgpu:\n    max_aperture: 128M\n  domain:\n    max_vgpus: 2\n  gpu:\n    max_weight: 500\n    min_free_aperture: 64M\nclasses:\n  gold:\n    max_vgpus: 3\n' \
		> "$policy"
	start_with_libvirt
	vgpuctl create --aperture 8M --name a --weight 300 --domain one
	vgpuctl create --aperture 16M --name b --class gold
	vgpuctl policy | sed 's/ *$//' | diff - <(printf '%s\n' "file       $policy" 'placement  pack' '' \
		'RULE                         LIMIT NEAREST OF               LINE' \
		'limits.vgpu.max_aperture     128M  16M     b                4' \
		'limits.domain.max_vgpus      2     1       domain one       6' \
		'limits.gpu.max_weight        500   400     GPU 0000:00:02.0 8' \
		'limits.gpu.min_free_aperture 64M   232M    GPU 0000:00:02.0 9' \
		'classes.gold.max_vgpus       3     1       class gold       12')
	[ "$(vgpuctl policy -o name | wc -l)" = 5 ]
	[ "$(vgpuctl policy -o json | jq -c '[.schema, .file, .placement, (.limits[2] | [.rule, .line, .limit, .nearest, .nearest_of])]')" = \
		"[1,\"$policy\",\"pack\",[\"limits.gpu.max_weight\",8,500,400,\"GPU 0000:00:02.0\"]]" ]
	vgpuctl --socket "$dir/vgpud-ro.sock" policy -o yaml | head -n 1 | grep -qx 'schema: 1'
	stop_agent
	echo '{}' > "$policy"
	start
	vgpuctl policy | diff - <(printf '%s\n' "file       $policy" 'placement  spread')
	[ -z "$(vgpuctl policy -o name)" ]
}

@test "one that is missing counts, and may come back" {
	printf 'limits: {gpu: {max_vgpus: 1}}\n' > "$policy"
	start
	vgpuctl create --aperture 4M --name a
	uuid=$(vgpuctl list -o json | jq -r '.vgpus[0].uuid')
	rm -r "$sysfs/bus/mdev/devices/$uuid" "$sysfs/devices/0000:00:02.0/$uuid"
	fails 4 'GPU 0000:00:02.0 has 1 .a., 1 more wanted' create --aperture 4M --name b
	vgpuctl restore a
}

@test "a dry run names the rule, who uses it up and by how much" {
	printf 'limits: {gpu: {max_weight: 150}}\n' > "$policy"
	start
	vgpuctl create --aperture 4M --name a
	run vgpuctl create --aperture 4M --dry-run -o json 2> "$dir/err"
	[ "$status" = 4 ]
	output=${output%vgpuctl:*}
	[ "$(jq -c '.explanation.gpus[0] | [.fits, (.limit | [.rule, .file, .line, .limit, .used, .wanted, .used_by[0].name, .used_by[0].amount])]' <<< "$output")" = \
		"[\"limit\",[\"limits.gpu.max_weight\",\"$policy\",1,150,100,100,\"a\",100]]" ]
	[ "$(jq -r .explanation.would_fit.command <<< "$output")" = 'vgpuctl create --aperture 4M --weight 50' ]
}
