// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine.h"

#include <inttypes.h>
#include <string.h>

#define MIB	(1ULL << 20)
/*
 * What a kernel keeps of its RAM before it counts MemTotal: its image (Debian's largest take
 * 50 MiB) and struct page, 64 bytes for each 4096, with room for what grows.
 */
#define KERNEL_BYTES	(64 * MIB)
#define KERNEL_SHARE	32

/* How many CPUs of @cpus have the same core or node as @of, itself included. */
static unsigned int count_same(const struct comb_topology *topology, const struct comb_cpuset *cpus,
			       const struct comb_topology_cpu *of, bool node)
{
	unsigned int same = 0;

	for (int c = comb_cpuset_next(cpus, 0); c >= 0; c = comb_cpuset_next(cpus, c + 1)) {
		const struct comb_topology_cpu *cpu = comb_topology_find(topology, c);

		if (cpu && (node ? cpu->node == of->node : cpu->core == of->core))
			same++;
	}
	return same;
}

/* The number of CPUs that every core or node has of @cpus; 0 if they differ. */
static unsigned int count_each(const struct comb_topology *topology,
			       const struct comb_cpuset *cpus, bool node)
{
	unsigned int each = 0;

	for (int c = comb_cpuset_next(cpus, 0); c >= 0; c = comb_cpuset_next(cpus, c + 1)) {
		const struct comb_topology_cpu *cpu = comb_topology_find(topology, c);
		unsigned int same = cpu ? count_same(topology, cpus, cpu, node) : 0;

		if (!same || (each && each != same))
			return 0;
		each = same;
	}
	return each;
}

static void set_levels(struct comb_engine_node *node, unsigned int cpus, unsigned int of_core,
		       unsigned int of_socket)
{
	node->cpus = cpus;
	node->threads = of_core ? of_core : 1;
	if (!of_socket || of_socket % node->threads)
		of_socket = cpus;
	node->sockets = cpus / of_socket;
	node->cores = of_socket / node->threads;
}

void comb_engine_cpus(struct comb_engine_node *node, const struct comb_topology *topology,
		      const struct comb_cpuset *cpus)
{
	set_levels(node, comb_cpuset_count(cpus), count_each(topology, cpus, false),
		   count_each(topology, cpus, true));
}

void comb_engine_cpus_later(struct comb_engine_node *node, const struct comb_topology *topology,
			    unsigned int count)
{
	struct comb_cpuset all = { 0 };
	unsigned int of_core;

	/* What is offline looks like a core of its own. */
	for (unsigned int i = 0; i < topology->count; i++)
		if (topology->cpus[i].online || !topology->cpus[i].present)
			comb_cpuset_add(&all, topology->cpus[i].cpu);
	of_core = count_each(topology, &all, false);
	set_levels(node, count, of_core && count % of_core == 0 ? of_core : 1, count);
}

uint64_t comb_slurm_memory(uint64_t bytes)
{
	uint64_t kernel = KERNEL_BYTES + bytes / KERNEL_SHARE;

	return bytes < kernel + MIB ? 1 : (bytes - kernel) / MIB;
}

void comb_slurm_write_nodes(FILE *out, const struct comb_engine_node *nodes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct comb_engine_node *node = &nodes[i];

		fprintf(out, "NodeName=%s ", node->name);
		if (node->address[0])
			fprintf(out, "NodeAddr=%s ", node->address);
		fprintf(out, "CPUs=%u Sockets=%u CoresPerSocket=%u ThreadsPerCore=%u "
			"RealMemory=%" PRIu64 "\n", node->cpus, node->sockets, node->cores,
			node->threads, comb_slurm_memory(node->memory));
	}
}

/*
 * SlurmdSpoolDir and all else slurmd writes is below /run, which every cell has of its own.
 * ReturnToService=2: a node that comb-slurm has called down is back when its slurmd is.
 */
static const char settings[] =
	"SlurmctldParameters=enable_configless\n"
	"# A cell may have another address when it is started again.\n"
	"CommunicationParameters=NoAddrCache\n"
	"AuthType=auth/munge\n"
	"CredType=cred/munge\n"
	"SlurmUser=slurm\n"
	"StateSaveLocation=/var/lib/slurm/slurmctld\n"
	"SlurmctldPidFile=/run/slurmctld.pid\n"
	"SlurmctldLogFile=/var/log/slurm/slurmctld.log\n"
	"# In each cell\n"
	"SlurmdPidFile=/run/slurmd.pid\n"
	"SlurmdLogFile=/run/slurmd.log\n"
	"SlurmdSpoolDir=/run/slurmd\n"
	"ProctrackType=proctrack/linuxproc\n"
	"TaskPlugin=task/affinity\n"
	"JobAcctGatherType=jobacct_gather/none\n"
	"# Whole CPUs, however much memory a job takes\n"
	"SelectType=select/cons_tres\n"
	"SelectTypeParameters=CR_CPU\n"
	"SchedulerType=sched/backfill\n"
	"MpiDefault=none\n"
	"# comb-slurm tells of a cell's death at once. SlurmdTimeout is for machines without it.\n"
	"SlurmdTimeout=300\n"
	"ReturnToService=2\n"
	"JobRequeue=1\n";

void comb_slurm_write(FILE *out, const struct comb_slurm *slurm,
		      const struct comb_engine_node *nodes, size_t count)
{
	fprintf(out, "# slurm.conf(5), written by comb cluster slurm. The same file goes to every machine.\n"
		"ClusterName=%s\nSlurmctldHost=%s(%s)\n%s", slurm->cluster, slurm->host, slurm->address,
		settings);
	comb_slurm_write_nodes(out, nodes, count);
	fprintf(out, "PartitionName=%s Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n",
		slurm->cluster);
}

void comb_slurm_write_cgroup(FILE *out)
{
	fputs("# cgroup.conf(5), written by comb cluster slurm\n"
	      "CgroupPlugin=cgroup/v2\n"
	      "# comb-init is not systemd.\n"
	      "IgnoreSystemd=yes\n", out);
}

void comb_mpi_write(FILE *out, const struct comb_engine_node *nodes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s slots=%u\n", nodes[i].name, nodes[i].cpus);
}
