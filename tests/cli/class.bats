#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2154
# class.bats - service classes: what a vGPU takes from one, what changes with the policy, and what becomes of a bad policy.

load helper

setup_file() { build_shim; }

setup() {
	common_setup
	make_gpu 0000:00:02.0
	policy=$dir/policy.yaml
	cp "$top/policy/classes.yaml" "$policy"
}

teardown() { stop_agent; }

start() { start_agent --libvirt none --policy "$policy"; }

restart() {
	stop_agent
	start
}

field() { vgpuctl list -o json | jq -r ".vgpus[] | select(.name == \"$1\") | .$2"; }

settings() { # NAME: class, weight, cap and latency
	vgpuctl list -o json | jq -r --arg name "$1" '.vgpus[] | select(.name == $name) | "\(.class) \(.weight) \(.cap_pct) \(.latency_us)"'
}

device() { echo "$sysfs/bus/mdev/devices/$(field "$1" uuid)/vgpu"; }

# until_logged PATTERN: wait for a new line of the agent's log
until_logged() {
	until tail -n "+$((logged + 1))" "$dir/log" | grep -q "$1"; do kill -0 "$agent"; done
}

reload() { # PATTERN: have the policy read again, until the log says so
	logged=$(wc -l < "$dir/log")
	kill -HUP "$agent"
	until_logged "$1"
}

# policy_of NAME WEIGHT [CAP]: a policy of one class
policy_of() { printf 'classes:\n  %s:\n    weight: %s\n    cap_pct: %s\n' "$1" "$2" "${3:-100}" > "$policy"; }

@test "the policy that is shipped has gold, silver and bronze" {
	start
	[ "$(vgpuctl classes -o name | tr '\n' ' ')" = 'gold silver bronze ' ]
	vgpuctl classes | head -n 1 | grep -Eq '^CLASS +WEIGHT +CAP +LATENCY_US +VGPUS *$'
	vgpuctl classes | grep -Eq '^bronze +50 +50% +0 +0 *$'
}

@test "classes are listed in every format, with how many vGPUs are in each" {
	policy_of fast 300 40
	start
	vgpuctl create --aperture 4M --class fast
	vgpuctl create --aperture 4M
	[ "$(vgpuctl classes -o json | jq -c '[.schema, .file, .classes]')" = \
		"[1,\"$policy\",[{\"name\":\"fast\",\"weight\":300,\"cap_pct\":40,\"latency_us\":0,\"vgpus\":1}]]" ]
	vgpuctl classes -o yaml | diff - <(printf '%s\n' 'schema: 1' "file: $policy" 'classes:' '- name: fast' '  weight: 300' \
		'  cap_pct: 40' '  latency_us: 0' '  vgpus: 1')
	vgpuctl --socket "$dir/vgpud-ro.sock" classes -o name
}

@test "create takes weight, cap and latency from the class" {
	start
	vgpuctl create --aperture 64M --name a --class gold
	vgpuctl create --aperture 4M --name b --class bronze
	vgpuctl create --aperture 4M --name c
	[ "$(settings a)" = 'gold 400 100 5000' ]
	[ "$(settings b)" = 'bronze 50 50 0' ]
	[ "$(settings c)" = 'null 100 100 0' ]
	[ "$(cat "$(device a)/weight")" = 400 ]
	vgpuctl show a | grep -Eqx 'class +gold'
	vgpuctl show c | grep -q '^class' && return 1
	vgpuctl list -o wide | grep -Eq ' CLASS '
	vgpuctl list -o wide | grep -Eq '^b .* 50 +50% +0 +bronze '
}

@test "a dry run names the class and does nothing" {
	start
	before=$(state)
	vgpuctl create --aperture 4M --name a --class bronze --dry-run | grep -Exc 'class +bronze|weight +50|cap +50%' | grep -qx 3
	[ "$(vgpuctl create --aperture 4M --class gold --dry-run -o json | jq -c '[.class, .weight]')" = '["gold",400]' ]
	[ "$(state)" = "$before" ]
}

@test "set changes the class at once, also of a vGPU that runs, and nothing is left of the class before" {
	start
	vgpuctl create --aperture 64M --name a --class bronze
	echo running > "$(device a)/state"
	vgpuctl set a --class gold
	[ "$(settings a)" = 'gold 400 100 5000' ]
	[ "$(cat "$(device a)/cap_pct")" = 100 ]
	vgpuctl set a --class bronze
	[ "$(settings a)" = 'bronze 50 50 0' ]
	# What somebody changed by hand comes back with the class, even if it is the same one.
	echo 7 > "$(device a)/weight"
	vgpuctl set a --class bronze
	[ "$(settings a)" = 'bronze 50 50 0' ]
}

@test "who chooses a setting leaves the class, and so does who says none; the rest stays" {
	start
	vgpuctl create --aperture 4M --name a --class bronze
	vgpuctl set a --weight 70
	[ "$(settings a)" = 'null 70 50 0' ]
	vgpuctl set a --class silver
	vgpuctl set a --class none
	[ "$(settings a)" = 'null 200 100 20000' ]
	vgpuctl set a --class gold
	vgpuctl set a --fences 2
	[ "$(field a class)" = gold ]
	vgpuctl create --aperture 4M --name b --class none
	[ "$(settings b)" = 'null 100 100 0' ]
}

@test "a class beside a setting: 2" {
	start
	vgpuctl create --aperture 4M --name a --class gold
	fails 2 '--class: weight, cap and latency come with the class; leave out --weight' create --aperture 4M --class gold --weight 3
	fails 2 '--class: weight, cap and latency come with the class' set a --class silver --latency 0
	fails 2 '--class: weight, cap and latency come with the class' set a --class none --cap 50
	fails 2 '--class: it is empty' set a --class ''
}

@test "a class that is none: 3, with those that there are" {
	start
	vgpuctl create --aperture 4M --name a
	fails 3 'platinum: no such class; use gold, silver or bronze$' create --aperture 4M --class platinum
	fails 3 'Gold: no such class; use gold, silver or bronze$' set a --class Gold
	stop_agent
	policy_of only 1
	start
	fails 3 'gold: no such class; use only$' set a --class gold
	stop_agent
	echo 'classes: {}' > "$policy"
	start
	fails 3 'gold: no such class; write a policy, see vgpud-policy.5.$' set a --class gold
	stop_agent
	{ echo 'classes:'; printf '  c%s: {}\n' {1..9}; } > "$policy"
	start
	fails 3 'gold: no such class; see vgpuctl classes$' set a --class gold
}

@test "set that fails half-way leaves the class as it was" {
	start
	vgpuctl create --aperture 4M --name a --class gold
	echo 'cap_pct EIO' > "$sysfs/fail"
	fails 1 'a: cap_pct could not be set to 50' set a --class bronze
	[ "$(settings a)" = 'gold 400 100 5000' ]
}

@test "a GPU of another driver has no classes" {
	make_gvtg 0000:05:00.0
	start
	fails 1 'no scheduler settings; leave out .* and --class' create --aperture 64M --class gold --gpu 05:00.0
}

@test "the class survives a restart, and a reboot" {
	start
	vgpuctl create --aperture 64M --name a --class bronze
	restart
	[ "$(settings a)" = 'bronze 50 50 0' ]
	stop_agent
	rm -r "$sysfs/bus/mdev/devices/"* "$sysfs/devices/0000:00:02.0/"????????-*
	start
	[ "$(field a verdict)" = restored ]
	[ "$(settings a)" = 'bronze 50 50 0' ]
}

@test "a policy that changed is followed at a restart: by what is there and by what comes back" {
	policy_of fast 300 40
	start
	vgpuctl create --aperture 64M --name a --class fast
	vgpuctl create --aperture 64M --name b --class fast
	uuid=$(field b uuid)
	stop_agent
	rm -r "$sysfs/bus/mdev/devices/$uuid" "$sysfs/devices/0000:00:02.0/$uuid"
	policy_of fast 301 41
	start
	[ "$(settings a)" = 'fast 301 41 0' ]
	[ "$(settings b)" = 'fast 301 41 0' ]
	[ "$(field b verdict)" = restored ]
}

@test "a reload has the vGPUs of a class follow it, and leaves the others alone" {
	policy_of fast 300 40
	start
	vgpuctl create --aperture 4M --name a --class fast
	vgpuctl create --aperture 4M --name b --weight 300
	vgpuctl create --aperture 4M --name c --class fast
	vgpuctl set c --weight 9
	echo 33 > "$(device a)/cap_pct"
	policy_of fast 500 40
	reload 'policy.yaml: read again'
	until_logged '^vgpud: a: follows class fast: weight 500, cap 40%, latency 0 us$'
	# What was changed by hand stays unless the policy changes it.
	[ "$(settings a)" = 'fast 500 33 0' ]
	[ "$(settings b)" = 'null 300 100 0' ]
	[ "$(settings c)" = 'null 9 40 0' ]
	[ "$(vgpuctl classes -o json | jq '.classes[0].weight')" = 500 ]
	restart
	[ "$(field a weight)" = 500 ]
}

@test "a bad policy at a reload: the old one stays, and the log says why" {
	policy_of fast 300
	start
	vgpuctl create --aperture 4M --name a --class fast
	policy_of fast 0
	reload "policy.yaml:3:13: weight: it must be a whole number from 1 to 10000; the policy stays as it was$"
	[ "$(settings a)" = 'fast 300 100 0' ]
	[ "$(vgpuctl classes -o json | jq '.classes[0].weight')" = 300 ]
	rm "$policy"
	reload "policy.yaml: it can't be read: No such file or directory; the policy stays as it was$"
	vgpuctl create --aperture 4M --name b --class fast
	policy_of fast 400
	reload '^vgpud: b: follows class fast: weight 400'
	[ "$(field a weight)" = 400 ]
}

@test "a class that is no more: the vGPU keeps what it had, show says so, and it follows again when the class is back" {
	policy_of fast 300 40
	start
	vgpuctl create --aperture 4M --name a --class fast
	policy_of slow 3
	reload '^vgpud: a: class fast is not in the policy, its settings stay$'
	[ "$(settings a)" = 'fast 300 40 0' ]
	[ "$(field a class_defined)" = false ]
	vgpuctl show a | grep -Eqx 'class +fast, not in the policy: its settings stay'
	restart
	[ "$(settings a)" = 'fast 300 40 0' ]
	vgpuctl set a --fences 1
	[ "$(field a class)" = fast ]
	policy_of fast 301 40
	reload '^vgpud: a: follows class fast'
	[ "$(field a weight)" = 301 ]
	[ "$(field a class_defined)" = true ]
}

@test "a vGPU that can't follow stays as it was, and follows the next time" {
	policy_of fast 300 40
	start
	vgpuctl create --aperture 4M --name a --class fast
	policy_of fast 301 41
	echo 'cap_pct EIO' > "$sysfs/fail"
	reload "^vgpud: a: it can't follow class fast: Input/output error"
	[ "$(settings a)" = 'fast 300 40 0' ]
	rm "$sysfs/fail"
	reload '^vgpud: a: follows class fast'
	[ "$(settings a)" = 'fast 301 41 0' ]
}

@test "a bad policy at the start: 2, one line with file, line and column, and nothing is touched" {
	local text where what rc
	while IFS='|' read -r text where what; do
		printf '%b' "$text" > "$policy"
		rc=0
		"$VGPU_BIN_DIR/vgpud" --socket "$dir/vgpud.sock" --sysfs "$sysfs" --state "$dir/state" --libvirt none --policy "$policy" \
			2> "$dir/err" 3>&- || rc=$?
		cat "$dir/err"
		[ "$rc" = 2 ]
		[ "$(wc -l < "$dir/err")" = 1 ]
		[[ $(< "$dir/err") == "vgpud: $policy:$where: $what"* ]]
		[ ! -e "$dir/state" ]
		[ ! -e "$dir/vgpud.sock" ]
	done <<- 'END'
		|1:1|there is nothing in it
		classes: gold\n|1:10|classes: it must hold classes by name
		clases: {}\n|1:1|clases: a policy has no such part; it has placement, limits and classes
		classes:\n  gold:\n    wait: 3\n|3:5|wait: a class has no such setting; it has weight, cap_pct, latency_us, max_vgpus and gpus
		classes:\n  gold:\n    weight: heavy\n|3:13|weight: it must be a whole number from 1 to 10000
		classes:\n  gold:\n    weight: "9"\n|3:13|weight: it must be a number, without quotes
		classes:\n  gold:\n    cap_pct: 101\n|3:14|cap_pct: it must be a whole number from 1 to 100
		classes:\n  gold: {}\n  gold: {}\n|3:3|gold stands here twice, first in line 2
		classes:\n  none: {}\n|2:3|none: it can't be a class's name
		classes:\n\tgold: {}\n|2:1|found character that cannot start any token
		classes: {gold: {weight: 1}\n|2:1|did not find expected
	END
}

@test "a policy that can't be read at the start: 2" {
	local file
	head -c 70000 /dev/zero | tr '\0' '#' > "$dir/large"
	for file in "$dir/nowhere" "$dir" "$dir/large"; do
		run "$VGPU_BIN_DIR/vgpud" --socket "$dir/vgpud.sock" --sysfs "$sysfs" --state "$dir/state" --libvirt none --policy "$file"
		[ "$status" = 2 ]
		[[ $output =~ ^vgpud:\ "$file: it can't be read: "(No such file|Is a directory|File too large)[^$'\n']*$ ]]
	done
}
