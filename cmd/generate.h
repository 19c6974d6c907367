/* SPDX-License-Identifier: GPL-2.0-or-later */
/* generate.h - texts made of the tables, so that they cannot drift from the program */
#ifndef CMD_GENERATE_H
#define CMD_GENERATE_H

/* Shell completions, on stdout. */
void generate_bash(void);
void generate_zsh(void);
void generate_fish(void);

/* Fragments of the manual pages in scdoc: verbs, common options, keys of a definition. */
void generate_man_verbs(void);
void generate_man_options(void);
void generate_man_keys(void);

#endif
