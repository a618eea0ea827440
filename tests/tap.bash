# SPDX-License-Identifier: GPL-2.0-only OR MIT
# TAP for shell checks: a check passes when it has nothing to say.
# shellcheck shell=bash
tap_n=0

tap_silent() { # name, output
	tap_n=$((tap_n + 1))
	if [[ -z ${2-} ]]; then
		printf 'ok %d - %s\n' $tap_n "$1"
	else
		printf 'not ok %d - %s\n# %s\n' $tap_n "$1" "${2//$'\n'/$'\n# '}"
	fi
}

tap_skip() { # name, why
	tap_n=$((tap_n + 1))
	printf 'ok %d - %s # SKIP %s\n' $tap_n "$1" "$2"
}

tap_done() {
	echo "1..$tap_n"
}
