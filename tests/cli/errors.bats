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
	fails 2 ' gp: no such command; did you mean gpu list\?$' gp
	fails 2 ' lst: no such command; did you mean list\?$' lst
	fails 2 ' gpu lst: no such command; did you mean gpu list\?$' gpu lst
	fails 2 ' xyz: no such command; see vgpuctl help$' help xyz
	fails 2 ' crate: no such command; did you mean create\?$' help crate
	fails 2 '--aperature: unknown option; did you mean --aperture\?$' create --aperature 64M
	fails 2 '--wieght=3: unknown option; did you mean --weight\?$' create --wieght=3
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
	fails 4 'vgpu-1: GPU 0000:00:02.0 is short of aperture: 96M wanted, 128M free, largest hole 64M, held by a 64M, c 64M; this would fit: vgpuctl create --aperture 64M --fences 1; or move a, see --dry-run' \
		create --aperture 96M --fences 1
	fails 4 'a: aperture can.t grow from 64M to 196M: GPU 0000:00:02.0 has 128M free beside it, largest hole 64M, held by c 64M; ask for less or delete' \
		set a --aperture 196M
	fails 4 'a: fences can.t grow from 2 to 16: GPU 0000:00:02.0 has 12 free beside it' set a --fences 16
	fails 4 'short of aperture.*, fences short too; ' create --aperture 128M --fences 13
	fails 4 'short of fences: 13 wanted, 12 free' create --aperture 4K --fences 13
	echo 0 > "$sysfs/devices/0000:00:02.0/mdev_supported_types/vgpu-64M/available_instances"
	fails 4 'vgpu-1: GPU 0000:00:02.0 has no instance left of type vgpu-64M' create --type vgpu-64M
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
	grep -q '^vgpud: a: removed$' "$dir/log"
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

@test "output that can't be written is a failure, with what to do about it" {
	local program
	start_agent
	vgpuctl create --aperture 4K --name a
	for program in 'vgpuctl help' 'vgpuctl list' 'vgpuctl list -o json' 'vgpuctl list -o yaml' 'vgpuctl --complete list --' \
		'vgpuctl --print-completion bash' 'vgpu-top --help' 'vgpu-top -n 1 -d 0.05' 'vgpu-top -J -n 1 -d 0.05' \
		'vgpu-top -c -n 1 -d 0.05' 'vgpud --help' 'vgpud --version'; do
		cannot_write "$program" '> /dev/full' 'No space left on device'
		cannot_write "$program" '>&-' 'Bad file descriptor'
	done
}

# cannot_write COMMAND REDIRECTION WHY
cannot_write() {
	local name=${1%% *} arguments=${1#* } rc=0
	[[ $name == vgpud || $arguments == --complete* ]] || arguments+=" --socket $dir/vgpud.sock"
	bash -c "'$VGPU_BIN_DIR/$name' $arguments $2" 2> "$dir/err" || rc=$?
	echo "$1 $2: $rc: $(< "$dir/err")"
	[ "$rc" = 1 ]
	diff "$dir/err" <(echo "$name: standard output: it can't be written: $3; check where it goes to")
}

# Where standard error is closed, what is said must not go to where a socket has been opened instead.
@test "with its output closed, a program says nothing to the agent" {
	start_agent
	vgpuctl create --aperture 4K --name a
	run bash -c "'$VGPU_BIN_DIR/vgpuctl' --socket '$dir/vgpud.sock' show nobody 2>&-"
	[ "$status" = 3 ]
	run bash -c "'$VGPU_BIN_DIR/vgpuctl' --socket '$dir/vgpud.sock' list <&- >&- 2>&-"
	[ "$status" = 1 ]
	[ ! -s "$dir/log" ]
}

# refused WHAT CODE PATTERN COMMAND...: as fails(), but that nothing has changed is looked at once, in the end
refused() {
	local what=$1 code=$2 pattern=$3 rc=0 err
	shift 3
	"$VGPU_BIN_DIR/vgpuctl" --socket "$dir/vgpud.sock" "$@" > "$dir/out" 2> "$dir/err" < /dev/null || rc=$?
	mapfile -t err < "$dir/err"
	[[ $rc == "$code" && ${#err[@]} == 1 && ! -s $dir/out && ${err[0]} =~ ^vgpuctl:\ [^:].*:\ .*\;\ .+ && ${err[0]} =~ $pattern ]] && return
	printf '%s: %q ' "$what" "$@" | cut -c 1-300
	echo "exit $rc, said: ${err[*]}" | cut -c 1-300
	return 1
}

@test "every command with what does not belong to it: 2, and one line" {
	local before command operand words long
	long=$(head -c 2000 /dev/zero | tr '\0' a)
	start_agent
	before=$(state)
	while read -r command; do
		operand=$(vgpuctl --print-synopsis | sed -n "/^\.Cm $command\$/{n;s/^\.Op Ar \(.*\)/[\1]/p;s/^\.Ar //p}")
		echo "$command $operand"
		# shellcheck disable=SC2206
		words=($command)
		if [[ $command == top ]]; then
			refused 'not its own' 2 '--output: unknown option for this command; see vgpuctl help top' -o json top
			continue
		fi
		refused 'no option' 2 '--bogus: unknown option; see vgpuctl help' "${words[@]}" --bogus
		refused 'no letter' 2 '-x: unknown option; ' "${words[@]}" -xh
		refused 'a flag with an argument' 2 '--help=x: it takes no argument; ' "${words[@]}" --help=x
		refused 'no argument' 2 '--socket: it needs an argument; ' "${words[@]}" --socket
		refused 'an empty one' 2 '--socket: it is empty; give a value' "${words[@]}" --socket ''
		refused 'not its own' 2 "--print-nothing: unknown option; " "${words[@]}" --print-nothing
		refused 'too many' 2 "(x|y|z): (unexpected argument|too many arguments); see vgpuctl help" "${words[@]}" x y z
		refused 'very many' 2 "too many arguments; see vgpuctl help" "${words[@]}" 1 2 3 4 5 6 7 8 9
		case $operand in
		'') refused 'one too many' 2 "x: unexpected argument; see vgpuctl help $command" "${words[@]}" x ;;
		NAME | ADDR)
			refused 'none' 2 "$command: it needs an argument; see vgpuctl help $command" "${words[@]}"
			refused 'empty' 2 "$operand: it is empty; see vgpuctl help $command" "${words[@]}" ''
			refused 'not UTF-8' 2 'a\?: it is not UTF-8; ' "${words[@]}" $'a\xff'
			refused 'long' 2 '^vgpuctl: a+: it is too long; give 1024 bytes or less' "${words[@]}" "$long"
			;;
		esac
	done < <(vgpuctl --print-synopsis | sed -n 's/^\.Cm //p')
	[ "$(state)" = "$before" ]
}

@test "every option with a value that is none: 2, and the option and the remedy are named" {
	local before option value long
	long=$(head -c 2000 /dev/zero | tr '\0' a)
	start_agent
	vgpuctl create --aperture 4K --name a
	before=$(state)
	for option in fences weight cap latency; do
		for value in '' ' ' -1 +1 1.5 0x10 1e1 1K ١ $'\xff' 99999999999999999999 18446744073709551617 "$long"; do
			refused number 2 "^vgpuctl: --$option .*: not a number from [01] to [0-9]+; give a number in this range" set a --$option "$value"
		done
		refused twice 2 "--$option: it is given twice; leave one of them out" set a --$option 1 --$option 1
	done
	for option in aperture hidden; do
		for value in ' ' -4K +4K 4k 4KB 0 1 $'\xff' 99999999999999999999G "$long"; do
			refused size 2 "^vgpuctl: --$option .*: not a size.*; give bytes or a number with K, M or G" set a --$option "$value"
		done
		refused twice 2 "--$option: it is given twice" set a --$option 4K --$option=4K
	done
	for option in name type gpu class domain; do
		refused empty 2 "^vgpuctl: --$option: it is empty; give a value" create --$option ''
		refused 'not UTF-8' 2 "^vgpuctl: --$option .*\?: it is not UTF-8; " create --$option $'a\xff'
		refused long 2 "^vgpuctl: --$option a+: it is too long; " create --$option "$long"
		refused twice 2 "^vgpuctl: --$option: it is given twice; " create --$option a --$option a
		refused 'no argument' 2 "^vgpuctl: --$option: it needs an argument; " create --$option
	done
	refused format 2 '^vgpuctl: --output: it is empty; give a value' list -o ''
	refused format 2 '^vgpuctl: \?: not an output format; ' list -o $'\xff'
	refused format 2 '^vgpuctl: -o: it needs an argument; ' list -o
	refused empty 2 "^vgpuctl: '': no such command; see vgpuctl help" ''
	refused 'not UTF-8' 2 '^vgpuctl: \?: no such command; see vgpuctl help' $'\xff'
	refused long 2 '^vgpuctl: a+: no such command; see vgpuctl help' "$long"
	refused escapes 2 '^vgpuctl: \?\[31m: no such command; ' $'\x1b[31m'
	refused socket 2 '^vgpuctl: /a+: a socket.s path can.t be as long; name it by a shorter path' list --socket "/$long"
	# Where it listens and how to print may come from an alias, too: the last one counts.
	[ "$(vgpuctl list -o json -o name)" = a ]
	[ "$(state)" = "$before" ]
}

@test "vgpud's options with what is none: 2, one line with the option and the remedy" {
	local pattern arguments
	while IFS='|' read -r pattern arguments; do
		eval "arguments=($arguments)"
		run "$VGPU_BIN_DIR/vgpud" --state "$dir/state" --sysfs "$sysfs" --libvirt none "${arguments[@]}" < /dev/null
		echo "${arguments[*]}: $status: $output"
		[ "$status" = 2 ] && [ "${#lines[@]}" = 1 ]
		[[ $output =~ $pattern ]]
	done <<- 'END'
		^vgpud: --policy: it is empty; see vgpud.8|--policy ''
		^vgpud: --socket: it is empty|--socket ''
		^vgpud: --sysfs: it is empty|--sysfs ''
		^vgpud: --state: it is empty|--state ''
		^vgpud: --libvirt: it is empty|--libvirt=
		^vgpud: --libvirt-timeout: 0x1 is not 0.1 to 55 seconds; see vgpud.8|--libvirt-timeout 0x1
		^vgpud: --remove-timeout:  is not 0.1 to 55 seconds|--remove-timeout ''
		^vgpud: --remove-timeout: 56 is not 0.1 to 55 seconds|--remove-timeout 56
		^vgpud: --bogus: unknown option; see vgpud --help|--bogus
		^vgpud: -x: unknown option; see vgpud --help|-xh
		^vgpud: --help=x: it takes no argument; see vgpud --help|--help=x
		^vgpud: --socket: it needs an argument; see vgpud --help|--socket
		^vgpud: x: unexpected argument; see vgpud --help|x
	END
	[ ! -e "$dir/state" ]
}

@test "a parameter that is an empty text is refused by the agent, too" {
	local reply
	start_agent
	vgpuctl create --aperture 4K --name a
	reply=$(request "$dir/vgpud.sock" '{"jsonrpc":"2.0","id":1,"method":"vgpu.set","params":{"name":"a","class":""}}')
	[ "$(jq -c '[.error.message, .error.data.object, .error.data.exit]' <<< "$reply")" = '["it must not be empty","class",2]' ]
	reply=$(request "$dir/vgpud.sock" '{"jsonrpc":"2.0","id":1,"method":"vgpu.show","params":{"name":""}}')
	[ "$(jq -c '[.error.message, .error.data.object, .error.data.exit]' <<< "$reply")" = '["it must not be empty","name",2]' ]
}
