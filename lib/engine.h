/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine.h - cells in the words of cluster engines: slurm.conf(5), a host file of Open MPI
 *
 * Text from a list of nodes; nothing here asks a cell or the machine.
 */
#ifndef COMB_ENGINE_H
#define COMB_ENGINE_H

#include <stdint.h>
#include <stdio.h>

#include "comb.h"
#include "cpuset.h"
#include "topology.h"

/* "255.255.255.255" or another numeric address, and a NUL. */
#define COMB_ENGINE_ADDRESS	64

/**
 * struct comb_engine_node - one cell
 * @name: the cell's, which is also its host name
 * @address: where the others reach it; empty if they know its name
 * @cpus: sockets * cores * threads, or more if that is all that can be said
 * @sockets: NUMA nodes that @cpus are spread over evenly, otherwise 1
 * @cores: of each socket
 * @threads: of each core
 * @memory: bytes the cell was given or will get
 */
struct comb_engine_node {
	char name[COMB_NAME_SIZE];
	char address[COMB_ENGINE_ADDRESS];
	unsigned int cpus;
	unsigned int sockets, cores, threads;
	uint64_t memory;
};

/**
 * struct comb_slurm - what slurm.conf says besides its nodes
 * @cluster: ClusterName=, which is also the partition's
 * @host: the host name of the machine slurmctld runs on
 * @address: where cells and other machines reach it
 */
struct comb_slurm {
	const char *cluster;
	const char *host;
	const char *address;
};

/*
 * Fill in @node's CPUs from those a cell holds. Slurm has one number for each level of all
 * of a node: what is not even becomes cores of one socket, or CPUs.
 */
void comb_engine_cpus(struct comb_engine_node *node, const struct comb_topology *topology,
		      const struct comb_cpuset *cpus);

/* The same for @count CPUs that are still to be chosen: whole cores, as the host's are. */
void comb_engine_cpus_later(struct comb_engine_node *node, const struct comb_topology *topology,
			    unsigned int count);

/*
 * RealMemory= in MiB, 1 at least. Slurm refuses a node with less than that, so it is what
 * every stock kernel leaves of the cell's RAM, not what this one does.
 */
uint64_t comb_slurm_memory(uint64_t bytes);

/* NodeName= lines, which may be appended to another machine's slurm.conf. */
void comb_slurm_write_nodes(FILE *out, const struct comb_engine_node *nodes, size_t count);
/* All of slurm.conf; its partition has all nodes, also those appended later. */
void comb_slurm_write(FILE *out, const struct comb_slurm *slurm,
		      const struct comb_engine_node *nodes, size_t count);
/* cgroup.conf(5), which slurmd reads in the same directory. */
void comb_slurm_write_cgroup(FILE *out);

/* "NAME slots=CPUS" lines. */
void comb_mpi_write(FILE *out, const struct comb_engine_node *nodes, size_t count);

#endif
