# shellcheck shell=bash
# The guest's root file system: Debian trixie. Needs cache.sh, archive.sh, kernels.sh.
# shellcheck disable=SC2034,SC2154 # cached_path comes from there; results are for those who source this
#
# It is a disk, not an initramfs: unpacking 400 MB takes TCG seconds in every boot, reading the few
# files a run touches takes none, and NVMe and ext4 are built into all four kernels.

guest_suite=trixie

root_packages() {
	local small=(bash coreutils python3 iproute2 iputils-ping kmod procps strace util-linux mount
		libcap2-bin netcat-openbsd socat bpftool tar xz-utils)
	case $1 in
	small) echo "${small[@]}" ;;
	# The tools socketrace is compared with.
	peers) echo "${small[@]}" pwru bpftrace libbpf-tools tcpdump ;;
	*) return 1 ;;
	esac
}

# guest_root NAME: sets root_folder, which holds root.ext2 and, for machines without disks, root.cpio. Another package list is another image.
guest_root() {
	local packages key
	packages=$(root_packages "$1")
	key=$(sha256sum <<<"$guest_suite $packages" | cut -c 1-12)
	cached "roots/$1-$key" build_root "$1" "$packages"
	root_folder=$cached_path
}

build_root() {
	local folder=$1 name=$2 packages=$3 tar=$1/root.tar
	mkdir "$folder"
	echo "building root file system $name ($guest_suite)" >&2
	# shellcheck disable=SC2016 # the hook's $1 is mmdebstrap's
	suite_sources "$guest_suite" | mmdebstrap --quiet --variant=essential \
		--include="${packages// /,}" \
		--aptopt='APT::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/info/*' \
		--customize-hook='mkdir -p "$1/usr/lib/modules" "$1/host" "$1/out"' \
		"$guest_suite" "$tar" >&2
	# Room for what a run adds; the image stays sparse.
	pack_ext2 "$folder/root.ext2" 2048 -a "$tar"
	bsdtar -cf "$folder/root.cpio" --format=newc --exclude './dev/*' "@$tar"
	rm "$tar"
}

# guest_busybox: sets busybox. Static, so it runs before there is a root file system.
guest_busybox() {
	cached busybox fetch_busybox
	busybox=$cached_path
}

fetch_busybox() {
	local file=$1 apt tree=$1.tree
	suite_apt apt "$guest_suite"
	rm -rf "$tree"
	unpack_packages "$tree" "${apt[@]}" -- busybox-static
	mv "$tree/usr/bin/busybox" "$file"
	rm -rf "$tree"
}
