# shellcheck shell=bash
# Debian's kernels for the guest, by the rows of kernels.table: found, downloaded, unpacked, kept. Needs cache.sh,
# archive.sh.
# shellcheck disable=SC2034,SC2154 # cached_path comes from there; results are for those who source this

kernel_table=$(dirname "$(realpath "${BASH_SOURCE[0]}")")/kernels.table

# kernel_names [TESTS]: the rows of the table, in its order; of those that are tested so.
kernel_names() { awk -v tests="${1-}" '/^[^#]/ && (tests == "" || $8 == tests) { print $1 }' "$kernel_table"; }

# kernel_row NAME: sets kernel_NAME for each column of its row; fails if there is none.
kernel_row() {
	local row
	row=$(awk -v name="$1" '$1 == name' "$kernel_table" | grep .) || return 1
	read -r kernel_name kernel_suite kernel_series kernel_flavour kernel_arch kernel_smp kernel_memory \
		kernel_tests kernel_append <<<"$row"
}

# guest_kernel: of the row that was read; sets kernel_folder, which holds vmlinuz, config, release,
# modules.ext2, modules.cpio and boot.cpio, the modules that the way to the root disk takes.
guest_kernel() {
	# The number is raised when what is kept there changes.
	cached "kernels/$kernel_series-$kernel_flavour-$kernel_arch-3" fetch_kernel
	kernel_folder=$cached_path
}

fetch_kernel() {
	local folder=$1 release apt tree modules series="$kernel_series $kernel_flavour for $kernel_arch"
	echo "fetching kernel $series ($kernel_suite)" >&2
	suite_apt apt "$kernel_suite" "$kernel_arch"
	if ! release=$(newest_release "${apt[@]}"); then
		echo "guest: $kernel_suite has no kernel $series any more; it has:" \
			"$(offered_series "${apt[@]}"): change $kernel_name in scripts/lib/kernels.table" >&2
		return 1
	fi

	# Debian splits what was one package: since 6.19 linux-image is empty and depends on the rest.
	local names=() name
	for name in image binary modules base; do
		name=linux-$name-$release
		# A name that others only depend on is known too, but has no version to download.
		if apt-cache "${apt[@]}" madison "$name" | grep -q .; then
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
	pack_boot_modules "$tree" "$release" "$folder/boot.cpio"
	rm -rf "$tree"
}

# What init and supervise need before there are modules on a disk, and Debian's cloud kernels have built in.
boot_modules=(nvme ext4 8250_pci)

# pack_boot_modules TREE RELEASE CPIO: unpacked, and named in the order in which they are to be loaded; none where
# all is built in.
pack_boot_modules() {
	local tree=$1 release=$2 cpio=$3 verb path rest target number=100
	local -A seen=()
	mkdir "$tree/boot-modules"
	while read -r verb path rest; do
		[[ $verb == insmod && -z ${seen[$path]-} ]] || continue
		seen[$path]=1
		target=$tree/boot-modules/$((number++))-$(basename "${path%.xz}")
		if [[ $path == *.xz ]]; then xz -dc "$path" >"$target"; else cp "$path" "$target"; fi
	done < <(PATH=$PATH:/usr/sbin:/sbin modprobe -d "$tree" -S "$release" -a --show-depends "${boot_modules[@]}")
	(cd "$tree" && find boot-modules -print0 | cpio --null -o -H newc -R 0:0 --quiet) >"$cpio"
}

# newest_release APT_OPTION...: as `uname -r` will say.
newest_release() {
	kernel_releases "$@" | grep "^${kernel_series//./\\.}\\." | tail -n 1 | grep .
}

# kernel_releases APT_OPTION...: of the row's flavour and architecture, newest last.
kernel_releases() {
	apt-cache "$@" search --names-only "^linux-image-[0-9.]+[^ ]*-$kernel_flavour-$kernel_arch\$" |
		cut -d ' ' -f 1 | sed 's/^linux-image-//' | sort -V
}

# offered_series APT_OPTION...: 6.18 6.19 ...
offered_series() {
	kernel_releases "$@" | grep -oE '^[0-9]+\.[0-9]+' | uniq | paste -sd ' '
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
