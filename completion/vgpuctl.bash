# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
# Completion of vgpuctl and vgpu-top in bash. What may come next is for the program to say: PROGRAM --complete WORD...
_vgpu()
{
	local rest=${COMP_LINE#*"${COMP_WORDS[0]}"} words=() current before='' breaks offer word i

	# bash splits words at : and =, too: what begins where the word before it ends is more of that word.
	for ((i = 1; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $rest == [[:blank:]]* || $i == 1 ]]; then
			words+=("${word//\\/}")
		else
			words[-1]+=${word//\\/}
		fi
		rest=${rest#*"$word"}
	done
	current=${words[-1]}
	# The part of the word that bash has split off stays as it is.
	breaks=${COMP_WORDBREAKS//[^:=]/}
	[[ $breaks ]] && before=${current%"${current##*["$breaks"]}"}
	COMPREPLY=()
	while IFS=$'\t' read -r offer _; do
		if [[ $offer == :files ]]; then
			compopt -o filenames
			mapfile -t COMPREPLY < <(compgen -f -- "${current#--*=}")
			return
		fi
		[[ $offer == "$current"* ]] || continue
		printf -v word %q "${offer#"$before"}"
		COMPREPLY+=("$word")
	done < <(command "${1##*/}" --complete "${words[@]}" 2> /dev/null)
}
complete -F _vgpu vgpuctl vgpu-top
