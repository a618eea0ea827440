# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
# helper.bash - what the CLI tests share: a directory tree that stands for sysfs, an agent on it, and assertions on what the CLI says.
#
# VGPU_BIN_DIR names the programs to test (default: build/), so that the same tests run on a sanitizer build.

top=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
: "${VGPU_BIN_DIR:=$top/build}"
VGPU_BIN_DIR=$(cd "$VGPU_BIN_DIR" && pwd)

# build_so SOURCE [OPTION...]: into $BATS_FILE_TMPDIR, compiled again only when its source is newer
build_so() {
	local name=$1 built=$top/build/cli/$1.so
	shift
	if [[ ! $built -nt $top/tests/cli/$name.c ]]; then
		mkdir -p "$top/build/cli"
		"${CC:-gcc}" -std=gnu11 -O1 -Wall -Wno-format-truncation -shared -fPIC -o "$built.$$" "$top/tests/cli/$name.c" "$@"
		mv "$built.$$" "$built"
	fi
	ln -f "$built" "$BATS_FILE_TMPDIR/$name.so" 2> /dev/null || cp "$built" "$BATS_FILE_TMPDIR/$name.so"
}

build_shim() { build_so sysfs-shim -ldl; }

put() { # FILE TEXT
	[[ -d ${1%/*} ]] || mkdir -p "${1%/*}"
	printf '%s\n' "$2" > "$1"
}

make_pci() { # ADDRESS VENDOR DEVICE
	mkdir -p "$sysfs/devices/$1" "$sysfs/bus/pci/devices"
	ln -s "../../../devices/$1" "$sysfs/bus/pci/devices/$1"
	put "$sysfs/devices/$1/vendor" "$2"
	put "$sysfs/devices/$1/device" "$3"
	put "$sysfs/devices/$1/driver_override" '(null)'
}

# make_i915 [ADDRESS]: the stock driver is loaded, and has that GPU, which vgpu had
make_i915() {
	local gpu=$sysfs/devices/${1:-}
	put "$sysfs/bus/pci/drivers/i915/bind" ''
	put "$sysfs/bus/pci/drivers/i915/unbind" ''
	[[ ${1:-} ]] || return 0
	rm "$sysfs/class/mdev_bus/$1" "$gpu/driver"
	mv "$gpu/mdev_supported_types" "$gpu/.mdev_supported_types"
	mv "$gpu/vgpu" "$gpu/.vgpu"
	ln -s ../../bus/pci/drivers/i915 "$gpu/driver"
}

# make_gpu ADDRESS: a GPU of ours, 256M of aperture, 1536M of hidden memory, 16 fences
make_gpu() {
	local gpu=$sysfs/devices/$1 type
	mkdir -p "$gpu" "$sysfs/class/mdev_bus" "$sysfs/bus/mdev/devices" "$sysfs/bus/pci/drivers/vgpu"
	ln -s "../../devices/$1" "$sysfs/class/mdev_bus/$1"
	ln -s ../../bus/pci/drivers/vgpu "$gpu/driver"
	make_pci "$1" 0x8086 0x0412
	put "$sysfs/bus/pci/drivers/vgpu/bind" ''
	put "$sysfs/bus/pci/drivers/vgpu/unbind" ''
	for type in 64M 128M 256M flex; do
		put "$gpu/mdev_supported_types/vgpu-$type/name" "vGPU $type"
		put "$gpu/mdev_supported_types/vgpu-$type/description" 'aperture_bytes, hidden_bytes and fences are set before it is first opened'
		[[ $type = flex ]] || put "$gpu/mdev_supported_types/vgpu-$type/description" \
			"aperture: ${type%M} MiB, hidden: $((6 * ${type%M})) MiB, fences: $((${type%M} / 16))"
		put "$gpu/mdev_supported_types/vgpu-$type/device_api" vfio-pci
		put "$gpu/mdev_supported_types/vgpu-$type/available_instances" 4
		put "$gpu/mdev_supported_types/vgpu-$type/create" ''
	done
	resource "$gpu" aperture _bytes $((256 << 20))
	resource "$gpu" hidden _bytes $((1536 << 20))
	resource "$gpu" fences '' 16
	put "$gpu/vgpu/stats" 'rcs_busy_ns 0
switches 0'
}

resource() { # GPU NAME SUFFIX AMOUNT
	put "$1/vgpu/$2_total$3" "$4"
	put "$1/vgpu/$2_free$3" "$4"
	put "$1/vgpu/$2_hole$3" "$4"
}

# make_gvtg ADDRESS: another vendor's GPU, with types described as i915-GVTg does
make_gvtg() {
	local gpu=$sysfs/devices/$1 type low
	mkdir -p "$gpu" "$sysfs/class/mdev_bus" "$sysfs/bus/mdev/devices" "$sysfs/bus/pci/drivers/i915"
	ln -s "../../devices/$1" "$sysfs/class/mdev_bus/$1"
	ln -s ../../bus/pci/drivers/i915 "$gpu/driver"
	for low in 64 128 512; do
		type=$gpu/mdev_supported_types/i915-GVTg_V5_$((512 / low))
		put "$type/name" "GVTg_V5_$((512 / low))"
		put "$type/description" "low_gm_size: ${low}MB
high_gm_size: $((low * 4))MB
fence: 4
resolution: 1920x1200
weight: 4"
		put "$type/device_api" vfio-pci
		put "$type/available_instances" 1
		put "$type/create" ''
	done
}

# VGPU_SHIM= starts it on the tree as it is: nothing can be made there, and what is read costs what it costs
start_agent() { # [OPTION...]
	local i
	# Not bats' descriptor 3: a test that fails must not wait for the agent.
	LD_PRELOAD="${VGPU_SHIM-$BATS_FILE_TMPDIR/sysfs-shim.so}${VGPU_PRELOAD:+ $VGPU_PRELOAD}" VGPU_SHIM_ROOT=$sysfs \
		ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=${VGPU_LEAKS:-1}:quarantine_size_mb=${VGPU_QUARANTINE_MB:-256}:abort_on_error=0 \
		"$VGPU_BIN_DIR/vgpud" --socket "$dir/vgpud.sock" --sysfs "$sysfs" --state "$dir/state" "${@:---libvirt=none}" \
		2>> "$dir/log" 3>&- &
	agent=$!
	for ((i = 0; i < 500; i++)); do
		"$VGPU_BIN_DIR/vgpuctl" --socket "$dir/vgpud.sock" version > "$dir/version" 2>&1 && return
		kill -0 "$agent" 2> /dev/null || break
		read -rt 0.02 <> <(:) || :
	done
	cat "$dir/version" "$dir/log" >&2
	return 1
}

# stop_agent: it must end well, which under a sanitizer means without a finding
stop_agent() {
	local rc=0
	[[ ${agent:-} ]] || return 0
	kill "$agent"
	wait "$agent" || rc=$?
	agent=
	((rc == 0)) || { cat "$dir/log" >&2; return 1; }
	! grep -E 'ERROR: |runtime error' "$dir/log" >&2
}

common_setup() {
	dir=$(mktemp -d "$BATS_TEST_TMPDIR/XXXX")
	sysfs=$dir/sys
	mkdir -p "$sysfs/class/mdev_bus" "$sysfs/bus/mdev/devices"
	agent=
}

# write_down PROGRAM ARGUMENT...: for coverage.sh, what was done with success
write_down() {
	local line
	[[ ${VGPU_COVERAGE:-} ]] || return 0
	printf -v line '%q ' "$@"
	printf '%s\n' "$line" >> "$VGPU_COVERAGE"
}

vgpuctl() {
	"$VGPU_BIN_DIR/vgpuctl" --socket "$dir/vgpud.sock" "$@" || return
	write_down vgpuctl "$@"
}

vgpu_top() {
	"$VGPU_BIN_DIR/vgpu-top" --socket "$dir/vgpud.sock" "$@" || return
	write_down vgpu-top --socket "$dir/vgpud.sock" "$@"
}

# state: all that a failed command must leave alone
state() {
	vgpuctl list -o json
	vgpuctl gpu list -o json
	find "$sysfs" | sort
}

# fails CODE PATTERN COMMAND...: exit code, exactly one line on stderr that matches and has object and remedy, nothing changed
fails() {
	local code=$1 pattern=$2 before='' rc=0 err
	shift 2
	[[ ${agent:-} ]] && before=$(state)
	vgpuctl "$@" > "$dir/out" 2> "$dir/err" || rc=$?
	mapfile -t err < "$dir/err"
	echo "exit $rc, said: ${err[*]}"
	((rc == code && ${#err[@]} == 1)) || return 1
	[[ ! -s $dir/out ]] || return 1
	[[ ${err[0]} =~ ^vgpuctl:\ [^:].*:\ .*\;\ .+ ]] || return 1
	[[ ${err[0]} =~ $pattern ]] || return 1
	[[ ! ${agent:-} || $(state) == "$before" ]]
}

# on_terminal SIZE PROGRAM [ARGUMENT...]: run a program on a terminal that is looked at; TERMINAL_PID is to be killed in the end
on_terminal() {
	coproc TERMINAL { TERM=${TERM_IS-xterm-256color} LC_ALL=${LOCALE_IS:-C.UTF-8} exec "$top/build/cli/terminal" "$@" 3>&-; }
	to=${TERMINAL[1]} from=${TERMINAL[0]}
}

# on COMMAND [TEXT]: done on the terminal, see terminal.c
on() {
	local reply
	printf '%s\n' "$*" >&"$to"
	read -r reply <&"$from"
	[ "$reply" = ok ] || { echo "$*: $reply"; return 1; }
}

# request SOCKET LINE: one request, its reply
request() { printf '%s\n' "$2" | socat -t 5 - "UNIX-CONNECT:$1"; }
