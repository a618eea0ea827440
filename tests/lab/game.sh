# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
#
# A disk with a real 3D program: Debian's Mesa and OpenArena, as an image that L1 and its guests mount and chroot into. The
# game's data is 410 MB to download, so nothing but `make bench-3d` asks for it.

# unzip and perl-base (which every root has) cut the game's demo to a number of frames inside the root.
GAME_PACKAGES="ioquake3 openarena libgl1 libegl1 libegl-mesa0 libgl1-mesa-dri unzip"

make_game()
{
	local root=$1/root
	debian_root trixie "$root" "$GAME_PACKAGES"
	rm -rf "$root"/usr/share/{doc,man,locale,info,i18n} "$root"/var/{cache,lib}/apt "$root"/var/cache/debconf "${root:?}"/dev/*
	mkfs.erofs -E noinline_data -x-1 "$1/game.erofs" "$root"
	rm -rf "$root"
}

need_game()
{
	need_mmdebstrap
	artefact "Mesa and OpenArena" game make_game "$GAME_PACKAGES"
}
