// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mpi_sum.c - an allreduce whose sums are known, for tests of Open MPI across cells
 *
 * Rank r contributes (r + 1) * (i + 1) as element i, so the sum is (i + 1) * n * (n + 1) / 2:
 * exact as an integer, and as a double too, being below 2^53. Each rank checks all elements
 * itself. Rank 0 prints one line: how many ranks, how many wrong elements they have seen together,
 * and the hosts in the order of the ranks. The status is 1 if anything is wrong.
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#define ELEMENTS	100000
#define NAME_SIZE	MPI_MAX_PROCESSOR_NAME

static long wrong_integers(long rank, long ranks)
{
	static long mine[ELEMENTS], sum[ELEMENTS];
	long wrong = 0;

	for (long i = 0; i < ELEMENTS; i++)
		mine[i] = (rank + 1) * (i + 1);
	MPI_Allreduce(mine, sum, ELEMENTS, MPI_LONG, MPI_SUM, MPI_COMM_WORLD);
	for (long i = 0; i < ELEMENTS; i++)
		wrong += sum[i] != (i + 1) * ranks * (ranks + 1) / 2;
	return wrong;
}

static long wrong_doubles(long rank, long ranks)
{
	static double mine[ELEMENTS], sum[ELEMENTS];
	long wrong = 0;

	for (long i = 0; i < ELEMENTS; i++)
		mine[i] = (double)((rank + 1) * (i + 1));
	MPI_Allreduce(mine, sum, ELEMENTS, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
	for (long i = 0; i < ELEMENTS; i++)
		wrong += sum[i] != (double)((i + 1) * ranks * (ranks + 1) / 2);
	return wrong;
}

/* To rank 0, who prints them. */
static void print_hosts(int rank, int ranks)
{
	char name[NAME_SIZE] = "", *all = NULL;
	int length;

	MPI_Get_processor_name(name, &length);
	if (!rank)
		all = calloc(ranks, NAME_SIZE);
	MPI_Gather(name, NAME_SIZE, MPI_CHAR, all, NAME_SIZE, MPI_CHAR, 0, MPI_COMM_WORLD);
	for (int r = 0; all && r < ranks; r++)
		printf(" %s", all + (size_t)r * NAME_SIZE);
	free(all);
}

int main(int argc, char *argv[])
{
	long wrong, all_wrong = 0;
	int rank, ranks;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	wrong = wrong_integers(rank, ranks) + wrong_doubles(rank, ranks);
	MPI_Allreduce(&wrong, &all_wrong, 1, MPI_LONG, MPI_SUM, MPI_COMM_WORLD);
	if (!rank)
		printf("ranks %d wrong %ld hosts", ranks, all_wrong);
	print_hosts(rank, ranks);
	if (!rank)
		printf("\n");
	MPI_Finalize();
	return all_wrong != 0;
}
