# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Everything one machine needs, made when missing and left alone when there.

# shellcheck source=lab/apt.sh
. "$LAB_SRC/apt.sh"
# shellcheck source=lab/kernels.sh
. "$LAB_SRC/kernels.sh"
# shellcheck source=lab/boot.sh
. "$LAB_SRC/boot.sh"
# shellcheck source=lab/root.sh
. "$LAB_SRC/root.sh"
# shellcheck source=lab/qemu.sh
. "$LAB_SRC/qemu.sh"

LAB_MODULES=$COMB_TOP/build/modules

# Comb's user space; make knows itself what is stale.
ready_programs() {
	[ -e "$COMB_TOP/Makefile" ] || return 0
	make -s -C "$COMB_TOP" user >&2 </dev/null
}

# modules_install RELEASE: where modprobe and the initramfs builder of a cell
# find them.
modules_install() {
	local release=$1 out=$LAB_MODULES/$1 target file changed=""

	target=$LAB_KERNELS/$release/lib/modules/$release/updates
	mkdir -p "$target"
	for file in comb.ko comb_cell.ko; do
		if [ ! -e "$out/$file" ]; then
			[ ! -e "$target/$file" ] || changed=yes
			rm -f "$target/$file"
		elif ! cmp -s "$out/$file" "$target/$file"; then
			cp "$out/$file" "$target/$file.new" || return 1
			mv "$target/$file.new" "$target/$file"
			changed=yes
		fi
	done
	[ -z "$changed" ] || depmod -b "$LAB_KERNELS/$release" "$release"
}

# ready_modules RELEASE: Comb's modules for one kernel.
ready_modules() {
	local release=$1 stamp=$LAB_MODULES/$1/ready

	# A directory is newer, too, when a file in it has been removed.
	if [ "$stamp" -nt "$LAB_KERNELS/$release/stamp" ] &&
		[ -z "$(find "$COMB_TOP/kernel" "$COMB_TOP/include" \
			"$COMB_TOP/scripts/build-modules" -newer "$stamp" \
			-print -quit)" ]; then
		return 0
	fi
	mkdir -p "$LAB_MODULES/$release"
	touch "$stamp.new"
	"$COMB_TOP/scripts/build-modules" "$release" "$LAB_MODULES/$release" \
		>&2 </dev/null && modules_install "$release" &&
		mv "$stamp.new" "$stamp"
}

# ready_all_modules RELEASE...: for several kernels, as many at once as there
# are CPUs.
ready_all_modules() {
	local release jobs=0 limit status=0

	limit=$(nproc)
	for release in "$@"; do
		if [ "$jobs" -ge "$limit" ]; then
			wait -n || status=1
			jobs=$((jobs - 1))
		fi
		ready_modules "$release" &
		jobs=$((jobs + 1))
	done
	while [ "$jobs" -gt 0 ]; do
		wait -n || status=1
		jobs=$((jobs - 1))
	done
	return "$status"
}

# ready_kernel FLAVOUR: the kernel and what compiles modules for it.
ready_kernel() {
	local release root

	kernel_prepare "$1" || return 1
	release=$(kernel_release "$1")
	root=$(kernel_build_root "$release")
	[ "$root" = - ] || root_prepare "$root"
}

# ready_boot NAME: a kernel that can be booted. Prints its release.
ready_boot() {
	local release

	release=$(kernel_release "$1") || {
		ready_kernel "$1" || return 1
		release=$(kernel_release "$1")
	}
	boot_initramfs "$release" && echo "$release"
}

# The releases of all kernels that are here.
ready_releases() {
	local flavour

	for flavour in $(kernel_flavours); do
		kernel_release "$flavour" || true
	done
}

# ready_run NAME CELLS: what a machine with kernel NAME needs, and Comb's
# modules for it and the cells' kernels. BUILD says what of Comb is built.
ready_run() {
	local name releases=()

	lab_lock prepare
	boot_programs || return 1
	[ "$QEMU_VERSION" = 7 ] || qemu_prepare || return 1
	releases=("$(ready_boot "$1")") || return 1
	if [ "$2" = all ]; then
		mapfile -t -O 1 releases < <(ready_releases |
			grep -vxF "${releases[0]}")
	else
		for name in ${2//,/ }; do
			releases+=("$(ready_boot "$name")") || return 1
		done
	fi
	case $BUILD in
	all | modules) ready_all_modules "${releases[@]}" || return 1 ;;
	esac
	case $BUILD in
	all | programs) ready_programs ;;
	esac
}

# lab_ready NAME CELLS: sets RELEASE to the release of NAME.
lab_ready() {
	# In a subshell, so that the lock ends with it.
	(ready_run "$@" >&2) ||
		lab_die "the machine cannot be prepared" \
			"lab/prepare, or lab/run --build none for what is there"
	RELEASE=$(kernel_release "$1")
}
