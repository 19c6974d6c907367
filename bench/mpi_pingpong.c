// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mpi_pingpong.c - two ranks of MPI: half a round trip of small messages, and a stream of large ones
 *
 *	mpi_pingpong SECONDS	for each of the two
 *
 * Rank 0 prints "latency NANOSECONDS bandwidth BYTES_PER_SECOND". Every message's number is in
 * it and checked, so that what was measured has arrived.
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALL		8
#define LARGE		(1 << 20)
/* Large messages on their way at a time: the sender waits for an answer after so many. */
#define WINDOW		8
#define WARM_UP		20

static char buffer[LARGE];

static void stop(const char *why)
{
	fprintf(stderr, "mpi_pingpong: %s\n", why);
	MPI_Abort(MPI_COMM_WORLD, 1);
}

static void send_number(int to, int size, long number)
{
	memcpy(buffer, &number, sizeof(number));
	memcpy(buffer + size - sizeof(number), &number, sizeof(number));
	MPI_Send(buffer, size, MPI_CHAR, to, 0, MPI_COMM_WORLD);
}

static long receive_number(int from, int size)
{
	long first, last;

	MPI_Recv(buffer, size, MPI_CHAR, from, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
	memcpy(&first, buffer, sizeof(first));
	memcpy(&last, buffer + size - sizeof(last), sizeof(last));
	if (first != last)
		stop("a message was torn");
	return first;
}

static void expect(long got, long wanted)
{
	if (got != wanted)
		stop("a message is missing");
}

/* -1 ends it, so that both ranks have done the same. Returns messages there and back. */
static long lead(int size, int window, double seconds, double *took)
{
	double begin = 0, now = 0;
	long rounds = 0;

	for (long round = 0; ; round++) {
		if (round == WARM_UP)
			begin = MPI_Wtime();
		now = MPI_Wtime();
		if (round > WARM_UP && now - begin >= seconds)
			break;
		for (int i = 0; i < window; i++)
			send_number(1, size, round);
		expect(receive_number(1, SMALL), round);
		rounds = round - WARM_UP + 1;
	}
	send_number(1, size, -1);
	*took = now - begin;
	return rounds;
}

static void follow(int size, int window)
{
	for (long round = 0; ; round++) {
		long number = receive_number(0, size);

		if (number == -1)
			return;
		expect(number, round);
		for (int i = 1; i < window; i++)
			expect(receive_number(0, size), round);
		send_number(0, SMALL, round);
	}
}

int main(int argc, char *argv[])
{
	double seconds = argc > 1 ? atof(argv[1]) : 1, took;
	int rank, ranks;
	long rounds;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	if (ranks != 2 || seconds <= 0)
		stop("two ranks, and seconds to run");
	if (rank) {
		follow(SMALL, 1);
		follow(LARGE, WINDOW);
	} else {
		rounds = lead(SMALL, 1, seconds, &took);
		printf("latency %.0f", took / rounds / 2 * 1e9);
		rounds = lead(LARGE, WINDOW, seconds, &took);
		printf(" bandwidth %.0f\n", (double)rounds * WINDOW * LARGE / took);
	}
	MPI_Finalize();
	return 0;
}
