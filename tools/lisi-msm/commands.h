/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The subcommands of lisi-msm, one file each. argv[0] is the subcommand's name; the return value is the exit status
 * (0 fine, 1 the run failed, 2 the call or the input is wrong). */
#ifndef LISI_MSM_COMMANDS_H
#define LISI_MSM_COMMANDS_H

int cmd_assign(int argc, char **argv);
int cmd_build(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_jumps(int argc, char **argv);
int cmd_merge(int argc, char **argv);
int cmd_transport(int argc, char **argv);
int cmd_ck(int argc, char **argv);
int cmd_paths(int argc, char **argv);
int cmd_propagate(int argc, char **argv);
int cmd_arrhenius(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_sites(int argc, char **argv);

#endif
