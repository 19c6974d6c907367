// SPDX-License-Identifier: GPL-2.0-or-later
/* verbs.c - the table of verbs: a new verb is one entry here and one file */
#include "verbs.h"

#include <string.h>

static const struct cli_option logs_options[] = {
	{ .name = "follow", .letter = 'f', .id = OPTION_FOLLOW,
	  .help = "go on until the cell is down" },
	{ .name = "lines", .letter = 'n', .argument = "LINES", .id = OPTION_LINES,
	  .help = "only the last LINES records" },
	{ .name = "previous", .id = OPTION_PREVIOUS,
	  .help = "the log before this one" },
	{ .name = NULL }
};

static const struct cli_option events_options[] = {
	{ .name = "follow", .letter = 'f', .id = OPTION_FOLLOW,
	  .help = "go on with what happens, for --timeout seconds or until interrupted" },
	{ .name = "lines", .letter = 'n', .argument = "LINES", .id = OPTION_LINES,
	  .help = "only the last LINES of what has happened" },
	{ .name = NULL }
};

static const struct cli_option started_options[] = {
	/* For the keeper, which means one start of a cell and not what came after it. */
	{ .name = "started", .argument = "NS", .id = OPTION_STARTED },
	{ .name = NULL }
};

static const struct cli_option balance_options[] = {
	{ .name = "once", .id = OPTION_ONCE,
	  .help = "end after one move, or when there was enough time to see that none is due" },
	{ .name = NULL }
};

static const struct cli_option wait_options[] = {
	{ .name = "state", .argument = "STATE", .id = OPTION_STATE,
	  .complete = CLI_COMPLETE_STATE,
	  .help = "what to wait for (default down: stopped, panic or lost)" },
	{ .name = NULL }
};

/* Which processes, as in ps(1) */
#define OPTIONS_OF_PS \
	{ .name = "user", .letter = 'u', .argument = "USER", .id = OPTION_USER, \
	  .help = "those of USER, a name or number, or a list; may be repeated" }, \
	{ .name = "command", .letter = 'C', .argument = "NAME", .id = OPTION_COMMAND, \
	  .help = "those of a program called NAME, or a list; may be repeated" }, \
	{ .name = "pid", .letter = 'p', .argument = "PID", .id = OPTION_PID, \
	  .help = "PID in any kernel, or CELL:PID, or a list; may be repeated" }, \
	{ .name = "kernel-threads", .letter = 'k', .id = OPTION_KERNEL_THREADS, \
	  .help = "the kernels' own threads, too" }

static const struct cli_option ps_options[] = {
	OPTIONS_OF_PS,
	{ .name = "sort", .argument = "KEY", .id = OPTION_SORT,
	  .help = "by cell (default), cpu, memory, pid, time, start, user or command" },
	{ .name = NULL }
};

static const struct cli_option top_options[] = {
	{ .name = "interval", .letter = 'd', .argument = "SECONDS", .id = OPTION_INTERVAL,
	  .help = "between refreshes (default 2)" },
	{ .name = "batch", .letter = 'b', .id = OPTION_BATCH,
	  .help = "print lines, for a script" },
	{ .name = "count", .letter = 'n', .argument = "COUNT", .id = OPTION_COUNT,
	  .help = "end a batch after COUNT refreshes" },
	OPTIONS_OF_PS,
	{ .name = "sort", .argument = "KEY", .id = OPTION_SORT,
	  .help = "by cpu (default), memory, pid, time, start, user, command or cell" },
	{ .name = NULL }
};

static const struct cli_option signal_options[] = {
	{ .name = "signal", .letter = 's', .argument = "SIG", .id = OPTION_SIGNAL,
	  .help = "the same as a last argument SIG" },
	{ .name = NULL }
};

/* Of all verbs that run something for the user. */
#define OPTIONS_OF_COMMAND \
	{ .name = "env", .argument = "NAME=VALUE", .id = OPTION_ENV, \
	  .help = "set an environment variable; may be repeated" }, \
	{ .name = "cwd", .argument = "DIR", .id = OPTION_CWD, \
	  .help = "run it in directory DIR of the cell" }, \
	{ .name = "user", .argument = "USER[:GROUP]", .id = OPTION_USER, \
	  .help = "run it as USER, by name or number, with the groups this machine knows" }

#define OPTIONS_OF_EXEC \
	{ .name = "tty", .id = OPTION_TTY, \
	  .help = "give it a terminal, even if stdin, stdout and stderr are not all one" }, \
	{ .name = "no-tty", .id = OPTION_NO_TTY, \
	  .help = "give it pipes, even if they are" }, \
	OPTIONS_OF_COMMAND

#define OPTION_OF_ANY \
	{ .name = "any", .id = OPTION_ANY, \
	  .help = "in the cell that has least to do, of those that run or of the NAMEs" }

static const struct cli_option shell_options[] = {
	OPTION_OF_ANY,
	OPTIONS_OF_EXEC,
	{ .name = NULL }
};

static const struct cli_option all_options[] = {
	{ .name = "stdin", .id = OPTION_STDIN,
	  .help = "give each a copy of stdin, up to 64 MiB, instead of an empty one" },
	OPTIONS_OF_COMMAND,
	{ .name = NULL }
};

static const struct cli_option exec_options[] = {
	OPTION_OF_ANY,
	{ .name = "movable", .id = OPTION_MOVABLE,
	  .help = "run it so that comb mv can carry it to another cell" },
	OPTIONS_OF_EXEC,
	{ .name = NULL }
};

static const struct cli_option upgrade_options[] = {
	{ .name = "kernel", .argument = "FILE|RELEASE", .id = OPTION_KERNEL,
	  .complete = CLI_COMPLETE_KERNEL, .help = "the kernel it shall run" },
	{ .name = NULL }
};

static const struct cli_option drain_options[] = {
	{ .name = "stop", .id = OPTION_STOP,
	  .help = "stop the cell afterwards, and with it what could not move" },
	{ .name = NULL }
};

static const struct cli_option run_options[] = {
	{ .name = "name", .argument = "NAME", .id = OPTION_NAME,
	  .help = "the cell's name (default run-PID)" },
	OPTIONS_OF_EXEC,
	{ .name = NULL }
};

const struct cli_verb cli_verbs[] = {
	{
		.name = "check", .usage = "[OPTIONS]", .run = verb_check,
		.names = CLI_NAMES_NONE,
		.help = "tell whether this machine can run cells",
		.text = "Prints one line a requirement, and for each one that is not met the\n"
			"command that fixes it. The exit status is 5 if cells cannot run; a\n"
			"warning says what they have to do without.",
	},
	{
		.name = "topo", .usage = "[OPTIONS]", .run = verb_topo,
		.names = CLI_NAMES_NONE,
		.help = "show packages, nodes, cores and CPUs, and who has them",
		.text = "Prints the machine as a tree: every core with its CPUs and their owner,\n"
			"every node with its memory.",
	},
	{
		.name = "create", .usage = "[OPTIONS] NAME [-- COMMAND...]", .run = verb_create,
		.names = CLI_NAMES_ONE, .kind = CLI_NAME_NEW,
		.definition = true, .command = true,
		.help = "define a cell",
		.text = "Checks what can be checked without taking anything and writes\n"
			"/etc/comb/NAME.cell; its root, shares and disks need not be there before\n"
			"it starts. COMMAND is what the cell runs once its kernel is\n"
			"up; what it prints, and how it ended, is in the cell's log. The cell\n"
			"stays up.",
	},
	{
		.name = "rm", .usage = "[OPTIONS] NAME...", .run = verb_rm,
		.names = CLI_NAMES_SOME,
		.help = "forget a cell's definition",
		.text = "Removes /etc/comb/NAME.cell and its drop-ins; saved logs stay. A cell\n"
			"that holds CPUs or RAM is refused. On a terminal it asks first.",
	},
	{
		.name = "edit", .usage = "[OPTIONS] NAME", .run = verb_edit,
		.names = CLI_NAMES_ONE,
		.help = "change a cell's definition with an editor",
		.text = "Runs $VISUAL or $EDITOR on a copy, which replaces the definition only if\n"
			"it is valid. A running cell notices at its next start.",
	},
	{
		.name = "validate", .usage = "[OPTIONS] [NAME|FILE...]", .run = verb_validate,
		.names = CLI_NAMES_ANY, .kind = CLI_NAME_CELL_OR_FILE,
		.help = "check definitions",
		.text = "Checks the named definitions, or all, as create does. An argument with a\n"
			"slash is a file.",
	},
	{
		.name = "start", .usage = "[OPTIONS] NAME...", .run = verb_start,
		.names = CLI_NAMES_SOME,
		.help = "boot cells and wait until they run",
		.text = "All cells are started at the same time. A cell runs when its\n"
			"comb_cell.ko has reported or the generated initramfs is ready. If a\n"
			"kernel panics, or is not up after --timeout seconds (60), the cell stays\n"
			"as it is for comb logs. What a cell that is down still holds is taken\n"
			"back first.",
	},
	{
		.name = "stop", .usage = "[OPTIONS] NAME...", .run = verb_stop,
		.names = CLI_NAMES_SOME,
		.help = "shut cells down in order and take everything back",
		.text = "Asks each kernel to power off, waits up to --timeout seconds (30), saves\n"
			"its log and returns CPUs and RAM to the host. A cell that is down\n"
			"already just returns them.",
	},
	{
		.name = "kill", .usage = "[OPTIONS] NAME...", .run = verb_kill,
		.names = CLI_NAMES_SOME,
		.help = "stop cells at once and take everything back",
		.text = "Stops the CPUs without asking the kernel, saves its log and returns CPUs\n"
			"and RAM to the host.",
		.options = started_options,
	},
	{
		.name = "restart", .usage = "[OPTIONS] NAME...", .run = verb_restart,
		.names = CLI_NAMES_SOME,
		.help = "stop, or kill what cannot be asked, and start",
		.text = "Like stop and start. A cell that is hung, has no comb_cell.ko or does\n"
			"not stop in time is killed; one that is not running is started.",
	},
	{
		.name = "ls", .usage = "[OPTIONS] [NAME...]", .run = verb_ls,
		.names = CLI_NAMES_ANY, .kind = CLI_NAME_CELL_OR_HOST,
		.help = "list the host and all cells",
		.text = "One row a kernel: state, the CPUs and RAM it holds now, its release, how\n"
			"long it has been up, and its health. The host is the first row. Without\n"
			"root it tells what comb.ko shows to everyone: no release and no health,\n"
			"a cell that hangs is not noticed, and one without comb_cell.ko is booting.",
	},
	{
		.name = "bridges", .usage = "[OPTIONS]", .run = verb_bridges,
		.names = CLI_NAMES_NONE,
		.help = "list shared RAM windows",
		.text = "One row a bridge (--bridge): its size, its NUMA node, the cells that have\n"
			"it, and how many programs of the host hold it open. In all of them it is\n"
			"the file /dev/comb-bridge/NAME. It is gone when nobody has it any more.",
	},
	{
		.name = "show", .usage = "[OPTIONS] NAME...", .run = verb_show,
		.names = CLI_NAMES_SOME, .kind = CLI_NAME_CELL_OR_HOST,
		.help = "show everything about a cell, or host",
		.text = "Prints every value in force and where it comes from, the kernel, its\n"
			"command line, and of a running cell CPUs, memory map and mailbox. Without\n"
			"root, a running cell is shown as by ls.",
	},
	{
		.name = "run", .usage = "[OPTIONS] [-- COMMAND...]", .run = verb_run,
		.names = CLI_NAMES_NONE,
		.definition = true, .command = true,
		.help = "boot a cell for one command, and give everything back",
		.text = "Boots a cell with the host's files (--root host: what the command writes\n"
			"is thrown away), runs COMMAND in it with the caller's directory and\n"
			"environment, and ends with its status. Without COMMAND it is root's\n"
			"login shell. The cell is gone afterwards, also when a signal ends\n"
			"this. Standard files, terminal and signals are passed on as exec does.",
		.options = run_options,
	},
	{
		.name = "exec", .usage = "[OPTIONS] NAME|--any [NAME...] -- COMMAND...",
		.run = verb_exec, .names = CLI_NAMES_ANY, .command = true,
		.help = "run a command in a cell",
		.text = "Ends with its status. stdin, stdout and stderr are its own, kept apart;\n"
			"if all three are a terminal it gets a terminal, whose size and keys are\n"
			"passed on. Without one INT, TERM, HUP, QUIT, USR1 and USR2 go to it; the\n"
			"third that should end it ends comb itself. Needs an agent in the cell:\n"
			"comb-init is one and gives one to the systemd it starts; a system that\n"
			"an --initrd starts runs comb-agent.service. With --any, see START ANYWHERE.",
		.options = exec_options,
	},
	{
		.name = "shell", .usage = "[OPTIONS] NAME|--any [NAME...]", .run = verb_shell,
		.names = CLI_NAMES_ANY,
		.help = "open a shell in a cell",
		.text = "Runs root's or USER's login shell, or /bin/sh, as exec does.",
		.options = shell_options,
	},
	{
		.name = "mv", .usage = "[OPTIONS] CELL:PID CELL", .run = verb_mv,
		.names = CLI_NAMES_ONE_MORE, .kind = CLI_NAME_CELL_OR_HOST,
		.help = "move a running job to another cell",
		.text = "CELL:PID is a process of a job that comb exec --movable has started; all\n"
			"of the job moves, and goes on where it was. What it has open must be in\n"
			"both cells, on a share if it is written to. What cannot move is refused\n"
			"before anything is stopped; if the move fails the job goes on where it\n"
			"was. Needs criu in both cells. See MIGRATION.",
	},
	{
		.name = "drain", .usage = "[OPTIONS] NAME", .run = verb_drain,
		.names = CLI_NAMES_ONE,
		.help = "move all movable jobs of a cell to other cells",
		.text = "Each goes to the cell that has most to spare. The exit status is 1 if one\n"
			"has to stay; nothing else in the cell is touched.",
		.options = drain_options,
	},
	{
		.name = "upgrade", .usage = "[OPTIONS] NAME", .run = verb_upgrade,
		.names = CLI_NAMES_ONE,
		.help = "give a running cell another kernel, under its jobs",
		.text = "Starts the new kernel in a cell NAME-next beside it, with as many CPUs and\n"
			"as much RAM, moves the jobs there, starts NAME anew with the new kernel\n"
			"and moves them back. If the new kernel does not boot or a job cannot\n"
			"move, the cell stays as it was. What runs in it and is no job ends.",
		.options = upgrade_options,
	},
	{
		.name = "all", .usage = "[OPTIONS] [NAME...] -- COMMAND...", .run = verb_all,
		.names = CLI_NAMES_ANY, .command = true,
		.help = "run a command in all cells that run, or in those named",
		.text = "In all of them at a time. What it prints comes when it has ended everywhere:\n"
			"the same output once, below the names of the cells that gave it, and stderr\n"
			"likewise. Of each the first 1 MiB is kept. The status is the worst, 125\n"
			"where Comb failed; --timeout ends it everywhere.",
		.options = all_options,
	},
	{
		.name = "cp", .usage = "[OPTIONS] SRC DST", .run = verb_cp,
		.names = CLI_NAMES_ONE_MORE, .kind = CLI_NAME_CELL_OR_FILE,
		.help = "copy files and directories to or from a cell",
		.text = "One of SRC and DST is CELL:PATH, the other a path here, or - for stdin\n"
			"or stdout. If DST is a directory the copy goes into it. Modes, times\n"
			"and symbolic links are kept, owners are not. Needs no program in the\n"
			"cell but its agent.",
	},
	{
		.name = "ps", .usage = "[OPTIONS] [CELL...]", .run = verb_ps,
		.names = CLI_NAMES_ANY, .kind = CLI_NAME_CELL_OR_HOST,
		.help = "list the processes of the host and all cells",
		.text = "One row a process; it is named CELL:PID. With names only those of these\n"
			"kernels. -u, -C and -p select as in ps(1): what fits one of them is listed,\n"
			"and if nothing does the status is 1. %CPU is over a process's whole life.\n"
			"Users have the names they have on the host. Sorting by cpu, memory and time\n"
			"has the largest first; +KEY and -KEY ask for the smallest or largest.\n"
			"A cell that does not answer within --timeout seconds (5) is reported, the\n"
			"others are listed. Needs no program in a cell but its agent.",
		.options = ps_options,
	},
	{
		.name = "top", .usage = "[OPTIONS] [CELL...]", .run = verb_top,
		.names = CLI_NAMES_ANY, .kind = CLI_NAME_CELL_OR_HOST,
		.help = "watch the CPUs, memory and processes of the host and all cells",
		.text = "A meter for each CPU of each kernel and one for its memory, and below them\n"
			"all processes; %CPU is that since the refresh before. h lists the keys: to\n"
			"sort, to show only rows with a text or of a cell, to send a signal. A cell\n"
			"that does not answer says why in its line and keeps nobody waiting. --batch\n"
			"prints the same on stdout every --interval seconds, the first time after\n"
			"one of them; each refresh is an object in a line with --json.",
		.options = top_options,
	},
	{
		.name = "signal", .usage = "[OPTIONS] CELL:PID... [SIG]", .run = verb_signal,
		.names = CLI_NAMES_SOME, .kind = CLI_NAME_CELL_OR_HOST,
		.help = "send a signal to processes of any kernel",
		.text = "CELL:PID is a process as ps and top name it, host:PID one of the host. SIG\n"
			"is a name with or without SIG, or a number; 0 only tries; TERM if it is not\n"
			"given. A PID means one process: there is none for groups or for all. A comb\n"
			"exec that waits for the process ends as always, here with 128 plus SIG.\n"
			"Before PID 1 gets one it asks on a terminal. Needs no program in a cell but\n"
			"its agent.",
		.options = signal_options,
	},
	{
		.name = "console", .usage = "[OPTIONS] NAME", .run = verb_console,
		.names = CLI_NAMES_ONE,
		.help = "use a cell's console",
		.text = "Shows what the console has shown before, then connects this terminal to\n"
			"it. ^] . leaves, the cell goes on; ^] ? lists the keys. Several may use\n"
			"one console. If stdin is no terminal, what it holds is typed, and the\n"
			"answer ends when nothing has come for a second.",
	},
	{
		.name = "logs", .usage = "[OPTIONS] NAME", .run = verb_logs,
		.names = CLI_NAMES_ONE,
		.help = "print a cell's kernel log",
		.text = "Reads the log out of the cell's RAM; the cell's kernel need not work. Of\n"
			"a cell that is gone it prints what was saved when it went.",
		.options = logs_options,
	},
	{
		.name = "dump", .usage = "[OPTIONS] NAME FILE", .run = verb_dump,
		.names = CLI_NAMES_ONE_MORE, .kind = CLI_NAME_CELL_OR_FILE,
		.help = "write a cell's RAM to a core file",
		.text = "Writes what crash, makedumpfile and gdb read: an ELF core file with the\n"
			"RAM, VMCOREINFO and, of a kernel that panicked, registers. The cell's\n"
			"kernel need not work; of one that runs, the file is not of one moment.\n"
			"FILE is there when it is whole, for its owner only, as it holds all\n"
			"secrets of the cell; one that exists is replaced with -y only. Zeros\n"
			"take no room in it. If FILE is - it is stdout.",
		.options = started_options,
	},
	{
		.name = "events", .usage = "[OPTIONS] [NAME...]", .run = verb_events,
		.names = CLI_NAMES_ANY,
		.help = "print what has happened to cells",
		.text = "One line an event: started, running, stopping, stopped, panic, hung,\n"
			"recovered, lost, released, and what [Watch] had done about it. With --json\n"
			"each line is an object, see EVENTS. The last 1 to 2 MiB are kept.",
		.options = events_options,
	},
	{
		.name = "generate", .usage = "[OPTIONS] ssh|clustershell", .run = verb_generate,
		.names = CLI_NAMES_ANY, .kind = CLI_NAME_TEXT,
		.help = "print what other programs need to know of cells",
		.text = "ssh: a file for /etc/ssh/ssh_config.d, with which ssh NAME.comb works for every\n"
			"cell, over comb exec. clustershell: a file for /etc/clustershell/groups.conf.d,\n"
			"with which clush -w @comb:running works. That file asks comb generate nodes\n"
			"[GROUP] and comb generate groups [NODE]: cells, running, kernel-RELEASE,\n"
			"cluster-NAME.",
	},
	{
		.name = "balance", .usage = "[OPTIONS]", .run = verb_balance,
		.names = CLI_NAMES_NONE,
		.help = "move long jobs from overloaded cells to idle ones, for as long as this runs",
		.text = "Looks at all cells every few seconds, and moves one job that exec --movable\n"
			"has started if a cell has had more to compute than CPUs for a while,\n"
			"another one CPUs to spare for as long, and the job is far better off there.\n"
			"Prints each move with its reason, which comb events keeps. With --dry-run\n"
			"it says what it would do, and of each job that stays, why. When it looks,\n"
			"and what is overloaded, idle and long: [Balance] in comb.conf.",
		.options = balance_options,
	},
	{
		.name = "wait", .usage = "[OPTIONS] NAME...", .run = verb_wait,
		.names = CLI_NAMES_SOME,
		.help = "wait until a cell reaches a state",
		.text = "STATE is one of stopped, loading, booting, running, stopping, panic,\n"
			"hung, lost or down. Without --timeout it waits for ever. A cell that\n"
			"goes down while one waits for it to run is a failure.",
		.options = wait_options,
	},
	{
		.name = "sysrq", .usage = "[OPTIONS] NAME KEY", .run = verb_sysrq,
		.names = CLI_NAMES_ONE_MORE,
		.help = "send a sysrq key to a cell",
		.text = "Lets the cell's kernel act on a sysrq key: c crashes it, t lists its\n"
			"tasks, b reboots it. Needs comb_cell.ko in the cell.",
	},
	{
		.name = "release", .usage = "[OPTIONS]", .run = verb_release,
		.names = CLI_NAMES_NONE,
		.help = "undo everything: kill all cells, take back all CPUs and RAM",
		.text = "Saves the logs, kills every cell and tells what came back. Definitions\n"
			"stay. Doing it twice does no harm.",
	},
	{
		.name = "cluster", .usage = "VERB [OPTIONS] [NAME...]", .subs = cluster_verbs,
		.names = CLI_NAMES_ANY, .kind = CLI_NAME_VERB,
		.help = "several cells that share one root and one configuration",
		.text = "A cluster is a file, /etc/comb/NAME.cluster, with what all of its cells\n"
			"have, and the cells NAME-1, NAME-2 and so on. All other verbs take these\n"
			"as they take any cell.",
	},
	{
		.name = "help", .usage = "[VERB]", .run = verb_help,
		.names = CLI_NAMES_ANY, .kind = CLI_NAME_VERB,
		.help = "show help",
		.text = "Shows help for a verb, or the list of verbs.",
	},
	{ .name = NULL }
};

const char *cli_verb_word(const struct cli_verb *verb)
{
	const char *blank = strrchr(verb->name, ' ');

	return blank ? blank + 1 : verb->name;
}

static const struct cli_verb *find_in(const struct cli_verb *verbs, const char *name)
{
	const struct cli_verb *found = NULL;

	for (const struct cli_verb *verb = verbs; verb && verb->name && !found; verb++)
		found = strcmp(verb->name, name) ? find_in(verb->subs, name) : verb;
	return found;
}

const struct cli_verb *cli_verb_find(const char *name)
{
	return find_in(cli_verbs, name);
}
