# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # takes its variables from scripts/guest and leaves its results there
# QEMU: one virtual machine, its ports and disks. Needs packages.sh, kernels.sh.

# install_emulator ARCH: what the packages of every guest do not bring.
install_emulator() { [[ $1 != arm64 ]] || install_packages qemu-system-arm; }

# machine_board: sets what the row's architecture wants of QEMU.
machine_board() {
	install_emulator "$kernel_arch"
	case $kernel_arch in
	amd64)
		emulator=qemu-system-x86_64
		# QEMU 7.2's TCG gets cmpxchg16b wrong: with it one boot of 6.12 in four dies in __kmalloc.
		board_options=(-M q35 -cpu "max,-cx16${cpu:+,$cpu}")
		# no_timer_check: a machine that has to wait for the host takes its late timer for a broken one, and panics.
		board_words="console=ttyS0 no_timer_check tsc=reliable $([[ -n $icount ]] || machine_clock)"
		board_ports=(/dev/ttyS1 /dev/ttyS2 /dev/ttyS3)
		;;
	arm64)
		emulator=qemu-system-aarch64
		# QEMU's own function for pointer authentication: an emulator is slow at the architecture's.
		board_options=(-M virt -cpu "max,pauth-impdef=on${cpu:+,$cpu}")
		board_words=console=ttyAMA0
		# The board has one port, the console; these are on PCI.
		board_ports=(/dev/ttyS0 /dev/ttyS1 /dev/ttyS2)
		;;
	*) echo "guest: no machine for $kernel_arch" >&2 && return 1 ;;
	esac
}

# The processor's time stamp counter is the host's. A kernel that boots on a busy machine measures its
# rate wrong, by a factor of three at worst, and then every timeout in the guest is as wrong. A host
# that is itself a virtual machine knows the rate and shows it as its clock.
machine_clock() {
	grep -qm 1 '^flags.* hypervisor' /proc/cpuinfo || return 0
	awk '/^cpu MHz/ { printf "tsc_early_khz=%d", $4 * 1000; exit }' /proc/cpuinfo
}

# machine_run: boots and waits; sets machine_status. Reports come in $run/report.
machine_run() {
	local options=("${board_options[@]}" -display none -monitor none -no-reboot -nodefaults -m "$mem"
		-kernel "$kernel_folder/vmlinuz" -initrd "$run/initramfs"
		-append "quiet panic=-1 mitigations=off cryptomgr.notests $board_words $append")
	# Only TCG: KVM may be there and boot no stock kernel.
	local initramfs=("$kernel_folder/boot.cpio" "$run/payload")
	if [[ -n $icount ]]; then
		# No disks here: while the processor idles, its clock jumps from timer to timer, and half a
		# minute passes, NVMe's patience, before the host has read a block. What is read from memory
		# is also read at the same cost in every run.
		initramfs=("$root_folder/root.cpio" "$kernel_folder/modules.cpio" "${initramfs[@]}")
		options+=(-accel 'tcg,thread=single' -icount 'shift=0,sleep=off' -smp 1)
	else
		# With a host thread for each processor QEMU 7.2 now and then lets one of them run an instruction
		# that another has long replaced: a kernel that patches its own code, as one that is traced does
		# all the time, dies of that. In turns on one thread that is rarer.
		options+=(-accel "tcg,thread=${parallel:-single}" -smp "$smp")
		machine_disk root "$root_folder/root.ext2" snapshot=on
		machine_disk modules "$kernel_folder/modules.ext2" readonly=on
	fi
	cat "${initramfs[@]}" >"$run/initramfs"
	if [[ -n $out ]]; then
		truncate -s 4G "$run/out"
		machine_disk out "$run/out" cache=unsafe
	fi

	: >"$console"
	local ports=0
	machine_port "file,path=$console"
	if [[ -n $interactive ]]; then
		machine_port 'stdio,signal=off'
		machine_port null
		machine_port "file,path=$run/report"
		machine_status=0
		(machine_start --foreground) || machine_status=$?
		return
	fi

	# Pipes with a reader of ours, not our own stdout and stderr: QEMU would open those anew, which
	# truncates files. Held open here, so that neither side waits for the other.
	local hold_stdout hold_stderr pumps=()
	mkfifo "$run/stdout" "$run/stderr"
	exec {hold_stdout}<>"$run/stdout" {hold_stderr}<>"$run/stderr"
	machine_port "file,path=$run/stdout"
	machine_port "file,path=$run/stderr"
	machine_port "file,path=$run/report"
	machine_start </dev/null 2>"$run/qemu" {hold_stdout}>&- {hold_stderr}>&- &
	machine=$!
	machine_pump "$run/stdout" {hold_stdout}>&- {hold_stderr}>&- &
	pumps+=($!)
	machine_pump "$run/stderr" >&2 {hold_stdout}>&- {hold_stderr}>&- &
	pumps+=($!)
	machine_status=0
	wait "$machine" || machine_status=$?
	machine=''
	exec {hold_stdout}>&- {hold_stderr}>&-
	wait "${pumps[@]}" || true
	grep -v 'terminating on signal' "$run/qemu" >&2 || true
}

# Passes a pipe on. If nobody listens any more, that ends the machine as it would end a program.
machine_pump() {
	if ! cat "$1"; then
		: >"$run/closed"
		kill "$machine"
	fi
}

# Dies with us, whatever way we die.
machine_start() {
	exec setpriv --pdeathsig TERM timeout "$@" -k 5 "$timeout" "$emulator" "${options[@]}"
}

# machine_port CHARDEV: the console first, then the board's other ports in their order.
machine_port() {
	local id=port$((ports++))
	options+=(-chardev "${1%%,*},id=$id${1#"${1%%,*}"}")
	if [[ $kernel_arch == arm64 && $id != port0 ]]; then
		options+=(-device "pci-serial,chardev=$id")
	else
		options+=(-serial "chardev:$id")
	fi
}

machine_disk() {
	options+=(-drive "if=none,id=$1,file=$2,format=raw,$3" -device "nvme,drive=$1,serial=$1")
}

# read_report: sets report[NAME] from the guest's lines "NAME VALUE".
read_report() {
	declare -gA report=()
	local name value
	while read -r name value; do
		report[$name]=$value
	done < <(tr -d '\r' <"$run/report" 2>/dev/null)
}
