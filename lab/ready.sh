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

# modules_current STAMP: no source is newer.
modules_current() {
	# A directory is newer, too, when a file in it has been removed.
	[ -e "$1" ] && [ -z "$(find "$COMB_TOP/kernel" "$COMB_TOP/include" \
		"$COMB_TOP/scripts/build-modules" -newer "$1" -print -quit)" ]
}

# ready_modules RELEASE: Comb's modules for one kernel. What does not compile
# is not tried again before a source has changed.
ready_modules() {
	local release=$1 out=$LAB_MODULES/$1 status=0

	if [ "$out/ready" -nt "$LAB_KERNELS/$release/stamp" ] &&
		modules_current "$out/ready"; then
		return 0
	fi
	if ! modules_current "$out/failed"; then
		mkdir -p "$out"
		rm -f "$out/ready" "$out/failed"
		touch "$out/begun"
		"$COMB_TOP/scripts/build-modules" "$release" "$out" \
			>&2 </dev/null || status=1
		# One of the two is better than none.
		modules_install "$release" || status=1
		if [ "$status" -eq 0 ]; then
			mv "$out/begun" "$out/ready"
			return 0
		fi
		mv "$out/begun" "$out/failed"
	fi
	lab_say "Comb's modules for $release do not compile: $out/*.log"
	return 1
}

# ready_all_modules RELEASE...: for several kernels, as many at once as there
# are CPUs. Fails if the first cannot be had; what other kernels lack is said.
ready_all_modules() {
	local first=$1 release jobs=0 limit

	limit=$(nproc)
	shift
	for release in "$@"; do
		if [ "$jobs" -ge "$limit" ]; then
			wait -n || true
			jobs=$((jobs - 1))
		fi
		ready_modules "$release" &
		jobs=$((jobs + 1))
	done
	wait
	ready_modules "$first"
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
