# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash disable=SC2034
#
# L2's life: small libvirt domains in L1, booted from a kernel and an initrd, with two ports of the command channel.

GUEST_ARGS="console=ttyS0 quiet panic=-1 mitigations=off nokaslr tsc=reliable no_timer_check init_on_alloc=0 cryptomgr.notests audit=0"
GUEST_LIMIT_S=240

check_name()
{
	[[ $1 =~ ^[A-Za-z0-9][A-Za-z0-9_.-]{0,40}$ ]] || die_usage "not a guest's name: $1"
}

# TEXT as XML has it between two tags.
xml_text()
{
	sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g' <<<"$1"
}

# A port to plug a vGPU into: on i440fx the root bus takes it, on q35 libvirt makes no port that nothing sits behind.
guest_ports()
{
	[[ $1 == q35 ]] || return 0
	cat <<-END
	    <controller type='pci' model='pcie-root'/>
	    <controller type='pci' model='pcie-root-port'/>
	END
}

# The firmware gives an empty port windows of 2 MiB, and Linux does not widen them on ACPI hot plug: too little for a vGPU's two
# regions, 4 MiB of registers and 256 MiB of aperture. It does not align them either, hence 512 MiB for the latter; below 4 GiB, since
# the place that it has for them above is reserved on AMD's processors, such as L1's.
guest_windows()
{
	local window
	printf '  <qemu:commandline>\n'
	for window in mem-reserve=8M pref32-reserve=512M; do
		printf "    <qemu:arg value='-global'/><qemu:arg value='pcie-root-port.%s'/>\n" "$window"
	done
	printf '  </qemu:commandline>\n'
}

# As few devices as a guest with a vGPU needs, since each costs the nested guest time at its start.
guest_xml()
{
	local name=$1 machine=$2 memory=$3 kernel=$4 initrd=$5 vgpu=$6 disk=$7 args i
	args=$(xml_text "$8")
	cat <<-END
	<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
	  <name>$name</name>
	  <memory unit='b'>$memory</memory>
	  <vcpu>1</vcpu>
	  <os>
	    <type arch='x86_64' machine='$machine'>hvm</type>
	    <kernel>/lab/guest/$kernel/vmlinuz</kernel>
	    <initrd>/lab/guest/$kernel/$initrd</initrd>
	    <cmdline>$args</cmdline>
	  </os>
	  <features><acpi/><apic/></features>
	  <cpu mode='host-passthrough' check='none' migratable='off'/>
	  <on_reboot>restart</on_reboot>
	  <on_crash>destroy</on_crash>
	  <devices>
	    <emulator>/usr/bin/qemu-system-x86_64</emulator>
	    <controller type='usb' model='none'/>
	    <controller type='virtio-serial' index='0'><address type='pci' bus='0' slot='3'/></controller>
	    <memballoon model='none'/>
	    <serial type='pty'><log file='/var/log/libvirt/qemu/$name-serial.log' append='off'/></serial>
	END
	guest_ports "$machine"
	for i in 0 1; do
		cat <<-END
	    <channel type='unix'>
	      <source mode='bind' path='/run/lab/guest/$name.$i.sock'/>
	      <target type='virtio' name='lab.agent.$i'/>
	    </channel>
		END
	done
	[[ ! $disk ]] || cat <<-END
	    <disk type='block' device='disk'>
	      <driver name='qemu' type='raw'/>
	      <source dev='$disk'/>
	      <target dev='vda' bus='virtio'/>
	      <readonly/>
	    </disk>
	END
	[[ ! $vgpu ]] || cat <<-END
	    <hostdev mode='subsystem' type='mdev' model='vfio-pci' managed='no'>
	      <source><address uuid='$vgpu'/></source>
	    </hostdev>
	END
	printf '  </devices>\n'
	[[ $machine != q35 ]] || guest_windows
	printf '</domain>\n'
}

# What makes a guest: NAME and options, into G_NAME and the domain's definition on L1's libvirt.
define_guest()
{
	(($#)) || die_usage "name the guest"
	local vgpu='' machine=pc memory=256M disk='' kernel='' initrd=initrd args=''
	G_NAME=$1
	shift
	check_name "$G_NAME"
	while (($#)); do
		(($# >= 2)) || die_usage "$1 wants a value"
		case $1 in
		--vgpu) vgpu=$2 ;;
		--machine) machine=$2 ;;
		--memory) memory=$2 ;;
		--disk) disk=$2 ;;
		--kernel) kernel=$2 ;;
		--with) [[ $2 == igt ]] || die_usage "guests come with igt, or without it; what is $2?"; initrd="initrd-igt" ;;
		--args) args=" $2" ;;
		*) die_usage "what is $1?" ;;
		esac
		shift 2
	done
	need_up
	[[ $kernel ]] || kernel=$(sed -n 's/^kernel=//p' "$STATE/config")
	in_list "$kernel" "${KERNELS[@]}" || die_usage "no such kernel: $kernel (${KERNELS[*]})"
	in_list "$machine" pc q35 || die_usage "no such machine: $machine (pc, q35)"
	[[ $args != *[[:cntrl:]]* ]] || die_usage "--args is one line of text"
	[[ ! $vgpu || $vgpu =~ ^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$ ]] || die_usage "not a UUID: $vgpu"
	[[ ! $disk || $disk =~ ^/dev/[a-z0-9/]+$ ]] || die_usage "not a block device: $disk"
	memory=$(numfmt --from=iec "$memory") || die_usage "not a size: $memory"
	put_guest_kernel "$kernel"
	[[ $initrd != initrd-igt ]] || in_l1 -- /lab/igt "$kernel" || die "the benchmarks of IGT cannot be had"
	guest_xml "$G_NAME" "$machine" "$memory" "$kernel" "$initrd" "$vgpu" "$disk" "$GUEST_ARGS$args" |
		in_l1 --stdin -- "mkdir -p /run/lab/guest && cat >/run/lab/guest/$G_NAME.xml && virsh -q define /run/lab/guest/$G_NAME.xml >/dev/null" ||
		die "libvirt did not define $G_NAME"
}

verb_guest_define()
{
	define_guest "$@"
}

verb_guest_start()
{
	local from=$EPOCHREALTIME name=${1-}
	check_name "$name"
	need_up
	if (($# > 1)) || ! in_l1 -- "virsh -q dominfo $name >/dev/null 2>&1"; then define_guest "$@"; fi
	! in_l1 -- "virsh -q domstate $name | grep -qx running" || die "guest $name is running already"
	# libvirt goes on with a start whose client has gone, so from here on whatever ends us ends the guest.
	G_NAME=$name
	AT_EXIT=undo_start
	in_l1 -- "virsh -q start $name >/dev/null" ||
		die "libvirt did not start $name; see its log: tests/lab/lab host -- cat /var/log/libvirt/qemu/$name.log"
	say "lab: guest $name started: $(seconds "$from") s"
	in_guest "$name" --timeout "$GUEST_LIMIT_S" -- 'until [ -e /run/ready ]; do sleep 0.1; done' ||
		die "guest $name does not come up; its console: tests/lab/lab host -- cat /var/log/libvirt/qemu/$name-serial.log"
	AT_EXIT=
	say "lab: guest $name is up: $(seconds "$from") s"
}

undo_start()
{
	in_l1 --timeout 30 -- "virsh -q destroy $G_NAME >/dev/null 2>&1"
}

# A kernel that was not in the payload.
put_guest_kernel()
{
	local tree=$STATE/tmp/guest-kernel.$$
	! in_l1 -- test -e "/lab/guest/$1/initrd" || return 0
	need_kernel "$1"
	SCRATCH+=("$tree")
	mkdir -p "$tree"
	add_guest_kernel "$1" "$tree"
	tar -C "$tree" -cf - "$1" | in_l1 --stdin -- 'mkdir -p /lab/guest && tar -C /lab/guest -xf -'
}

verb_guest_stop()
{
	(($# == 1)) || die_usage "guest-stop NAME"
	check_name "$1"
	need_up
	in_l1 -- "virsh -q destroy $1 >/dev/null 2>&1; virsh -q undefine $1 >/dev/null"
}

# in_guest NAME [OPTION…] -- CMD…: the client of the guest's agent runs in L1, as a command of L1's agent, which gets longer for it.
in_guest()
{
	local name=$1 options=() limit=120 outer=()
	shift
	while (($#)) && [[ $1 != -- ]]; do
		case $1 in
		--timeout) limit=$2; shift ;;
		*) options+=("$1"); outer+=("$1") ;;
		esac
		shift
	done
	shift
	outer+=(--timeout "$((10#$limit ? 10#$limit + 15 : 0))")
	in_l1 "${outer[@]}" -- /lab/agent run --timeout "$limit" "${options[@]}" "/run/lab/guest/$name.0.sock" "/run/lab/guest/$name.1.sock" -- "$@"
}

verb_guest()
{
	(($#)) || die_usage "guest NAME -- CMD…"
	local name=$1
	shift
	check_name "$name"
	parse_run "$@"
	need_up
	in_guest "$name" "${RUN_OPTIONS[@]}" -- "${RUN_COMMAND[@]}"
}
