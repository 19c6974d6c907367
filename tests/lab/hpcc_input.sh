# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# hpcc_input.sh - sourced by lab tests: what hpcc reads, in the order it reads it

# hpcc_input N BLOCK ROWS COLUMNS: one linear system of N unknowns on a grid of processes
hpcc_input() {
	cat <<-END
		hpccinf.txt
		of a test of Comb
		HPL.out file
		8 output: the file
		1 size of a system
		$1 N
		1 size of blocks
		$2 NB
		0 mapping by rows
		1 grid
		$3 P
		$4 Q
		16.0 threshold of the residual
		1 factorization of a panel
		2 right
		1 stopping criterion
		4 NBMIN
		1 number of panels
		2 NDIV
		1 recursive factorization
		1 Crout
		1 broadcast
		1 ring, modified
		1 depth of look-ahead
		1 one
		2 swapping: mixed
		64 threshold of it
		0 L1 transposed
		0 U transposed
		1 equilibration
		8 alignment
		----- PTRANS
		0 further sizes
		0
		0 further blocks
		0
	END
}
