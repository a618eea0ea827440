# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
#
# The cache of artefacts. An artefact is a directory $CACHE/NAME made by one function from named inputs; .stamp in it is a hash
# of that function's text and of the inputs. NAME.lock is held while it is built; it appears by rename, so it is whole or absent.

# artefact TEXT NAME FUNCTION [INPUT…]: FUNCTION gets the directory to fill, then the inputs. An input that names a file counts by
# its contents, any other by its text; `artefact:NAME` counts by that one's stamp.
artefact()
{
	local text=$1 name=$2 make=$3 stamp
	shift 3
	local dir=$CACHE/$name
	stamp=$(stamp_of "$make" "$@")
	[[ $(cat "$dir/.stamp" 2>/dev/null) != "$stamp" ]] || return 0
	mkdir -p "${dir%/*}"
	{
		flock 9
		if [[ $(cat "$dir/.stamp" 2>/dev/null) != "$stamp" ]]; then
			# What a killed lab left; nobody else is at it, since the lock is ours.
			rm -rf --one-file-system "$dir".new.* "$dir".old.*
			local tmp=$dir.new.$$
			SCRATCH+=("$tmp")
			mkdir "$tmp"
			step "$text" "$CACHE/log/${name//\//-}.log" "$make" "$tmp" "$@"
			printf '%s\n' "$stamp" >"$tmp/.stamp"
			replace_dir "$tmp" "$dir"
		fi
	} 9>"$dir.lock"
}

replace_dir()
{
	local old=$2.old.$$
	SCRATCH+=("$old")
	[[ ! -e $2 ]] || mv "$2" "$old"
	mv "$1" "$2"
	rm -rf --one-file-system "$old"
}

# fresh NAME FUNCTION [INPUT…]: true if the artefact is there and up to date.
fresh()
{
	local name=$1
	shift
	[[ $(cat "$CACHE/$name/.stamp" 2>/dev/null) == $(stamp_of "$@") ]]
}

stamp_of()
{
	local make=$1 input
	shift
	{
		declare -f "$make"
		for input; do
			if [[ $input == artefact:* ]]; then
				cat "$CACHE/${input#artefact:}/.stamp"
			elif [[ -f $input ]]; then
				sha256sum <"$input"
			else
				printf '%s\n' "$input"
			fi
		done
	} | sha256sum | cut -d' ' -f1
}

# fetch [ARTEFACT…]: so that CI can fill and keep the cache apart from running anything.
verb_fetch()
{
	local want
	(($#)) || set -- qemu l1 kernel-6.12 kbuild-6.12
	for want; do
		case $want in
		qemu | l1 | game | promtool | dkms) "need_$want" ;;
		kernel-*) need_kernel "${want#*-}" ;;
		kbuild-*) need_kbuild "${want#*-}" ;;
		samples-*) need_samples "${want#*-}" ;;
		*) die_usage "no such artefact: $want (qemu, l1, game, promtool, dkms, kernel-V, kbuild-V, samples-V)" ;;
		esac
	done
}

verb_clean()
{
	(($# == 0)) || die_usage "clean takes no argument"
	[[ -d $CACHE ]] || return 0
	# Only what artefact() made: the variable may name a directory that holds other things too.
	local stamp
	find "$CACHE" -mindepth 2 -maxdepth 3 -name .stamp -printf '%h\n' | while IFS= read -r stamp; do
		rm -rf --one-file-system "$stamp" "$stamp.lock"
	done
	rm -rf "$CACHE/log"
	find "$CACHE" -depth -type d -empty -delete
}
