// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The lab's command channel: one program, both ends of a byte stream.
 *
 *   agent serve COUNT                      inside a machine: runs what it is sent through the ports lab.agent.0 to COUNT - 1
 *   agent run [OPTION…] SOCKET… -- CMD     outside: runs CMD there through the first free socket
 *   agent tsc-khz                          outside: how fast the time-stamp counter runs
 *
 * A port carries one command at a time, so a machine has several. The stream outlives both ends: either may vanish in the middle of
 * a frame and be replaced. Therefore
 *   - every session starts with a SYNC frame that carries a nonce; the run side drops everything before its echo;
 *   - a run side whose SYNC is not answered, since the port was left in the middle of its predecessor's frame, sends a frame's
 *     length of padding and tries again;
 *   - the serve side ends the running command when its client leaves or a new SYNC arrives.
 */
#include "tests/lab/agent.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "serve"))
		return serve_main(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "run"))
		return run_main(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "tsc-khz"))
		return clock_main();
	fprintf(stderr, "usage: agent serve COUNT | agent run [OPTION…] SOCKET… -- COMMAND… | agent tsc-khz\n");
	return 2;
}
