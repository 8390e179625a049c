# shellcheck shell=bash
# Building for a guest of another architecture, in a Debian 12 of our own: its cross compiler and the libraries of
# both architectures are installed there, and nothing on this machine. Needs cache.sh, archive.sh.
# shellcheck disable=SC2154 # cached_path comes from there

cross_suite=bookworm
cross_tools=(meson ninja-build pkg-config clang llvm bpftool doctest-dev libcli11-dev)
cross_libraries=(libc6-dev libbpf-dev libelf-dev zlib1g-dev libre2-dev libfmt-dev libcap-ng-dev libpcap-dev libseccomp-dev)

# build_cross ARCH TARGET...: static programs, in build-ARCH of the project's root, where we are.
build_cross() {
	local arch=$1 names key
	shift
	names=(g++-"$(cross_triplet "$arch")" "${cross_tools[@]}" "${cross_libraries[@]/%/:$arch}")
	key=$(sha256sum <<<"$cross_suite ${names[*]}" | cut -c 1-12)
	cached "cross/$arch-$key" make_cross_root "$arch" "${names[@]}"
	# shellcheck disable=SC2016 # the shell inside has these
	in_cross_root "$cached_path" bash -euc '
		folder=$1 arch=$2
		shift 2
		if [[ ! -f $folder/build.ninja ]]; then
			meson setup "$folder" --cross-file "scripts/cross/$arch.ini" -Dprefer_static=true
		fi
		meson compile -C "$folder" "$@"' build "build-$arch" "$arch" "$@" >&2
}

cross_triplet() {
	case $1 in
	arm64) echo aarch64-linux-gnu ;;
	*) return 1 ;;
	esac
}

# make_cross_root FOLDER ARCH NAME...: every file is ours, so that a user can remove the folder again; device files
# come from this machine when it is used.
make_cross_root() {
	local folder=$1 arch=$2 names
	names=$(IFS=, && echo "${*:3}")
	echo "making a Debian 12 ($cross_suite) that builds for $arch" >&2
	mkdir "$folder"
	suite_sources "$cross_suite" "amd64,$arch" | mmdebstrap --quiet --variant=apt --architectures="amd64,$arch" \
		--include="$names" \
		--aptopt='APT::Install-Recommends "false"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		"$cross_suite" - | tar -C "$folder" -x --no-same-owner --exclude './dev/*'
	mkdir -p "$folder/socketrace"
}

# in_cross_root ROOT COMMAND...: with the folder we are in as /socketrace. Its mounts are seen by the command only.
in_cross_root() {
	local root=$1 names=(--mount)
	shift
	[[ $EUID -eq 0 ]] || names+=(--user --map-root-user)
	# shellcheck disable=SC2016 # the shell inside has these
	unshare "${names[@]}" sh -euc '
		root=$1
		shift
		mount --rbind /dev "$root/dev"
		mount --rbind /proc "$root/proc"
		mount --bind . "$root/socketrace"
		exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LANG=C.UTF-8 \
			sh -euc "cd /socketrace && exec \"\$@\"" sh "$@"' sh "$root" "$@"
}
