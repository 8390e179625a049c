# shellcheck shell=bash
# The guest's root file system: Debian trixie. Needs cache.sh, archive.sh, kernels.sh.
# shellcheck disable=SC2034,SC2154 # cached_path comes from there; results are for those who source this
#
# It is a disk, not an initramfs: unpacking 400 MB takes TCG seconds in every boot, reading the few
# files a run touches takes none; NVMe and ext4 are built in, or in the kernel's boot.cpio.

guest_suite=trixie

root_packages() {
	local small=(bash coreutils python3 iproute2 iputils-ping kmod procps strace util-linux mount
		libcap2-bin netcat-openbsd socat bpftool tar xz-utils nftables)
	case $1 in
	small) echo "${small[@]}" ;;
	# The tools socketrace is compared with.
	peers) echo "${small[@]}" pwru bpftrace libbpf-tools tcpdump ;;
	*) return 1 ;;
	esac
}

# guest_root NAME ARCH: sets root_folder, which holds root.ext2 and, for machines without disks, root.cpio.
# Another package list is another image.
guest_root() {
	local packages key how
	packages=$(root_packages "$1")
	how=$(declare -f root_"$2")
	key=$(sha256sum <<<"$guest_suite $packages $how" | cut -c 1-12)
	cached "roots/$1-$2-$key" build_root "$1" "$2" "$packages"
	root_folder=$cached_path
}

build_root() {
	local folder=$1 name=$2 arch=$3 packages=$4 tar=$1/root.tar
	mkdir "$folder"
	echo "building root file system $name for $arch ($guest_suite)" >&2
	suite_sources "$guest_suite" "$arch" | "root_$arch" "${packages// /,}" "$tar" >&2
	# Room for what a run adds; the image stays sparse.
	pack_ext2 "$folder/root.ext2" 2048 -a "$tar"
	bsdtar -cf "$folder/root.cpio" --format=newc --exclude './dev/*' "@$tar"
	rm "$tar"
}

# debian_root OPTION... TAR: sources come on standard input, which mmdebstrap reads only if it is named.
debian_root() {
	mmdebstrap --quiet \
		--aptopt='APT::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/info/*' \
		"${@:1:$#-1}" "$guest_suite" "${!#}" -
}

root_amd64() {
	# shellcheck disable=SC2016 # the hook's $1 is mmdebstrap's
	debian_root --variant=essential --include="$1" \
		--customize-hook='mkdir -p "$1/usr/lib/modules" "$1/host" "$1/out"' "$2"
}

# No program of arm64 runs here, so packages are unpacked and their scripts are not run: what those would have made,
# as far as a guest misses it, is made here.
root_arm64() {
	# shellcheck disable=SC2016 # the hook's $1 is mmdebstrap's
	debian_root --variant=extract --architectures=arm64 --include='?essential' --include="$1" \
		--extract-hook='
			set -e
			cd "$1"
			mkdir -p usr/lib/modules host out dev proc sys run tmp root
			chmod 1777 tmp
			[ -e usr/bin/sh ] || ln -s dash usr/bin/sh
			ln -s mawk usr/bin/awk
			ln -s nc.openbsd usr/bin/nc
			cp usr/share/base-passwd/passwd.master etc/passwd
			cp usr/share/base-passwd/group.master etc/group
			cp usr/share/libc-bin/nsswitch.conf etc/nsswitch.conf' "$2"
}

# guest_busybox ARCH: sets busybox. Static, so it runs before there is a root file system.
guest_busybox() {
	cached "busybox-$1" fetch_busybox "$1"
	busybox=$cached_path
}

fetch_busybox() {
	local file=$1 apt tree=$1.tree
	suite_apt apt "$guest_suite" "$2"
	rm -rf "$tree"
	unpack_packages "$tree" "${apt[@]}" -- busybox-static
	mv "$tree/usr/bin/busybox" "$file"
	rm -rf "$tree"
}
