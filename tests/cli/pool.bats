#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck disable=SC2154,SC2016
# pool.bats - declarative pools: what apply makes of a file, what diff says of it, what export writes, and what becomes of both when
# something goes wrong.

bats_require_minimum_version 1.5.0
load helper

uuid_of_runs=12345678-1234-4234-8234-123456789abc

setup_file() {
	build_shim
	build_so libvirt-shim -lvirt
}

setup() {
	common_setup
	make_gpu 0000:00:02.0
	file=$dir/pool.yaml
}

teardown() { stop_agent; }

start() { start_agent --libvirt none --policy "$top/policy/classes.yaml" "$@"; } # [OPTION...]

# Domains of libvirt's test driver; see libvirt.bats.
domain() { # NAME STATE DEVICES
	echo "<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><test:runstate>$2</test:runstate>
		<name>$1</name><memory>65536</memory><os><type arch='x86_64'>hvm</type></os><devices>$3</devices></domain>"
}

start_with_libvirt() { # off and other are shut off; runs, with the mdev $uuid_of_runs
	{
		echo '<node>'
		domain off 5 ''
		domain other 5 ''
		domain runs 1 "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source><address uuid='$uuid_of_runs'/></source></hostdev>"
		echo '</node>'
	} > "$dir/node.xml"
	export VGPU_SHIM_LOG=$dir/libvirt.log
	VGPU_PRELOAD=$BATS_FILE_TMPDIR/libvirt-shim.so start_agent --libvirt "test://$dir/node.xml" --policy "$top/policy/classes.yaml"
}

pool() { # VGPU...: the file, one line for each vGPU
	printf '%s\n' 'kind: vgpu-pool' 'version: 1' "pool:$( (($#)) || echo ' []')" > "$file"
	((!$#)) || printf -- '- %s\n' "$@" >> "$file"
}

field() { vgpuctl list -o json | jq -r --arg name "$1" ".vgpus[] | select(.name == \$name) | .$2"; }

# A guest has had it open, and let go.
was_opened() { echo 'traps_config 12' > "$sysfs/bus/mdev/devices/$(field "$1" uuid)/vgpu/stats"; }

# applies LINE...: diff, a dry run and apply say these lines; after that there is nothing left to do
applies() { # [OPTION... --] LINE...
	local options=() before
	if [[ " $* " == *' -- '* ]]; then
		while [[ $1 != -- ]]; do options+=("$1"); shift; done
		shift
	fi
	before=$(state)
	printf '%s\n' "$@" > "$dir/want"
	run vgpuctl diff -f "$file" "${options[@]}"
	echo "$output"
	[ "$status" = 1 ]
	diff "$dir/want" - <<< "$output"
	vgpuctl apply -f "$file" --dry-run "${options[@]}" | diff "$dir/want" -
	[ "$(state)" = "$before" ]
	vgpuctl apply -f "$file" "${options[@]}" | diff "$dir/want" -
	settled "${options[@]}"
}

settled() { # [OPTION...]: there is nothing to do
	[ -z "$(vgpuctl diff -f "$file" "$@")" ]
	[ -z "$(vgpuctl apply -f "$file" "$@")" ]
	vgpuctl export | vgpuctl diff -f - "$@"
}

# refused CODE LINE...: diff and apply end with CODE, say each of these on a line of its own, and nothing happens
refused() { # [OPTION... --] CODE PATTERN...
	local options=() code before command rc i err
	if [[ " $* " == *' -- '* ]]; then
		while [[ $1 != -- ]]; do options+=("$1"); shift; done
		shift
	fi
	code=$1
	shift
	before=$(state)
	for command in diff apply; do
		rc=0
		vgpuctl $command -f "$file" "${options[@]}" > "$dir/out" 2> "$dir/err" || rc=$?
		cat "$dir/err"
		[ "$rc" = "$code" ]
		mapfile -t err < "$dir/err"
		((${#err[@]} == $#))
		for ((i = 0; i < $#; i++)); do [[ ${err[i]} =~ ^vgpuctl:\ ${*:i+1:1} ]]; done
		[[ $command = diff || ! -s $dir/out ]]
		[ "$(state)" = "$before" ]
	done
}

@test "apply makes what the file says, diff says it before, and afterwards there is nothing to do" {
	start
	pool '{name: alice, aperture: 64M, class: gold}' '{name: bob, aperture: 32M, hidden: 64M, fences: 2, weight: 200, cap: 50%}'
	applies '+ create alice aperture 64M class gold' '+ create bob aperture 32M hidden 64M fences 2 weight 200 cap 50%'
	[ "$(field alice weight) $(field alice fences) $(field bob weight) $(field bob cap_pct)" = '400 8 200 50' ]
	pool
	settled
}

@test "what can be set is set, also while a guest runs, and the rest stays as it is" {
	start
	pool '{name: alice, aperture: 64M}' '{name: bob, aperture: 64M, weight: 100}'
	vgpuctl apply -f "$file"
	uuid=$(field alice uuid)
	echo running > "$sysfs/bus/mdev/devices/$(field bob uuid)/vgpu/state"
	vgpuctl set bob --cap 70
	pool '{name: alice, aperture: 96M, fences: 4}' '{name: bob, aperture: 64M, weight: 200}'
	applies '~ set alice aperture 64M -> 96M fences 8 -> 4' '~ set bob weight 100 -> 200'
	[ "$(field alice uuid)" = "$uuid" ]
	[ "$(field bob cap_pct)" = 70 ]
	pool '{name: bob, aperture: 64M, class: silver}'
	applies '~ set bob class silver'
	pool '{name: bob, aperture: 64M, latency: 7}'
	applies '~ set bob class silver -> none latency 20000 -> 7'
	[ "$(field bob class) $(field bob weight)" = 'null 200' ]
}

@test "what can't be set is made again under its UUID" {
	start
	pool '{name: alice, aperture: 64M, hidden: 64M, class: bronze}'
	vgpuctl apply -f "$file"
	uuid=$(field alice uuid)
	was_opened alice
	pool '{name: alice, aperture: 128M}'
	applies "- delete alice (sizes can't change once a guest has opened it)" \
		"+ create alice uuid $uuid gpu 0000:00:02.0 aperture 128M hidden 64M fences 8 class bronze"
	[ "$(field alice uuid)" = "$uuid" ]
	[ "$(field alice aperture_bytes) $(field alice class)" = "$((128 << 20)) bronze" ]
}

@test "what is in use is not made again, and then nothing at all is done" {
	start
	pool '{name: alice, aperture: 64M}' '{name: bob, aperture: 64M}'
	vgpuctl apply -f "$file"
	echo open > "$sysfs/bus/mdev/devices/$(field alice uuid)/vgpu/state"
	pool '{name: bob, aperture: 64M, weight: 7}' '{name: alice, aperture: 32M}' '{name: carol, aperture: 4M}'
	refused 5 "$file:5:3: alice: sizes can't change once a guest has opened it, and a guest has it open; stop what uses it first"
	run vgpuctl apply -f "$file" --dry-run
	[ "$status" = 5 ]
	pool '{name: bob, aperture: 64M}'
	refused --prune -- 5 'alice: it is not in the file, and a guest has it open; stop what uses it first'
}

@test "without --prune what the file does not name stays, and with it what others made" {
	start
	vgpuctl create --aperture 64M --name alice
	vgpuctl create --aperture 64M --name carol
	mkdir "$sysfs/devices/0000:00:02.0/11111111-2222-4333-8444-555555555555"
	ln -s ../../../devices/0000:00:02.0/11111111-2222-4333-8444-555555555555 "$sysfs/bus/mdev/devices/"
	pool '{name: alice, aperture: 64M}'
	settled
	applies --prune -- '- delete carol (it is not in the file)'
	pool
	applies --prune -- '- delete alice (it is not in the file)'
	[ "$(vgpuctl list -o name)" = 11111111-2222-4333-8444-555555555555 ]
	pool '{name: a, aperture: 4M, uuid: 11111111-2222-4333-8444-555555555555}'
	refused 6 "$file:4:3: a: vgpud did not make the device that has the UUID 11111111-.*; leave out the uuid"
}

@test "what makes room comes before what needs it" {
	start
	pool '{name: alice, aperture: 128M, hidden: 4M, fences: 1}' '{name: bob, aperture: 128M, hidden: 4M, fences: 1}'
	vgpuctl apply -f "$file"
	was_opened bob
	pool '{name: new, aperture: 64M, hidden: 4M, fences: 1}' '{name: bob, aperture: 160M}' '{name: alice, aperture: 32M}'
	applies "- delete bob (sizes can't change once a guest has opened it)" '~ set alice aperture 128M -> 32M' \
		'+ create new aperture 64M hidden 4M fences 1' \
		"+ create bob uuid $(field bob uuid) gpu 0000:00:02.0 aperture 160M hidden 4M fences 1 weight 100 cap 100% latency 0"
	pool '{name: large, aperture: 256M}'
	applies --prune -- '- delete alice (it is not in the file)' '- delete bob (it is not in the file)' \
		'- delete new (it is not in the file)' '+ create large aperture 256M'
}

@test "scripts read the plan, and what became of it, as JSON or YAML" {
	start
	vgpuctl create --aperture 64M --name bob
	pool '{name: alice, aperture: 64M, domain: null}' '{name: bob, aperture: 64M, weight: 200}'
	vgpuctl diff -f "$file" -o json > "$dir/plan" || [ $? = 1 ]
	[ "$(jq -c '[.schema, .refused]' "$dir/plan")" = '[1,[]]' ]
	jq -c '.actions[] | [.action, .name, .reason, .from, .to, .done]' "$dir/plan" | diff - <(printf '%s\n' \
		'["set","bob","it differs",{"weight":100},{"weight":200},null]' \
		'["create","alice","it is not there",null,{"name":"alice","aperture_bytes":67108864},null]')
	vgpuctl diff -f "$file" -o yaml | head -n 3 | diff - <(printf '%s\n' 'schema: 1' 'actions:' '- action: set')
	vgpuctl diff -f "$file" -o name | diff - <(printf '%s\n' bob alice)
	vgpuctl apply -f "$file" -o json | jq -c '[.actions[].done, .error]' | diff - <(echo '[true,true,null]')
	[ "$(vgpuctl apply -f "$file" -o json | jq -c .actions)" = '[]' ]
	[ "$(vgpuctl diff -f "$file" -o json | jq -c .actions)" = '[]' ]
	echo open > "$sysfs/bus/mdev/devices/$(field bob uuid)/vgpu/state"
	pool '{name: bob, aperture: 32M}'
	vgpuctl diff -f "$file" -o json 2> "$dir/err" > "$dir/plan" || [ $? = 5 ]
	[ "$(jq -c '[.actions, (.refused[] | .exit, .line, .object)]' "$dir/plan")" = '[[],5,4,"bob"]' ]
}

@test "a failure in the middle: what was done, what was not, its exit code; once more goes on from there" {
	start
	vgpuctl create --aperture 64M --name alice
	vgpuctl create --aperture 4M --name old
	pool '{name: alice, aperture: 64M, weight: 7}' '{name: bob, aperture: 32M}' '{name: carol, aperture: 8M}'
	echo 'fences EIO' > "$sysfs/fail"
	run --separate-stderr vgpuctl apply -f "$file" --prune
	echo "$output" "$stderr"
	[ "$status" = 1 ]
	diff - <(printf '%s\n' '- delete old (it is not in the file)' '~ set alice weight 100 -> 7') <<< "$output"
	[[ ${stderr_lines[0]} == 'vgpuctl: bob: writing fences failed: Input/output error; see the kernel log' ]]
	[[ ${stderr_lines[1]} == "vgpuctl: $file: 2 of 4 changes were made, and not those below; apply it again to go on" ]]
	[ "${stderr_lines[2]} / ${stderr_lines[3]}" = '+ create bob aperture 32M / + create carol aperture 8M' ]
	[ "${#stderr_lines[@]}" = 4 ]
	run --separate-stderr vgpuctl apply -f "$file" --prune -o json
	[ "$status" = 1 ]
	[ "$(jq -c '[.actions[].done, .error.exit, .error.object]' <<< "$output")" = '[false,false,1,"bob"]' ]
	rm "$sysfs/fail"
	applies --prune -- '+ create bob aperture 32M' '+ create carol aperture 8M'
}

@test "what could not be made again is there as it was, under its UUID" {
	local before
	start_with_libvirt
	pool '{name: alice, aperture: 32M, class: gold, domain: off}' '{name: bob, aperture: 32M, weight: 7}' '{name: carol, aperture: 4M}'
	vgpuctl apply -f "$file"
	was_opened alice
	was_opened bob
	before=$(vgpuctl export | sed '/name: carol/,$d')
	pool '{name: carol, aperture: 4M, weight: 7}' '{name: bob, aperture: 512M}' '{name: alice, aperture: 64M}' '{name: dave, aperture: 4M}'
	run --separate-stderr vgpuctl apply -f "$file" -o json
	echo "$output" "$stderr"
	[ "$status" = 4 ]
	diff <(printf '%s\n' "vgpuctl: bob: --aperture 512M can't be had: GPU 0000:00:02.0 has 256M of aperture; ask for less, see vgpuctl gpu list" \
		'vgpuctl: bob: it is there again, as it was' 'vgpuctl: alice: it is there again, as it was' \
		"vgpuctl: $file: 1 of 7 changes were made, and not those below; apply it again to go on") <(head -n 4 <<< "$stderr")
	[ "$(jq -c '.actions[] | select(.done) | [.action, .name]' <<< "$output")" = '["set","carol"]' ]
	diff <(echo "$before") <(vgpuctl export | sed '/name: carol/,$d')
	[ "$(field alice domain)" = off ]
}

@test "a signal in the middle: nothing is left half-done, and standard error says what is not done" {
	local rc=0
	start --remove-timeout 50
	pool '{name: alice, aperture: 64M}'
	vgpuctl apply -f "$file"
	uuid=$(field alice uuid)
	was_opened alice
	pool '{name: alice, aperture: 32M}' '{name: bob, aperture: 4M}'
	echo 'remove WAIT' > "$sysfs/fail"
	"$VGPU_BIN_DIR/vgpuctl" --socket "$dir/vgpud.sock" apply -f "$file" > "$dir/out" 2> "$dir/err" 3>&- &
	until [ "$(field alice state)" = removing ]; do kill -0 $!; done
	kill $!
	rm "$sysfs/fail"
	wait $! || rc=$?
	cat "$dir/err"
	[ "$rc" = 143 ]
	diff "$dir/err" <(printf '%s\n' 'vgpuctl: apply: it was interrupted; apply the file again to go on' \
		'vgpuctl: alice: it is there again, as it was' "vgpuctl: $file: 0 of 3 changes were made, and not those below; apply it again to go on" \
		"- delete alice (sizes can't change once a guest has opened it)" \
		"+ create alice uuid $uuid gpu 0000:00:02.0 aperture 32M hidden 384M fences 8 weight 100 cap 100% latency 0" '+ create bob aperture 4M')
	[ "$(field alice uuid) $(field alice aperture_bytes)" = "$uuid $((64 << 20))" ]
	[ "$(vgpuctl list -o name)" = alice ]
}

@test "no room in the middle: 4, and what would fit" {
	start
	pool '{name: alice, aperture: 192M, hidden: 4M, fences: 1}' '{name: bob, aperture: 128M, hidden: 4M, fences: 1}'
	run --separate-stderr vgpuctl apply -f "$file"
	[ "$status" = 4 ]
	[[ ${stderr_lines[0]} == 'vgpuctl: bob: GPU 0000:00:02.0 is short of aperture: 128M wanted, 64M free'* ]]
	[ "$(vgpuctl list -o name)" = alice ]
}

@test "an agent that dies in the middle: 7, and once more goes on" {
	start
	echo 'weight KILL' > "$sysfs/fail"
	pool '{name: alice, aperture: 64M}' '{name: bob, aperture: 32M, weight: 7}' '{name: carol, aperture: 4M}'
	run --separate-stderr vgpuctl apply -f "$file"
	[ "$status" = 7 ]
	[ "$output" = '+ create alice aperture 64M' ]
	wait "$agent" || :
	rm "$sysfs/fail"
	start
	until [ "$(vgpuctl list -o name)" = alice ]; do kill -0 "$agent"; done
	applies '+ create bob aperture 32M weight 7' '+ create carol aperture 4M'
}

@test "another client that comes between: 5, nothing of its is touched, and once more goes on" {
	local rc=0
	start --remove-timeout 50
	vgpuctl create --aperture 64M --name old
	pool '{name: alice, aperture: 64M}'
	echo 'remove WAIT' > "$sysfs/fail"
	vgpuctl apply -f "$file" --prune > "$dir/first" 2> "$dir/err" 3>&- &
	until [ "$(field old state)" = removing ]; do kill -0 $!; done
	vgpuctl create --aperture 32M --name alice
	rm "$sysfs/fail"
	wait $! || rc=$?
	[ "$rc" = 5 ]
	[ "$(< "$dir/first")" = '- delete old (it is not in the file)' ]
	grep -q '^vgpuctl: alice: there is a vGPU of this name; ' "$dir/err"
	[ "$(field alice aperture_bytes)" = $((32 << 20)) ]
	applies --prune -- '~ set alice aperture 32M -> 64M'
}

@test "another client that has put another vGPU under the name: it is left alone" {
	local rc=0
	start --remove-timeout 50
	vgpuctl create --aperture 64M --name old
	vgpuctl create --aperture 32M --name alice
	pool '{name: alice, aperture: 32M, weight: 7}'
	echo 'remove WAIT' > "$sysfs/fail"
	vgpuctl apply -f "$file" --prune > "$dir/first" 2> "$dir/err" 3>&- &
	until [ "$(field old state)" = removing ]; do kill -0 $!; done
	uuid=$(field alice uuid)
	rm -r "$sysfs/bus/mdev/devices/$uuid" "$sysfs/devices/0000:00:02.0/$uuid"
	vgpuctl delete alice
	vgpuctl create --aperture 32M --name alice
	rm "$sysfs/fail"
	wait $! || rc=$?
	[ "$rc" = 3 ]
	grep -q "^vgpuctl: $uuid: no such vGPU; " "$dir/err"
	[ "$(field alice weight)" = 100 ]
	applies --prune -- '~ set alice weight 100 -> 7'
}

@test "all that is wrong with the file is said at once, with line and column; nothing is done, nor is an agent needed" {
	local rc=0
	printf '%s\n' 'kind: vgpu-pool' 'version: 1' 'pool:' '- name: Alice' '  aperture: 64MB' '  wieght: 3' '- {name: b, type: t, fences: 3}' > "$file"
	vgpuctl apply -f "$file" > "$dir/out" 2> "$dir/err" || rc=$?
	[ "$rc" = 2 ]
	[ ! -s "$dir/out" ]
	sed "s|^vgpuctl: $file:||; s/: .*;/;/" "$dir/err" | diff - <(printf '%s\n' \
		"4:9; use 1 to 63 of a-z, 0-9, '.', '_' and '-', a letter or digit first, and not a UUID" \
		'5:13; give bytes or a number with K, M or G, in whole pages of 4K, such as 128M' \
		'6:3; use name, uuid, gpu, type, aperture, hidden, fences, class, weight, cap, latency or domain' \
		'7:3; leave out aperture, hidden and fences, or the type')
	start
	refused 2 "$file:4:9: name: Alice is not a name" "$file:5:13: aperture: 64MB is not a size" "$file:6:3: wieght: a vGPU has no such key" \
		"$file:7:3: b: its sizes come with the type"
	fails 2 'stdin:1:1: YAML: there is nothing in it' diff -f - < /dev/null
	fails 2 "$dir/nowhere: it can't be read: No such file or directory; give a pool file" apply -f "$dir/nowhere"
	fails 2 "$dir: it can't be read: Is a directory" apply -f "$dir"
	head -c 1048576 /dev/zero | tr '\0' '#' > "$file"
	fails 2 "it can't be read: File too large" diff -f "$file"
	fails 2 '--file: this command needs it' apply
	fails 2 '--file: this command needs it' diff
	fails 2 '--prune: unknown option for this command' export --prune
	{ printf '%s\n' 'kind: vgpu-pool' 'version: 1' pool:; printf -- '- {name: a%d, aperture: no}\n' {1..30}; } > "$file"
	run vgpuctl apply -f "$file"
	[ "$status" = 2 ]
	[ "${#lines[@]}" = 21 ]
	[ "${lines[20]}" = "vgpuctl: $file: there are 10 more errors; mend these first" ]
}

@test "what there is not: 3, with the place in the file" {
	start
	pool '{name: a, aperture: 4M, class: platinum}' '{name: b, type: vgpu-1M}' '{name: c, aperture: 4M, gpu: "03:00.0"}' '{name: d, aperture: 4M}'
	refused 3 "$file:4:3: a: there is no class platinum; see vgpuctl classes" "$file:5:3: b: this host has no type vgpu-1M; see vgpuctl types" \
		"$file:6:3: c: GPU 03:00.0 is not there; see vgpuctl gpu list"
}

@test "no agent: 7, also for diff; what is not a difference is never 1" {
	pool
	fails 7 'vgpud does not answer' apply -f "$file"
	fails 7 'vgpud does not answer' diff -f "$file"
	fails 7 'vgpud does not answer' export
	start
	pool '{name: a, aperture: 4M}'
	run bash -c "'$VGPU_BIN_DIR/vgpuctl' --socket '$dir/vgpud.sock' diff -f '$file' > /dev/full"
	[ "$status" = 2 ]
	[[ $output == "vgpuctl: standard output: it can't be written: No space left on device; "* ]]
	make_gvtg 0000:05:00.0
	pool '{name: a, aperture: 4M, weight: 3, gpu: "05:00.0"}'
	run vgpuctl diff -f "$file"
	[ "$status" = 2 ]
	[[ $output == *'the driver of GPU 05:00.0 has no scheduler settings; leave out weight, cap, latency and class' ]]
}

@test "diff, a dry run and export do with the read-only socket; apply does not: 6" {
	start
	pool '{name: a, aperture: 4M}'
	read_only() { "$VGPU_BIN_DIR/vgpuctl" --socket "$dir/vgpud-ro.sock" "$@"; }
	[ "$(read_only diff -f "$file" || [ $? = 1 ])" = '+ create a aperture 4M' ]
	[ "$(read_only apply --dry-run -f "$file")" = '+ create a aperture 4M' ]
	read_only export | grep -qx 'pool: \[\]'
	run read_only apply -f "$file"
	[ "$status" = 6 ]
	[[ ${lines[0]} == *'the read-only socket changes nothing'* ]]
}

@test "export writes all that there is, always alike, and brings it back with its UUIDs" {
	make_gvtg 0000:05:00.0
	start
	vgpuctl create --aperture 64M --name sized --weight 7 --cap 50
	vgpuctl create --aperture 32M --name classy --class gold
	vgpuctl create --aperture 100M --gpu 05:00.0 --name other
	vgpuctl create --type vgpu-64M --name fixed
	vgpuctl export > "$file"
	grep -v uuid "$file" | diff - <(printf '%s\n' 'kind: vgpu-pool' 'version: 1' pool: \
		'- name: classy' '  gpu: "0000:00:02.0"' '  aperture: 32M' '  hidden: 192M' '  fences: 4' '  class: gold' \
		'- name: fixed' '  gpu: "0000:00:02.0"' '  type: vgpu-64M' '  weight: 100' '  cap: 100%' '  latency: 0' \
		'- name: other' '  gpu: "0000:05:00.0"' '  type: i915-GVTg_V5_4' \
		'- name: sized' '  gpu: "0000:00:02.0"' '  aperture: 64M' '  hidden: 384M' '  fences: 8' '  weight: 7' '  cap: 50%' '  latency: 0')
	settled --prune
	list=$(vgpuctl list -o json | jq '.vgpus[] | del(.aperture_base, .hidden_base, .fence_base)')
	stop_agent
	rm -r "$dir/state" "$sysfs/bus/mdev/devices/"* "$sysfs"/devices/*/????????-*
	resource "$sysfs/devices/0000:00:02.0" aperture _bytes $((256 << 20))
	resource "$sysfs/devices/0000:00:02.0" hidden _bytes $((1536 << 20))
	resource "$sysfs/devices/0000:00:02.0" fences '' 16
	start
	vgpuctl apply -f "$file"
	vgpuctl export | diff "$file" -
	[ "$(vgpuctl list -o json | jq '.vgpus[] | del(.aperture_base, .hidden_base, .fence_base)')" = "$list" ]
}

@test "another vendor's GPU: types, and sizes that a type covers" {
	make_gvtg 0000:05:00.0
	start
	pool '{name: a, type: i915-GVTg_V5_4}' '{name: b, aperture: 300M, gpu: "05:00.0"}'
	applies '+ create a type i915-GVTg_V5_4' '+ create b gpu 05:00.0 aperture 300M'
	[ "$(field b type)" = i915-GVTg_V5_1 ]
	uuid=$(field a uuid)
	pool '{name: a, type: i915-GVTg_V5_8}' '{name: b, aperture: 500M}'
	applies "- delete a (a type can't be changed)" "+ create a uuid $uuid gpu 0000:05:00.0 type i915-GVTg_V5_8"
	[ "$(field a uuid)" = "$uuid" ]
}

@test "what is missing is restored, and set; of another size it is made again" {
	start
	pool '{name: a, aperture: 64M, weight: 7}'
	vgpuctl apply -f "$file"
	uuid=$(field a uuid)
	lose() { rm -r "$sysfs/bus/mdev/devices/$uuid" "$sysfs/devices/0000:00:02.0/$uuid"; }
	lose
	pool '{name: a, aperture: 64M, weight: 8}'
	applies '+ restore a (its device is missing)' '~ set a weight 7 -> 8'
	lose
	pool '{name: a, aperture: 32M}'
	applies '- delete a (it is missing, and was of another size)' \
		"+ create a uuid $uuid gpu 0000:00:02.0 aperture 32M hidden 384M fences 8 weight 8"
	[ "$(field a uuid) $(field a state)" = "$uuid new" ]
	lose
	mv "$sysfs/class/mdev_bus/0000:00:02.0" "$dir/gpu"
	refused 3 "$file:4:3: a: GPU 0000:00:02.0 is not there; see vgpuctl gpu list"
	mv "$dir/gpu" "$sysfs/class/mdev_bus/0000:00:02.0"
}

@test "domains: attached, exchanged and let go; what is deleted is detached first" {
	start_with_libvirt
	pool '{name: a, aperture: 32M, domain: off}' '{name: b, aperture: 32M}'
	applies '+ create a aperture 32M domain off' '+ create b aperture 32M'
	pool '{name: a, aperture: 32M}' '{name: b, aperture: 32M, domain: other}'
	applies '~ attach b domain other'
	[ "$(field a domain) $(field b domain)" = 'off other' ]
	pool '{name: a, aperture: 32M, domain: other}' '{name: b, aperture: 32M, domain: off}'
	applies '~ detach a domain off (another domain shall have it)' '~ detach b domain other (another domain shall have it)' \
		'~ attach a domain other' '~ attach b domain off'
	pool '{name: a, aperture: 32M, domain: null}'
	applies --prune -- '~ detach a domain other (no domain shall have it)' '~ detach b domain off (it is not in the file)' \
		'- delete b (it is not in the file)'
	[ "$(field a domain)" = null ]
	# What is taken from a domain is taken from its next start: one that was started meanwhile keeps what it runs with.
	[ "$(grep -c '^detach [a-z]* 2 ' "$VGPU_SHIM_LOG") $(grep -c ^detach "$VGPU_SHIM_LOG")" = '4 4' ]
	pool '{name: a, aperture: 32M, domain: nowhere}'
	run --separate-stderr vgpuctl apply -f "$file"
	[ "$status" = 3 ]
	[[ ${stderr_lines[0]} == 'vgpuctl: nowhere: no such domain; '* ]]
}

@test "a domain that is shut off has the same vGPU again after it was made again" {
	start_with_libvirt
	pool '{name: a, aperture: 32M, domain: off}'
	vgpuctl apply -f "$file"
	uuid=$(field a uuid)
	was_opened a
	pool '{name: a, aperture: 64M}'
	applies "~ detach a domain off (sizes can't change once a guest has opened it)" "- delete a (sizes can't change once a guest has opened it)" \
		"+ create a uuid $uuid gpu 0000:00:02.0 aperture 64M hidden 192M fences 4 weight 100 cap 100% latency 0 domain off"
	[ "$(field a uuid) $(field a domain)" = "$uuid off" ]
}

@test "nothing is taken from a domain that runs" {
	start_with_libvirt
	pool "{name: a, aperture: 32M, uuid: $uuid_of_runs}" '{name: b, aperture: 32M}'
	vgpuctl apply -f "$file"
	until [ "$(field a domain_running)" = true ]; do kill -0 "$agent"; done
	pool '{name: a, aperture: 32M, domain: runs}'
	settled
	pool '{name: a, aperture: 32M, domain: off}' '{name: b, aperture: 32M, weight: 3}'
	refused 5 "$file:4:3: a: it shall go to another domain, and domain runs runs with it; shut the domain down first"
	pool '{name: a, aperture: 32M, domain: null}'
	refused 5 "$file:4:3: a: no domain shall have it, and domain runs runs with it"
	pool
	refused --prune -- 5 'a: it is not in the file, and domain runs runs with it'
}

@test "a thousand lines are applied and compared in a moment" {
	local i
	start
	{ printf '%s\n' 'kind: vgpu-pool' 'version: 1' pool:; printf -- '- {name: v%d, aperture: 4K, hidden: 4K, fences: 1}\n' {1..1000}; } > "$file"
	timeout 20 "$VGPU_BIN_DIR/vgpuctl" --socket "$dir/vgpud.sock" diff -f "$file" > "$dir/out" || [ $? = 1 ]
	[ "$(wc -l < "$dir/out")" = 1000 ]
}

@test "the example applies, and finds nothing to do then" {
	start
	cp "$top/examples/pool.yaml" "$file"
	vgpuctl apply -f "$file"
	[ "$(vgpuctl list -o name | tr '\n' ' ')" = 'build desk spare ' ]
	settled --prune
}

# plays [OPTION...]: the playbook on this host; tasks that changed something
plays() {
	PATH=$dir/bin:$PATH HOME=$dir ANSIBLE_NOCOLOR=1 ansible-playbook -i "$dir/hosts" -e ansible_become=false -e config="$dir/etc" \
		"$dir/fleet/vgpus.yml" "$@" > "$dir/play" 2>&1 3>&- || { cat "$dir/play"; return 1; }
	sed -n 's/^changed: .*/changed/p; s/^TASK \[\(.*\)\].*/\1/p' "$dir/play" | grep -B 1 '^changed$' | grep -v '^changed$\|^--$'
}

@test "the playbook says what would change, changes it, and then nothing" {
	command -v ansible-playbook > /dev/null || skip "there is no ansible-playbook"
	start
	cp -r "$top/examples/fleet" "$dir/fleet"
	cp "$top/examples/pool.yaml" "$top/policy/classes.yaml" "$dir/fleet/"
	mkdir "$dir/bin" "$dir/etc"
	chmod 755 "$dir/etc"
	# The policy is there already: to reload vgpud takes a systemd.
	install -m 644 "$top/policy/classes.yaml" "$dir/etc/policy.yaml"
	printf '#!/bin/sh\nexec "%s/vgpuctl" --socket "%s" "$@"\n' "$VGPU_BIN_DIR" "$dir/vgpud.sock" > "$dir/bin/vgpuctl"
	chmod +x "$dir/bin/vgpuctl"
	printf '[gpu_hosts]\nlocalhost ansible_connection=local ansible_python_interpreter=/usr/bin/python3 ansible_remote_tmp=%s\n' "$dir/tmp" > "$dir/hosts"
	plays --check | diff - <(printf '%s\n' Pool 'What there is to do')
	[ -z "$(vgpuctl list -o name)" ]
	plays | diff - <(printf '%s\n' Pool 'What there is to do' 'Do it')
	cp "$top/examples/pool.yaml" "$file"
	settled --prune
	[ -z "$(plays)" ]
	# What apply would refuse fails before anything is tried, also with --check.
	echo open > "$sysfs/bus/mdev/devices/$(field spare uuid)/vgpu/state"
	sed -i 's/32M/16M/' "$dir/fleet/pool.yaml"
	run plays --check
	[ "$status" = 1 ]
	[[ $output == *"spare: sizes can't change once a guest has opened it"* ]]
}
