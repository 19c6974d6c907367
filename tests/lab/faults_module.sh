# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# faults_module.sh - sourced by tests that inject faults: the module that does it
#
# The test sets: tools, where its programs are.
#
# shellcheck disable=SC2154 # see above
# shellcheck source=lab/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../lab/common.sh"

# fault_module FLAVOUR: tests/lab/fault_cell for that kernel of the lab, which is fetched
# first if need be, in $tools/fault.RELEASE. Sets release.
fault_module() {
	[[ -e $LAB_KERNELS/$1 ]] || "$LAB_SRC/prepare" >&2 || exit 1
	release=$(basename "$(readlink -f "$LAB_KERNELS/$1")")
	"$COMB_TOP/scripts/build-modules" "$release" "$tools/fault.$release" tests/lab/fault_cell || exit 1
}
