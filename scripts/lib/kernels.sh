# shellcheck shell=bash
# Debian's cloud kernels for the guest: found, downloaded, unpacked, kept. Needs cache.sh, archive.sh.
# shellcheck disable=SC2034,SC2154 # cached_path comes from there; results are for those who source this

# Newest last. 5.10 and 6.1 attach by single kprobes, the others have FPROBE; 7.2 has tracing-multi.
guest_kernels=(5.10 6.1 6.12 7.2)

kernel_suite() {
	case $1 in
	5.10) echo bullseye ;;
	6.1) echo bookworm ;;
	6.12) echo trixie ;;
	7.2) echo trixie-backports ;;
	*) return 1 ;;
	esac
}

# guest_kernel VERSION: sets kernel_folder, which holds vmlinuz, config, release, modules.ext2, modules.cpio.
guest_kernel() {
	# The number is raised when what is kept there changes.
	cached "kernels/$1-2" fetch_kernel "$1"
	kernel_folder=$cached_path
}

fetch_kernel() {
	local folder=$1 version=$2 suite release apt tree modules
	suite=$(kernel_suite "$version")
	echo "fetching kernel $version ($suite)" >&2
	suite_apt apt "$suite"
	release=$(newest_release "$version" "${apt[@]}")

	# Debian splits what was one package: since 7.1 linux-image is empty and depends on the rest.
	local names=() name
	for name in image binary modules base; do
		name=linux-$name-$release
		if apt-cache "${apt[@]}" show "$name" >/dev/null 2>&1; then
			names+=("$name")
		fi
	done
	tree=$folder/tree
	unpack_packages "$tree" "${apt[@]}" -- "${names[@]}"

	local kernel=("$tree"/boot/vmlinuz-* "$tree"/usr/lib/modules/*/vmlinuz)
	local config=("$tree"/boot/config-* "$tree"/usr/lib/modules/*/config)
	cp "$(first_file "${kernel[@]}")" "$folder/vmlinuz"
	cp "$(first_file "${config[@]}")" "$folder/config"
	echo "$release" >"$folder/release"
	# 5.10 and 6.1 come from before /lib moved into /usr, and depmod looks only in /lib.
	modules=$tree/usr/lib/modules
	if [[ -d $tree/lib/modules ]]; then
		mkdir -p "$tree/usr/lib"
		mv "$tree/lib/modules" "$modules"
		rmdir "$tree/lib"
	fi
	ln -s usr/lib "$tree/lib"
	PATH=$PATH:/usr/sbin:/sbin depmod -b "$tree" "$release"
	pack_ext2 "$folder/modules.ext2" 0 -d "$modules"
	# In memory every megabyte costs boot time: only what a network needs.
	(cd "$tree" && find usr/lib/modules \( -path '*/kernel/*' -a \
		! -path '*/kernel/net*' ! -path '*/kernel/lib*' ! -path '*/kernel/crypto*' \
		! -path '*/kernel/drivers/net' ! -path '*/kernel/drivers/net/*' ! -path '*/kernel/drivers' \) \
		-prune -o -print0 | cpio --null -o -H newc -R 0:0 --quiet) >"$folder/modules.cpio"
	rm -rf "$tree"
}

# newest_release VERSION APT_OPTION...: as `uname -r` will say.
newest_release() {
	local pattern="^linux-image-${1//./\\.}\\..*-cloud-amd64\$"
	shift
	apt-cache "${@}" search --names-only "$pattern" | cut -d ' ' -f 1 | sed 's/^linux-image-//' |
		sort -V | tail -n 1 | grep .
}

first_file() {
	local one
	for one in "$@"; do
		if [[ -f $one ]]; then
			echo "$one"
			return
		fi
	done
	return 1
}

# pack_ext2 IMAGE SPARE_MIB -d FOLDER|-a TAR: an image with SPARE_MIB left free. genext2fs needs
# neither root nor a mount; every kernel here reads ext2 with its built-in ext4 driver.
pack_ext2() {
	local image=$1 spare=$2 mode=$3 from=$4 blocks files
	if [[ $mode == -d ]]; then
		files=$(find "$from" | wc -l)
		blocks=$(du -s --apparent-size -B 4096 "$from" | cut -f 1)
	else
		files=$(tar -tf "$from" | wc -l)
		blocks=$(($(stat -c %s "$from") / 4096))
	fi
	# One block a file for the rounding, a twentieth for the file system's own tables.
	blocks=$(((blocks + files + 1024) * 21 / 20 + spare * 256))
	genext2fs -z -B 4096 -b "$blocks" -N "$((files + 8192))" -U "$mode" "$from" "$image" 2>&1 |
		{ grep -v '^copying from ' >&2 || true; }
}
