# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash disable=SC2153
#
# What L1 and L2 boot: L1's userland (cached, one for all kernels), their initrds, and the payload: a raw disk with a tar of this
# tree's products, unpacked over L1's root at boot. Only what changes daily is in the payload, so a start has little to copy.

# libvirt and what our programs link to at run time; the IGT benchmarks for L1 as a native machine.
L1_PACKAGES="kmod udev busybox-static systemd-sysv dbus libvirt-daemon libvirt-daemon-common libvirt-daemon-driver-qemu
	libvirt-daemon-system libvirt-clients mdevctl qemu-system-x86 seabios qemu-utils pciutils iproute2 procps intel-gpu-tools
	libjson-c5 libsmartcols1 libsystemd0 libudev1 libxml2 libsqlite3-0 libncursesw6 libtinfo6 libyaml-0-2 libvirt0
	libmicrohttpd12t64 libcurl4t64"

# What neither vgpud nor libvirt needs. Each program of systemd's takes an emulated CPU half a second.
L1_MASKED=(getty.target systemd-logind.service dpkg-db-backup.timer apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer
	e2scrub_reap.service fstrim.timer systemd-tmpfiles-clean.timer systemd-hwdb-update.service systemd-update-done.service
	systemd-journal-catalog-update.service ldconfig.service libvirt-guests.service systemd-random-seed.service systemd-pstore.service
	sys-kernel-config.mount sys-fs-fuse-connections.mount modprobe@.service dev-hugepages.mount dev-mqueue.mount
	systemd-udev-trigger.service systemd-udev-load-credentials.service systemd-remount-fs.service kmod-static-nodes.service
	systemd-tmpfiles-setup-dev-early.service systemd-tmpfiles-setup-dev.service systemd-journal-flush.service
	systemd-binfmt.service proc-sys-fs-binfmt_misc.automount systemd-sysctl.service systemd-update-utmp.service
	systemd-user-sessions.service systemd-importd.socket systemd-sysext.socket systemd-creds.socket systemd-initctl.socket
	systemd-hostnamed.socket systemd-ask-password-console.path systemd-ask-password-wall.path)

make_l1()
{
	local root=$1/root
	debian_root trixie "$root" "$L1_PACKAGES"
	settle_l1 "$root"
	# No inline data and nothing compressed: a page of it is one read of the host's page cache.
	mkfs.erofs -E noinline_data -x-1 "$1/l1.erofs" "$root"
	rm -rf "$root"
}

# Without systemd, polkit and a network; everything as root; only the libvirt drivers that guests with a vGPU need.
settle_l1()
{
	local root=$1 driver
	rm -rf "$root"/usr/share/{doc,man,locale,info,i18n} "$root"/var/{cache,lib}/apt "$root"/var/cache/debconf \
		"$root"/usr/lib/python3* "${root:?}"/boot/* "${root:?}"/dev/*
	rm -f "$root"/usr/bin/{pkttyagent,pkcheck}
	for driver in "$root"/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/*.so; do
		case $driver in
		*_qemu.so | *_nodedev.so | *_secret.so) ;;
		*) rm "$driver" ;;
		esac
	done
	printf '%s\n' 'auth_unix_rw = "none"' 'unix_sock_rw_perms = "0700"' >"$root/etc/libvirt/libvirtd.conf"
	printf '%s\n' 'security_driver = "none"' 'user = "root"' 'group = "root"' 'namespaces = []' 'cgroup_controllers = []' \
		'remember_owner = 0' >"$root/etc/libvirt/qemu.conf"
	mkdir -p "$root"/lib/modules "$root/lab" "$root/var/cache/libvirt/qemu"
	printf 'lab\n' >"$root/etc/hostname"
	printf '127.0.0.1 localhost lab\n' >"$root/etc/hosts"
	printf 'vgpu:x:990:\n' >>"$root/etc/group"
	sha256sum <<<"$root" | cut -c1-32 >"$root/etc/machine-id"
}

need_l1()
{
	need_mmdebstrap
	artefact "userland of L1" l1 make_l1 "$L1_PACKAGES" "$(declare -f settle_l1)"
}

# cpio_of DIR: an initrd segment; segments are concatenated, and later files win.
cpio_of()
{
	(cd "$1" && find . -mindepth 1 | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0)
}

# The init of a machine is in no cached image: it follows the tree.
make_l1_initrd()
{
	local kernel=$1 out=$2 tree=$STATE/tmp/l1
	rm -rf "$tree"
	mkdir -p "$tree"
	cp "$HERE/l1/initrd" "$tree/init"
	{
		cat "$CACHE/kernel/$kernel/l1.cpio"
		cpio_of "$tree"
	} >"$out"
}

make_l2_initrd()
{
	local kernel=$1 out=$2 tree=$STATE/tmp/l2
	rm -rf "$tree"
	mkdir -p "$tree/usr/bin"
	cp "$HERE/l2/init" "$tree/init"
	cp "$BUILD/lab/agent" "$tree/usr/bin/agent"
	[[ ! -d $BUILD/guest ]] || find "$BUILD/guest" -maxdepth 1 -type f -perm -100 -exec cp -t "$tree/usr/bin" {} +
	{
		cat "$CACHE/kernel/$kernel/l2.cpio"
		cpio_of "$tree"
	} >"$out"
}

# What `up` needs of the tree, by mode: file and make target.
products()
{
	printf '%s\n' "$BUILD/lab/agent build/lab/agent"
	[[ $OPT_GPU == no ]] || printf '%s\n' "$BUILD/gen75-sim build/gen75-sim"
	[[ $OPT_MODE == mediated && $OPT_BARE == no ]] || return 0
	printf '%s\n' "$BUILD/vgpud build/vgpud" "$BUILD/vgpuctl build/vgpuctl" "$BUILD/vgpu-top build/vgpu-top"
}

check_products()
{
	local file target missing=()
	while read -r file target; do
		[[ -e $file ]] || missing+=("$target")
	done < <(products)
	((${#missing[@]} == 0)) || die "not built yet: make ${missing[*]}"
	[[ $OPT_MODE == native || $OPT_BARE == yes || -e $BUILD/kmod/$OPT_KERNEL/vgpu.ko ]] ||
		die "not built yet: tests/lab/lab kmod $OPT_KERNEL"
}

# The payload's paths are L1's.
make_payload()
{
	local kernel=$1 out=$2 tree=$STATE/tmp/payload file v
	rm -rf "$tree"
	mkdir -p "$tree"/lab "$tree"/usr/local/{bin,sbin} "$tree/var/cache/libvirt/qemu"
	cp "$HERE"/l1/{init,boot,igt} "$BUILD/lab/agent" "$tree/lab/"
	printf 'MODE=%q\nI915_ARGS=%q\nVGPU_ARGS=%q\nSYSTEMD=%q\n' "$OPT_MODE" "$OPT_I915_ARGS" "$OPT_VGPU_ARGS" "$OPT_SYSTEMD" \
		>"$tree/lab/config"
	for file in vgpuctl vgpu-top; do
		[[ ! -e $BUILD/$file ]] || cp "$BUILD/$file" "$tree/usr/local/bin/"
	done
	[[ ! -e $BUILD/vgpud ]] || cp "$BUILD/vgpud" "$tree/usr/local/sbin/"
	if [[ -d $BUILD/guest ]]; then
		find "$BUILD/guest" -maxdepth 1 -type f -perm -100 -exec cp -t "$tree/usr/local/bin" {} +
	fi
	if [[ -d $ROOT/policy ]]; then
		mkdir -p "$tree/usr/local/share/vgpu"
		cp -r "$ROOT/policy" "$tree/usr/local/share/vgpu/"
	fi
	[[ $OPT_SYSTEMD == no ]] || install_units "$tree"
	if [[ $OPT_MODE == mediated ]]; then
		[[ $OPT_BARE == yes ]] || cp "$BUILD/kmod/$kernel/vgpu.ko" "$tree/lab/"
		if [[ $OPT_SAMPLES == yes ]]; then
			mkdir "$tree/lab/samples"
			cp "$CACHE/samples/$kernel"/*.ko "$tree/lab/samples/"
		fi
		if fresh "caps/$kernel" make_caps "${CAPS_INPUTS[@]}"; then
			tar -C "$tree/var/cache/libvirt/qemu" -xf "$CACHE/caps/$kernel/caps.tar"
		fi
		# Guests run L1's kernel, and any other one that is at hand already.
		for v in "${KERNELS[@]}"; do
			[[ $v == "$kernel" || -e $CACHE/kernel/$v/.stamp ]] || continue
			add_guest_kernel "$v" "$tree/lab/guest"
		done
	fi
	tar -C "$tree" --format=gnu --owner=0 --group=0 -cf "$out" .
	rm -rf "$tree"
}

# As a host gets them, and enabled, so that they take part in the boot. What neither they nor libvirt need is left out: it takes its time.
install_units()
{
	local tree=$1 unit
	make -s -C "$ROOT" -o all install DESTDIR="$tree"
	systemctl --root="$tree" --quiet enable vgpud.service
	mkdir -p "$tree/etc/systemd/system/sysinit.target.wants"
	for unit in lab-agent.service lab-boot.service; do
		cp "$HERE/l1/$unit" "$tree/etc/systemd/system/"
		ln -s "../$unit" "$tree/etc/systemd/system/sysinit.target.wants/"
	done
	ln -s /usr/lib/systemd/system/multi-user.target "$tree/etc/systemd/system/default.target"
	for unit in "${L1_MASKED[@]}"; do
		ln -s /dev/null "$tree/etc/systemd/system/$unit"
	done
}

add_guest_kernel()
{
	mkdir -p "$2/$1"
	cp "$CACHE/kernel/$1/vmlinuz" "$2/$1/"
	make_l2_initrd "$1" "$2/$1/initrd"
}
