# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash
# Printed by: vgpuctl --print-completion bash
_vgpuctl()
{
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command='' second='' words='' i
	local commands='create list show set delete restore attach detach xml types classes gpu help version'

	COMPREPLY=()
	case $previous in
	--aperture) return ;;
	--hidden) return ;;
	--fences) return ;;
	--type) return ;;
	--weight) return ;;
	--cap) return ;;
	--latency) return ;;
	--class) mapfile -t COMPREPLY < <(compgen -W "$(vgpuctl classes -o name 2>/dev/null) none" -- "$current") ; return ;;
	--name) return ;;
	--gpu) mapfile -t COMPREPLY < <(compgen -W "$(vgpuctl gpu list -o name 2>/dev/null)" -- "$current") ; return ;;
	--domain) mapfile -t COMPREPLY < <(virsh -q list --all --name 2>/dev/null | while IFS= read -r i; do [[ $i && $i == "$current"* ]] && printf '%q\n' "$i"; done) ; return ;;
	-o | --output) mapfile -t COMPREPLY < <(compgen -W "table wide json yaml name" -- "$current") ; return ;;
	--socket) mapfile -t COMPREPLY < <(compgen -f -- "$current") ; return ;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == -* || ${COMP_WORDS[i-1]} == -o || ${COMP_WORDS[i-1]} == --socket ]] && continue
		command=${COMP_WORDS[i]}
		break
	done
	case $command in
	gpu) second+=" list" ;;&
	gpu) second+=" show" ;;&
	esac
	if [[ -n $second ]]; then
		if ((i + 1 >= COMP_CWORD)); then
			mapfile -t COMPREPLY < <(compgen -W "$second" -- "$current")
			return
		fi
		command+=" ${COMP_WORDS[i+1]}"
	fi
	case $command in
	'') words="$commands --help --version --socket" ;;
	'create') words="--aperture --hidden --fences --type --weight --cap --latency --class --name --gpu --domain --dry-run --output --socket --help " ;;
	'list') words="--output --socket --help " ;;
	'show') words="--output --socket --help $(vgpuctl list -o name 2>/dev/null)" ;;
	'set') words="--aperture --hidden --fences --weight --cap --latency --class --socket --help $(vgpuctl list -o name 2>/dev/null)" ;;
	'delete') words="--socket --help $(vgpuctl list -o name 2>/dev/null)" ;;
	'restore') words="--socket --help $(vgpuctl list -o name 2>/dev/null)" ;;
	'attach') words="--domain --live --config --socket --help $(vgpuctl list -o name 2>/dev/null)" ;;
	'detach') words="--live --config --socket --help $(vgpuctl list -o name 2>/dev/null)" ;;
	'xml') words="--socket --help $(vgpuctl list -o name 2>/dev/null)" ;;
	'types') words="--gpu --output --socket --help " ;;
	'classes') words="--output --socket --help " ;;
	'gpu list') words="--output --socket --help " ;;
	'gpu show') words="--output --socket --help $(vgpuctl gpu list -o name 2>/dev/null)" ;;
	'help') words="--socket --help $commands" ;;
	'version') words="--socket --help " ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _vgpuctl vgpuctl
