#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# vsock_vm.sh - the suite between this machine and a virtual machine
#
# Prints the list that a cell is compared with; see "vsock".
here=$(dirname "$(readlink -f "$0")")
suite=$here/../../build/lab/vsock_test
release=$(uname -r)
# shellcheck source=vsock_list.sh
. "$here/vsock_list.sh"

modprobe -a kvm_amd vhost_vsock tun vsock_diag || exit 1
ip tuntap add tap0 mode tap
ip address add 10.87.0.1/24 dev tap0
ip link set tap0 up

tree=/tmp/tree
mkdir -p $tree/bin $tree/modules $tree/dev $tree/proc $tree/tmp /tmp/vsock
cp /bin/busybox $tree/bin/
cp "$suite/vsock_test" "$suite/vsock_diag_test" "$here/vsock_peer.sh" $tree/bin/
n=100
for module in virtio_pci virtio_net vmw_vsock_virtio_transport vsock_diag; do
	modprobe -S "$release" --show-depends $module
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
	cp "$file" "$tree/modules/$n-${file##*/}"
	n=$((n + 1))
done
cat >$tree/init <<-'INIT'
	#!/bin/busybox sh
	/bin/busybox --install -s /bin
	export PATH=/bin
	mount -t proc proc /proc
	mount -t devtmpfs devtmpfs /dev
	for module in /modules/*; do insmod $module; done
	ip link set lo up
	ip address add 10.87.0.2/24 dev eth0
	ip link set eth0 up
	sh /bin/vsock_peer.sh guest 10.87.0.1 2 /bin /tmp
	cd /tmp
	grep -H '' *-serves.guest >/dev/ttyS1
	poweroff -f
INIT
chmod +x $tree/init
(cd $tree && find . | cpio --quiet -o -H newc) >/tmp/initrd

qemu-system-x86_64 -accel kvm -cpu host -m 512M -nodefaults -no-user-config -display none \
	-kernel "/boot/vmlinuz-$release" -initrd /tmp/initrd -append "console=ttyS0 panic=-1" \
	-no-reboot -serial file:/tmp/vm.console -serial file:/tmp/vm.results \
	-device vhost-vsock-pci,guest-cid=3 \
	-netdev tap,id=n,ifname=tap0,script=no,downscript=no -device virtio-net-pci,netdev=n &
sh "$here/vsock_peer.sh" host 10.87.0.2 3 "$suite" /tmp/vsock
wait
tr -d '\r' </tmp/vm.results | while IFS=: read -r file text; do
	echo "$text" >>"/tmp/vsock/$file"
done
vsock_list /tmp/vsock
[ -s /tmp/vm.results ] || { tail -n 30 /tmp/vm.console; exit 1; } >&2
