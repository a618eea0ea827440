# SPDX-License-Identifier: GPL-2.0-only OR MIT
# Completion of vgpuctl and vgpu-top in fish. What may come next is for the program to say: PROGRAM --complete WORD...
function __vgpu_complete
    set -l words (commandline -opc)
    set -l token (commandline -ct)
    set -l program (string replace -r '.*/' '' -- $words[1])
    set -l offers (command $program --complete $words[2..-1] "$token" 2>/dev/null)
    if test "$offers[1]" = :files
        set -l before (string match -r '^--[a-z-]+=' -- "$token")
        for path in (__fish_complete_path (string replace -r '^--[a-z-]+=' '' -- "$token"))
            printf '%s\n' "$before$path"
        end
        return
    end
    string join \n -- $offers
end
complete -c vgpuctl -f -a '(__vgpu_complete)'
complete -c vgpu-top -f -a '(__vgpu_complete)'
