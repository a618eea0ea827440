/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * complete.h - how a program tells a shell what may come next on its command line. It is run as
 *
 *	PROGRAM --complete WORD...
 *
 * where the words are those behind the program's name, up to the one that is being typed, which is the last and may be empty. It answers
 * with a line for each word that could stand there: the word, a tab, a description. The line ":files" asks for names of files. Matching
 * what was typed, quoting and showing is the shell's: completion/.
 */
#ifndef VGPU_LIB_COMPLETE_H
#define VGPU_LIB_COMPLETE_H

#define VGPU_COMPLETE_OPTION "--complete"

void vgpu_complete_offer(const char *before, const char *word, const char *what);
void vgpu_complete_files(void);

#endif
