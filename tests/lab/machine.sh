# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash disable=SC2016,SC2034
#
# L1's life. $STATE holds all of it: gpu.sock and agent.N.sock, qemu.pid and sim.pid, the disks, serial.log, qemu.log, sim.log, and
# `config`, what it was started with.

L1_MEMORY=2G
L1_CPU=max,-la57,-erms,-fsrm
L1_MACHINE=q35,usb=off,smbus=off,sata=off,hpet=off,vmport=off
L1_ARGS="console=ttyS0 quiet panic=-1 mitigations=off nokaslr tsc=reliable no_timer_check init_on_alloc=0 cryptomgr.notests audit=0
	apparmor=0 modprobe.blacklist=i915"
AGENT_PORTS=4

# How long L1 may take until its agent answers, and then until libvirt does.
BOOT_LIMIT_S=300

OPT_MODE=mediated
OPT_KERNEL=6.12
OPT_BARE=no
OPT_GPU=yes
OPT_SPEED=
OPT_I915_ARGS=
OPT_VGPU_ARGS=
OPT_MEMORY=$L1_MEMORY
OPT_CPUS=1
OPT_GAME=no
OPT_SYSTEMD=no
OPT_SAMPLES=no

parse_up()
{
	while (($#)); do
		case $1 in
		--bare) OPT_BARE=yes ;;
		--no-gpu) OPT_GPU=no ;;
		--game) OPT_GAME=yes ;;
		--systemd) OPT_SYSTEMD=yes ;;
		--samples) OPT_SAMPLES=yes ;;
		--mode | --kernel | --speed | --i915-args | --vgpu-args | --memory | --cpus)
			(($# >= 2)) || die_usage "$1 wants a value"
			local name=${1#--}
			name=${name^^}
			printf -v "OPT_${name//-/_}" %s "$2"
			shift
			;;
		*) die_usage "up: what is $1?" ;;
		esac
		shift
	done
	in_list "$OPT_MODE" mediated native || die_usage "no such mode: $OPT_MODE (mediated, native)"
	in_list "$OPT_KERNEL" "${KERNELS[@]}" || die_usage "no such kernel: $OPT_KERNEL (${KERNELS[*]})"
	[[ $OPT_MEMORY =~ ^[1-9][0-9]{0,5}[MG]$ ]] || die_usage "not a size of memory: $OPT_MEMORY (2G, 3072M)"
	[[ $OPT_SYSTEMD == no || $OPT_MODE$OPT_BARE == mediatedno ]] || die_usage "--systemd goes with neither --mode native nor --bare"
	[[ $OPT_CPUS =~ ^[1-8]$ ]] || die_usage "not a number of CPUs: $OPT_CPUS (1 to 8)"
}

verb_up()
{
	local from=$EPOCHREALTIME
	parse_up "$@"
	((${#STATE} <= 80)) || die "VGPU_LAB_STATE is too long for the name of a socket: $STATE"
	! is_up || die "already up in $STATE (tests/lab/lab down)"
	check_products
	need_qemu
	need_l1
	need_kernel "$OPT_KERNEL"
	[[ $OPT_GAME == no ]] || need_game
	[[ $OPT_SAMPLES == no ]] || need_samples "$OPT_KERNEL"
	mkdir -p "$STATE"
	exec 8>"$STATE/busy"
	flock -n 8 || die "another lab up is at work in $STATE"
	# Whatever fails from here on, nothing stays running.
	AT_EXIT=stop_all
	stop_all
	rm -rf "$STATE"/{tmp,config,*.sock,*.lock,*.log}
	local files=$EPOCHREALTIME
	set_caps_inputs "$OPT_KERNEL"
	make_l1_initrd "$OPT_KERNEL" "$STATE/initrd"
	make_payload "$OPT_KERNEL" "$STATE/payload.tar"
	say "lab: payload: $(seconds "$files") s"
	[[ $OPT_GPU == no ]] || start_sim
	start_qemu
	wait_for_l1
	printf 'mode=%s\nkernel=%s\n' "$OPT_MODE" "$OPT_KERNEL" >"$STATE/config"
	[[ $OPT_MODE == native ]] || bake_caps
	AT_EXIT=
	say "lab: up ($OPT_MODE, Linux $OPT_KERNEL): $(seconds "$from") s"
}

start_sim()
{
	local args=(--socket "$STATE/gpu.sock") from=$EPOCHREALTIME i
	[[ ! $OPT_SPEED ]] || args+=(--speed "$OPT_SPEED")
	(let_go && exec setsid "$BUILD/gen75-sim" "${args[@]}") >"$STATE/sim.log" 2>&1 </dev/null &
	echo $! >"$STATE/sim.pid"
	for ((i = 0; i < 200; i++)); do
		[[ ! -S $STATE/gpu.sock ]] || break
		kill -0 "$(<"$STATE/sim.pid")" 2>/dev/null || die "the simulator ended: $(tail -n 3 "$STATE/sim.log")"
		sleep 0.05
	done
	[[ -S $STATE/gpu.sock ]] || die "the simulator made no socket; see $STATE/sim.log"
	say "lab: simulator: $(seconds "$from") s"
}

start_qemu()
{
	local k=$CACHE/kernel/$OPT_KERNEL i args append=
	# Without security modules that systemd would spend its time on, and with time for services on a CPU that many share.
	[[ $OPT_SYSTEMD == no ]] || append="lsm=capability systemd.default_timeout_start_sec=600"
	# shellcheck disable=SC2054
	args=(-nodefaults -no-user-config -no-reboot -display none -vga none -name lab
		-machine "$L1_MACHINE,memory-backend=ram" -accel tcg,thread=multi,tb-size=512 -cpu "$L1_CPU" -smp "$OPT_CPUS" -m "$OPT_MEMORY"
		-object "memory-backend-memfd,id=ram,size=$OPT_MEMORY,share=on"
		-kernel "$k/vmlinux" -initrd "$STATE/initrd" -append "${L1_ARGS//[$'\n\t']/ } tsc_early_khz=$("$BUILD/lab/agent" tsc-khz) $append"
		-chardev "file,id=serial,path=$STATE/serial.log" -serial chardev:serial
		-drive "if=none,id=d0,format=raw,readonly=on,file=$CACHE/l1/l1.erofs" -device virtio-blk-pci,drive=d0,addr=4.0
		-drive "if=none,id=d1,format=raw,readonly=on,file=$k/modules.erofs" -device virtio-blk-pci,drive=d1,addr=5.0
		-drive "if=none,id=d2,format=raw,readonly=on,file=$STATE/payload.tar" -device virtio-blk-pci,drive=d2,addr=6.0
		-device virtio-serial-pci,addr=7.0)
	# shellcheck disable=SC2054
	[[ $OPT_GAME == no ]] ||
		args+=(-drive "if=none,id=d3,format=raw,readonly=on,file=$CACHE/game/game.erofs" -device virtio-blk-pci,drive=d3,addr=8.0)
	for ((i = 0; i < AGENT_PORTS; i++)); do
		args+=(-chardev "socket,id=a$i,path=$STATE/agent.$i.sock,server=on,wait=off"
			-device "virtserialport,chardev=a$i,name=lab.agent.$i")
	done
	# The client may reorder posted writes against the CPU's reads of memory, which no bus does: not here.
	[[ $OPT_GPU == no ]] || args+=(-device '{"driver":"vfio-user-pci","socket":{"type":"unix","path":"'"$STATE/gpu.sock"'"},"addr":"2.0","x-no-posted-writes":true}')
	(let_go && from_qemu_root usr/bin/qemu-system-x86_64 -L "$CACHE/qemu/usr/share/qemu" -L "$CACHE/qemu/usr/share/seabios" \
		"${args[@]}" -daemonize -pidfile "$STATE/qemu.pid") >"$STATE/qemu.log" 2>&1 </dev/null ||
		die "QEMU did not start: $(tail -n 5 "$STATE/qemu.log")"
}

agent_sockets()
{
	local i
	for ((i = 0; i < AGENT_PORTS; i++)); do
		printf '%s\n' "$STATE/agent.$i.sock"
	done
}

# in_l1 [OPTION…] -- CMD…
in_l1()
{
	local options=() sockets
	while (($#)) && [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	mapfile -t sockets < <(agent_sockets)
	"$BUILD/lab/agent" run "${options[@]}" "${sockets[@]}" "$@"
}

wait_for_l1()
{
	local from=$EPOCHREALTIME status=0
	in_l1 --timeout "$BOOT_LIMIT_S" -- 'while [ ! -e /run/lab/status ]; do sleep 0.1; done; read -r s </run/lab/status; exit $s' || status=$?
	if ((status)); then
		tail -n 15 "$STATE/serial.log" | sed 's/^/  | /' >&2
		die "L1 did not come up (status $status, $(seconds "$from") s); see $STATE/serial.log and qemu.log"
	fi
	say "lab: L1: $(seconds "$from") s"
}

alive()
{
	local pid
	pid=$(cat "$STATE/$1.pid" 2>/dev/null) || return 1
	# A pid may have been used again: ours names our directory on its command line.
	[[ $pid ]] && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$STATE/"
}

is_up()
{
	alive qemu
}

stop()
{
	local pid i
	if alive "$1"; then
		pid=$(<"$STATE/$1.pid")
		kill -TERM "$pid" 2>/dev/null || true
		for ((i = 0; i < 100; i++)); do
			alive "$1" || break
			sleep 0.05
		done
		! alive "$1" || kill -KILL "$pid" 2>/dev/null || true
	fi
	rm -f "$STATE/$1.pid"
}

stop_all()
{
	stop qemu
	stop sim
	rm -f "$STATE"/*.sock "$STATE"/*.lock "$STATE/config"
	rm -rf "$STATE/tmp"
}

verb_down()
{
	(($# == 0)) || die_usage "down takes no argument"
	stop_all
}

need_up()
{
	is_up || die "not up in $STATE (tests/lab/lab up)"
}

# The options of host and guest, up to `--`.
parse_run()
{
	RUN_OPTIONS=()
	while (($#)) && [[ $1 != -- ]]; do
		case $1 in
		--timeout)
			[[ ${2-} =~ ^[0-9]{1,6}$ ]] || die_usage "--timeout wants whole seconds, not '${2-}'"
			RUN_OPTIONS+=("$1" "$2")
			shift
			;;
		--stdin) RUN_OPTIONS+=("$1") ;;
		*) die_usage "what is $1? (the command stands after --)" ;;
		esac
		shift
	done
	(($# >= 2)) || die_usage "which command? (after --)"
	shift
	RUN_COMMAND=("$@")
}

verb_host()
{
	parse_run "$@"
	need_up
	in_l1 "${RUN_OPTIONS[@]}" -- "${RUN_COMMAND[@]}"
}

verb_put()
{
	(($# == 2)) || die_usage "put FILE DEST"
	[[ -r $1 && ! -d $1 ]] || die "not a file that can be read: $1"
	need_up
	local mode
	mode=$(stat -c %a "$1")
	in_l1 --stdin -- sh -c 'd=$1; [ ! -d "$d" ] || d=${d%/}/$2; cat >"$d.put" && chmod "$3" "$d.put" && mv "$d.put" "$d"' \
		put "$2" "${1##*/}" "$mode" <"$1"
}

verb_shell()
{
	(($# == 0)) || die_usage "shell takes no argument"
	need_up
	in_l1 --tty --timeout 0 -- "TERM=${TERM:-dumb} HOME=/root exec bash -il"
}

# libvirt probes QEMU for many seconds unless it finds what it learned under the same kernel, CPU and programs.
make_caps()
{
	in_l1 --timeout 180 -- 'virsh -q domcapabilities --virttype kvm && virsh -q domcapabilities --virttype qemu' >/dev/null
	in_l1 -- tar -C /var/cache/libvirt/qemu -cf - . >"$1/caps.tar"
}

set_caps_inputs()
{
	CAPS_INPUTS=(artefact:qemu artefact:l1 "artefact:kernel/$1" "$L1_CPU $L1_MACHINE $L1_ARGS")
}

bake_caps()
{
	artefact "libvirt's view of QEMU" "caps/$OPT_KERNEL" make_caps "${CAPS_INPUTS[@]}"
}

verb_status()
{
	(($# == 0)) || die_usage "status takes no argument"
	local what name
	for what in qemu sim; do
		if alive "$what"; then
			printf '%-10s running, pid %s\n' "$what" "$(<"$STATE/$what.pid")"
		else
			printf '%-10s not running\n' "$what"
		fi
	done
	[[ ! -e $STATE/config ]] || sed 's/=/ /' "$STATE/config" | while read -r what name; do
		printf '%-10s %s\n' "$what" "$name"
	done
	printf '%-10s %s\n' state "$STATE" cache "$CACHE"
	[[ ! -d $CACHE ]] || find "$CACHE" -mindepth 2 -maxdepth 3 -name .stamp -printf '%P\n' | sort | while IFS= read -r name; do
		printf '  %-16s %s\n' "${name%/.stamp}" "$(du -sh "$CACHE/${name%/.stamp}" | cut -f1)"
	done
}
