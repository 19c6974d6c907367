# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What a lab machine boots with: the two helper programs and an initramfs for
# each kernel. Everything is built once and again when its source is newer.

LAB_BIN=$LAB/bin
LAB_INITRAMFS=$LAB/initramfs

# Modules that a lab machine's root needs, in this order.
BOOT_MODULES="virtio_pci virtio_console virtiofs overlay"
# And these if it boots from a disk
BOOT_DISK_MODULES="virtio_blk ext4"

boot_compile() {
	local out=$LAB_BIN/$1 source=$LAB_SRC/$1.c

	shift
	if [ "$out" -nt "$source" ] && [ "$out" -nt "$LAB_SRC/frame.h" ]; then
		return 0
	fi
	mkdir -p "$LAB_BIN"
	gcc -std=gnu17 -O2 -Wall -Wextra "$@" -o "$out.new" "$source" &&
		mv "$out.new" "$out"
}

boot_programs() {
	boot_compile agent -static && boot_compile relay
}

# boot_modules RELEASE DIR MODULE...: copies what the modules need, uncompressed and
# numbered in the order of loading.
boot_modules() {
	local release=$1 dir=$2 n=100 file name

	shift 2
	mkdir -p "$dir"
	while read -r file; do
		name=$(basename "$file")
		name=${name%%.ko*}.ko
		case $file in
		*.xz) xz -dc "$file" >"$dir/$n-$name" ;;
		*.zst) zstd -dcq "$file" >"$dir/$n-$name" ;;
		*) cp "$file" "$dir/$n-$name" ;;
		esac
		n=$((n + 1))
	done < <(for module in "$@"; do
		modprobe -d "$LAB_KERNELS/$release" -S "$release" \
			--show-depends "$module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }')
	[ "$n" -gt 100 ]
}

# boot_initramfs RELEASE
boot_initramfs() {
	local release=$1 out=$LAB_INITRAMFS/$1 dir

	if [ "$out" -nt "$LAB_SRC/initrd-init" ] &&
		[ "$out" -nt "$LAB_SRC/boot.sh" ] &&
		[ "$out" -nt "$LAB_KERNELS/$release/stamp" ]; then
		return 0
	fi
	dir=$LAB_INITRAMFS/$release.tree
	rm -rf "$dir"
	mkdir -p "$dir/bin" "$dir/dev"
	cp /bin/busybox "$dir/bin/busybox"
	cp "$LAB_SRC/initrd-init" "$dir/init"
	# shellcheck disable=SC2086 # lists
	boot_modules "$release" "$dir/modules" $BOOT_MODULES &&
		boot_modules "$release" "$dir/modules.disk" $BOOT_DISK_MODULES || return 1
	# A console before devtmpfs is there, or errors of init are lost.
	mknod "$dir/dev/console" c 5 1 2>/dev/null || true
	(cd "$dir" && find . | cpio -o -H newc --quiet) >"$out.new" || return 1
	rm -rf "$dir"
	mv "$out.new" "$out"
}
