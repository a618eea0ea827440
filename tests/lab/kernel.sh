# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash disable=SC2153
#
# Debian's kernels: to boot (for L1 and L2 alike), and to build vgpu.ko against.

# What L1's initrd loads to reach its root, in this order; what L2's loads to reach its agent; and what L2
# may load later: the GPU's driver, and what mounts an image on a disk.
L1_MODULES=(crc32c_generic libcrc32c erofs overlay virtio_pci virtio_blk virtio_console)
L2_MODULES=(virtio_pci virtio_console)
L2_DRIVERS=(i915 crc32c_generic erofs virtio_blk)

# What W=1 asks of the compiler, without its check of comments: that needs a Perl that build roots lack.
MODULE_WARNINGS=(-Werror -Wextra -Wunused -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers -Wno-type-limits
	-Wno-shift-negative-value -Wmissing-declarations -Wmissing-prototypes -Wmissing-include-dirs -Wunused-but-set-variable)

suite_of()
{
	case $1 in
	6.1) echo bookworm ;;
	*) echo trixie ;;
	esac
}

# Leaves release, vmlinuz, vmlinux, modules.erofs (to mount on /lib/modules) and the two base initrds.
make_kernel()
{
	local dir=$1 suite=$2 root=$1/root release
	debian_root "$suite" "$root" "linux-image-amd64 busybox-static kmod liblzma5" --variant=extract
	merge_usr "$root"
	release=$(basename "$(echo "$root"/lib/modules/*)")
	chroot "$root" depmod "$release"
	cp "$root/boot/vmlinuz-$release" "$dir/vmlinuz"
	unpack_vmlinux "$dir/vmlinuz" "$dir/vmlinux"
	mkfs.erofs -E noinline_data -x-1 "$dir/modules.erofs" "$root/lib/modules"
	base_initrd "$root" "$release" "$dir/l1.cpio" "${L1_MODULES[@]}"
	base_initrd "$root" "$release" "$dir/l2.cpio" "${L2_MODULES[@]}" -- "${L2_DRIVERS[@]}"
	rm -rf "$root"
	printf '%s\n' "$release" >"$dir/release"
}

# The links that base-files brings, which is not among a kernel's dependencies.
merge_usr()
{
	local dir
	for dir in bin sbin lib lib64; do
		[[ -e $1/$dir ]] || ln -s "usr/$dir" "$1/$dir"
	done
}

# The image that QEMU starts without a boot sector's decompressor, which takes seconds under TCG: the compressed ELF inside vmlinuz.
unpack_vmlinux()
{
	local method magic offset
	while read -r method magic; do
		while read -r offset; do
			# The frame ends before the file does, which the programs take for an error.
			tail -c "+$((offset + 1))" "$1" | "$method" -dcq >"$2" 2>/dev/null || true
			[[ $(head -c 4 "$2") != $'\x7fELF' ]] || return 0
		done < <(LC_ALL=C grep -obUaP "$magic" "$1" | LC_ALL=C cut -d: -f1)
	done <<-'END'
	zstd \x28\xb5\x2f\xfd
	xz \xfd7zXZ\x00
	END
	say "lab: no compressed ELF kernel in $1"
	return 1
}

# base_initrd ROOT RELEASE OUT MODULE… [-- MODULE…]: busybox and modules with what they depend on. /modules.load lists the first group in load order;
# modprobe finds all of them. Our own init is appended when the machine is started.
base_initrd()
{
	local root=$1 release=$2 out=$3 tree=$1/initrd module path list
	shift 3
	rm -rf "$tree"
	mkdir -p "$tree"/{bin,dev,etc,proc,sys,run,tmp,lib,usr/bin,sbin}
	find "$root" -name busybox -type f -perm -100 -exec cp {} "$tree/bin/busybox" \; -quit
	ln -s busybox "$tree/bin/sh"
	list=$tree/modules.load
	: >"$list"
	for module; do
		[[ $module != -- ]] || { list=/dev/null; continue; }
		chroot "$root" modprobe -S "$release" --show-depends "$module" |
			sed -n 's/^insmod \(\S*\).*/\1/p' | while IFS= read -r path; do
			copy_module "$root$path" "$tree/lib/modules/$release" >>"$list"
		done
	done
	awk '!seen[$0]++' "$tree/modules.load" >"$tree/modules.load.new"
	mv "$tree/modules.load.new" "$tree/modules.load"
	cp "$root/lib/modules/$release"/modules.{order,builtin,builtin.modinfo} "$tree/lib/modules/$release/"
	chroot "$root" depmod -b /initrd "$release"
	(cd "$tree" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) >"$out"
}

# Modules are stored uncompressed, for insmod's sake and the boot's. Prints where the copy is inside the initrd.
copy_module()
{
	local from=$1 dir=$2 to
	to=$dir/${from#*/lib/modules/*/}
	to=${to%.xz}
	mkdir -p "${to%/*}"
	if [[ $from == *.xz ]]; then
		xz -dc "$from" >"$to"
	else
		cp "$from" "$to"
	fi
	printf '%s\n' "/lib/modules/${to#*/lib/modules/}"
}

need_kernel()
{
	need_mmdebstrap
	in_list "$1" "${KERNELS[@]}" || die_usage "no such kernel: $1 (${KERNELS[*]})"
	artefact "kernel $1" "kernel/$1" make_kernel "$(suite_of "$1")" \
		"${L1_MODULES[*]}" "${L2_MODULES[*]}" "${L2_DRIVERS[*]}" "$(declare -f unpack_vmlinux base_initrd copy_module)"
}

make_kbuild()
{
	local dir=$1 suite=$2 headers=$3
	debian_root "$suite" "$dir" "$headers gcc make libc6-dev kmod xz-utils"
	rm -rf "$dir"/usr/share/{doc,man,locale} "$dir"/var/{cache,lib}/apt "${dir:?}/dev"
	# The newest, should the name match several.
	find "$dir/usr/src" -maxdepth 1 -name 'linux-headers-*-amd64' -printf '%f\n' | sort -V | tail -n 1 >"$dir/.headers"
	[[ -s $dir/.headers ]]
	mkdir "$dir/src" "$dir/dev"
}

# Headers of exactly the kernel that boots, where one does: a module is loaded only by its own.
need_kbuild()
{
	local v=$1 headers
	need_mmdebstrap
	in_list "$v" "${MODULE_KERNELS[@]}" || die_usage "no such kernel: $v (${MODULE_KERNELS[*]})"
	if in_list "$v" "${KERNELS[@]}"; then
		need_kernel "$v"
		headers=linux-headers-$(<"$CACHE/kernel/$v/release")
	else
		headers="linux-headers-$v.*+deb13-amd64/trixie-backports linux-base/trixie-backports"
	fi
	artefact "build root for $v" "kbuild/$v" make_kbuild "$(suite_of "$v")" "$headers"
}

verb_kmod()
{
	local v
	(($#)) || set -- 6.12
	for v; do
		need_kbuild "$v"
		build_module "$v"
	done
}

# The module is built from a copy, so that kernels do not meet in one directory, under the names that it has here: kmod/… .
build_module()
{
	local v=$1 out=$BUILD/kmod/$1 from=$EPOCHREALTIME log=$BUILD/kmod/$1/build.log status=0
	[[ -e $ROOT/kmod/Kbuild || -e $ROOT/kmod/Makefile ]] || die "kmod/ has no Kbuild file"
	mkdir -p "$out/tree"
	{
		flock 9
		mirror_sources "$ROOT/kmod" "$out/tree/kmod"
		set -m
		unshare --mount --pid --fork --kill-child "$LAB" _call in_build_root "$v" "$out/tree" kmod KCFLAGS="${MODULE_WARNINGS[*]}" \
			>"$log" 2>&1 </dev/null 9>&- &
		CHILD=$!
		set +m
		wait "$CHILD" || status=$?
		CHILD=
		sed -i 's,/src/kmod/,kmod/,g' "$log"
		if ((status)) || [[ ! -e $out/tree/kmod/vgpu.ko ]]; then
			grep -vE '^(make|  (CC|LD|MODPOST|AR))' "$log" >&2 || true
			die "kmod $v: failed after $(seconds "$from") s; all of it: $log"
		fi
		cp -p "$out/tree/kmod/vgpu.ko" "$out/vgpu.ko.new"
		mv "$out/vgpu.ko.new" "$out/vgpu.ko"
	} 9>"$out/lock"
	say "lab: kmod $v: $(seconds "$from") s: ${out#"$ROOT/"}/vgpu.ko"
}

# Times are kept to the nanosecond, so that make sees what has changed.
mirror_sources()
{
	local from=$1 to=$2 file
	mkdir -p "$to"
	(cd "$to" && kmod_sources) | while IFS= read -r file; do
		[[ -e $from/$file ]] || rm -f "$to/$file"
	done
	(cd "$from" && kmod_sources | xargs -d '\n' cp -a --parents -t "$to")
}

kmod_sources()
{
	find . -type f \( -name '*.[chS]' ! -name '*.mod.c' -o -name 'K*' -o -name 'Makefile*' \) -print
}

# What README tells to do on a host, on a build root over which all that is written is thrown away.
verb_dkms()
{
	local v=${1-6.12} out=$BUILD/dkms/${1-6.12} from=$EPOCHREALTIME status=0
	in_list "$v" "${KERNELS[@]}" || die_usage "no such kernel: $v (${KERNELS[*]})"
	need_kbuild "$v"
	need_dkms
	rm -rf "$out"
	mkdir -p "$out"
	make -s -C "$ROOT" install-dkms DESTDIR="$out/source"
	set -m
	unshare --mount --pid --fork --kill-child "$LAB" _call in_dkms_root "$CACHE/kbuild/$v" "$out" >"$out/log" 2>&1 </dev/null &
	CHILD=$!
	set +m
	wait "$CHILD" || status=$?
	CHILD=
	((status == 0)) || die "dkms $v: failed after $(seconds "$from") s; all of it: $out/log"
	say "lab: dkms $v: $(seconds "$from") s: ${out#"$ROOT/"}"
}

in_dkms_root()
{
	local base=$1 out=$2 release root=$2/scratch/root
	release=$(<"$base/.headers")
	release=${release#linux-headers-}
	mount --make-rprivate /
	mkdir "$out/scratch"
	mount -t tmpfs tmpfs "$out/scratch"
	mkdir "$out"/scratch/{upper,work,root}
	mount -t overlay -o "lowerdir=$base,upperdir=$out/scratch/upper,workdir=$out/scratch/work" overlay "$root"
	mount -t proc proc "$root/proc"
	mount -t tmpfs tmpfs "$root/dev"
	mknod -m 666 "$root/dev/null" c 1 3
	ln -s /proc/self/fd "$root/dev/fd"
	# Where the package has a directory, the root may have a link to one.
	tar -C "$CACHE/dkms/root" -cf - . | tar -C "$root" --keep-directory-symlink -xf -
	cp -a "$out/source/." "$root/"
	# shellcheck disable=SC2016 # for the other side
	chroot "$root" sh -c 'dkms install "vgpu/$(ls /usr/src | sed -n s/^vgpu-//p)" -k "$0" || { cat /var/lib/dkms/vgpu/*/build/make.log; exit 1; }' "$release"
	chroot "$root" dkms status >"$out/status"
	chroot "$root" modinfo -k "$release" vgpu >"$out/modinfo"
}

# in_build_root KERNEL TREE DIR [ARGUMENT…]: makes the modules in TREE/DIR. In a mount namespace of its own: the mounts vanish with it. make
# must not be the first process of its PID namespace: it ends on a signal by sending itself that signal again, which the first process never
# gets.
in_build_root()
{
	local root=$CACHE/kbuild/$1 tree=$2 dir=$3
	shift 3
	mount --make-rprivate /
	mount --bind "$tree" "$root/src"
	mount -t proc proc "$root/proc"
	mount -t tmpfs tmpfs "$root/dev"
	mknod -m 666 "$root/dev/null" c 1 3
	chroot "$root" make -C "/usr/src/$(<"$root/.headers")" "M=/src/$dir" -j"$(nproc)" "$@" modules
}

# The kernel's own mediated devices, samples/vfio-mdev of its source: a serial card and two displays, which no hardware stands behind. What
# runs with them runs with any mdev GPU.
SAMPLES=(mtty mdpy mbochs)

make_samples()
{
	local dir=$1 v=$2 name
	shift 2
	debian_root "$(suite_of "$v")" "$dir/root" "linux-source-$v" --variant=extract
	mkdir "$dir/samples"
	tar -C "$dir/samples" -xf "$dir/root/usr/src/linux-source-$v.tar.xz" --strip-components=3 "linux-source-$v/samples/vfio-mdev"
	rm -rf "$dir/root"
	unshare --mount --pid --fork --kill-child "$LAB" _call in_build_root "$v" "$dir" samples CONFIG_SAMPLE_VFIO_MDEV_{MTTY,MDPY,MBOCHS}=m
	for name in "${SAMPLES[@]}"; do
		mv "$dir/samples/$name.ko" "$dir/"
	done
	rm -rf "$dir/samples"
}

need_samples()
{
	need_kbuild "$1"
	artefact "sample mdev drivers for $1" "samples/$1" make_samples "$1" "artefact:kbuild/$1" "${SAMPLES[*]}"
}
