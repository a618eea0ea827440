#compdef vgpuctl vgpu-top
# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Completion of vgpuctl and vgpu-top in zsh. What may come next is for the program to say: PROGRAM --complete WORD...
_vgpuctl() {
	local -a offers
	offers=(${(f)"$(command ${words[1]:t} --complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2> /dev/null)"})
	if [[ $offers[1] == :files ]]; then
		compset -P '--*='
		_files
		return
	fi
	# _describe takes WORD:DESCRIPTION.
	offers=("${(@)offers//\\/\\\\}")
	offers=("${(@)offers//:/\\:}")
	offers=("${(@)offers/$'\t'/:}")
	_describe ${words[1]:t} offers
}
# Loaded by compinit it is called at once; read by "source" it says what it is for.
if [[ $funcstack[1] == _vgpuctl ]]; then _vgpuctl "$@"; else compdef _vgpuctl vgpuctl vgpu-top; fi
