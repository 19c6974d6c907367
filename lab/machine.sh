# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2054,SC2153
#
# One machine, from its command line to its end. Uses what lab/run has parsed:
# CPUS MEMORY NUMA MACHINE QEMU_VERSION APPEND DISK SHARE QEMU_ARGS NAME TIMEOUT
# COMMAND, and RELEASE.

# Everything that belongs to this run only: sockets, logs, the result.
machine_setup() {
	MACHINE_PIDS=()
	mkdir -p "$LAB/runs"
	# A short path: a socket's name must fit into 108 bytes.
	RUN_DIR=$(mktemp -d /tmp/comb-lab.XXXXXX)
	CONSOLE=$(mktemp "$LAB/$NAME.$(date +%H%M%S).XXX.console" \
		2>/dev/null) || CONSOLE=$LAB/$NAME.$$.console
}

machine_cleanup() {
	local pid

	for pid in "${MACHINE_PIDS[@]:-}"; do
		[ -n "$pid" ] || continue
		kill "$pid" 2>/dev/null || true
	done
	wait 2>/dev/null || true
	rm -rf "${RUN_DIR:-}"
}

machine_show_console() {
	lab_say "last lines of $CONSOLE:"
	tail -n 60 "$CONSOLE" | tr -d '\r' >&2
	[ ! -s "$RUN_DIR/log" ] || cat "$RUN_DIR/log" >&2
}

# machine_export TAG DIR CACHE: serves DIR to the machine.
machine_export() {
	local tag=$1 dir=$2 cache=$3 socket=$RUN_DIR/$1

	setpriv --pdeathsig KILL /usr/lib/qemu/virtiofsd \
		--socket-path="$socket" -o source="$dir" -o cache="$cache" \
		-o sandbox=chroot -o xattr -o log_level=err \
		>>"$RUN_DIR/log" 2>&1 </dev/null &
	MACHINE_PIDS+=($!)
	ARGS+=(-chardev "socket,id=$tag,path=$socket"
		-device "vhost-user-fs-pci,chardev=$tag,tag=$tag,queue-size=1024")
}

machine_wait_socket() {
	local tries=0

	until [ -S "$RUN_DIR/$1" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 500 ] || return 1
		sleep 0.01
	done
}

# RAM has to be shared with the file servers, node by node.
machine_memory() {
	local mib=${MEMORY%[MG]} node share

	[[ $MEMORY == *M ]] || mib=$((mib * 1024))
	if [ "$NUMA" -eq 1 ]; then
		ARGS+=(-object "memory-backend-memfd,id=ram,size=${mib}M,share=on"
			-machine memory-backend=ram)
		return
	fi
	share=$((mib / NUMA))
	for ((node = 0; node < NUMA; node++)); do
		ARGS+=(-object "memory-backend-memfd,id=ram$node,size=${share}M,share=on"
			-numa "node,nodeid=$node,memdev=ram$node$(machine_node_cpus "$node")")
	done
	ARGS+=(-m "$((share * NUMA))M")
}

# Neighbouring CPUs share a node.
machine_node_cpus() {
	local cpus=${CPUS%%,*} first last

	first=$((cpus * $1 / NUMA))
	last=$((cpus * ($1 + 1) / NUMA - 1))

	[ "$last" -lt "$first" ] || echo ",cpus=$first-$last"
}

machine_platform() {
	case $MACHINE in
	pc) ARGS+=(-machine q35) ;;
	x2apic)
		ARGS+=(-machine q35,kernel-irqchip=split
			-device intel-iommu,intremap=on,eim=on)
		;;
	esac
}

machine_command_line() {
	echo "console=ttyS0,115200 tsc=reliable panic=-1" \
		"lab.top=$COMB_TOP lab.dir=$LAB lab.share=${SHARE:+yes} lab.disk=${DISK:+yes}" "$APPEND"
}

# What a machine has written is in the host's memory when it is switched off: that is
# safe enough for a disk that dies with the lab.
machine_disk() {
	local format=raw

	[[ $DISK != *.qcow2 ]] || format=qcow2
	ARGS+=(-drive "file=$DISK,format=$format,if=none,id=disk,cache=unsafe"
		-device virtio-blk-pci,drive=disk)
}

machine_start() {
	QEMU=(qemu-system-x86_64)
	[ "$QEMU_VERSION" = 7 ] || mapfile -t QEMU < <(qemu_10_words)
	# With ERMS, Linux copies and clears memory by "rep movsb" and "rep stosb", which TCG
	# carries out byte by byte: a third of the speed that it has without.
	ARGS=(-nodefaults -no-user-config -no-reboot -display none
		-accel tcg,thread=multi -cpu max,erms=off,fsrm=off -smp "$CPUS" -m "$MEMORY")
	machine_platform
	machine_memory
	machine_export labroot / always
	[ -z "$SHARE" ] || machine_export labshare "$SHARE" auto
	[ -z "$DISK" ] || machine_disk
	ARGS+=(-serial "file:$CONSOLE"
		-chardev "socket,id=agent,fd=@FD@"
		-device virtio-serial-pci -device virtserialport,chardev=agent
		-kernel "$LAB_KERNELS/$RELEASE/boot/vmlinuz-$RELEASE"
		-initrd "$LAB_INITRAMFS/$RELEASE"
		-append "$(machine_command_line)" "${QEMU_ARGS[@]}")
	machine_wait_socket labroot || return 125
	[ -z "$SHARE" ] || machine_wait_socket labshare || return 125
	machine_relay
}

# The relay ends the machine on a signal, so pass signals on and wait for it;
# should this shell be killed outright, the relay gets one from the kernel.
machine_relay() {
	local status=0 pid

	setpriv --pdeathsig TERM "$LAB_BIN/relay" "$TIMEOUT" \
		$((30 + 5 * ${CPUS%%,*})) "$RUN_DIR/result" "$COMMAND" "${QEMU[@]}" "${ARGS[@]}" &
	pid=$!
	trap 'kill -TERM "$pid" 2>/dev/null' TERM INT HUP
	wait "$pid" || status=$?
	while kill -0 "$pid" 2>/dev/null; do
		status=0
		wait "$pid" || status=$?
	done
	return "$status"
}
