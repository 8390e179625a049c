# shellcheck shell=bash
# Installs the Debian or Ubuntu packages a script needs, and only those that are missing.
# Sourced by the scripts; silent when there is nothing to do. Where apt-get does not keep the packages
# nothing is installed: meson names what is missing, with the packages of other distributions.

build_packages=(meson ninja-build pkg-config g++ clang bpftool libbpf-dev libelf-dev
	zlib1g-dev libre2-dev doctest-dev libcli11-dev libfmt-dev libcap-ng-dev libpcap-dev libseccomp-dev)
guest_packages=(qemu-system-x86 mmdebstrap debian-archive-keyring genext2fs libarchive-tools kmod cpio patchelf)
# mmdebstrap without root maps a range of users into a namespace, with uidmap's programs.
[[ $EUID -eq 0 ]] || guest_packages+=(uidmap)
pinned_clang=14 # whose clang-format and clang-tidy scripts/check takes
check_packages=(pyflakes3 shellcheck)
# Reads the packets back that `dump` writes.
unit_packages=(tshark)
# A clang's sanitizer and libFuzzer runtimes come in a package of their own, named after its version.
fuzz_packages=(clang)

install_build_packages() {
	install_packages "${build_packages[@]}"
	need_programs meson:meson:meson:meson ninja:ninja-build:ninja-build:ninja
	find_bpftool
}
install_guest_packages() {
	install_packages "${guest_packages[@]}"
	local programs=(qemu-system-x86_64:qemu-system-x86:qemu-system-x86-core:qemu-system-x86
		cpio:cpio:cpio:cpio patchelf:patchelf:patchelf:patchelf setpriv:util-linux:util-linux:util-linux)
	need_programs "${programs[@]}"
}
install_check_packages() {
	local tools=() one
	for one in clang-format-$pinned_clang clang-tidy-$pinned_clang; do
		! apt_has "$one" || tools+=("$one")
	done
	install_packages "${check_packages[@]}" "${tools[@]}"
}

install_unit_packages() { install_packages "${unit_packages[@]}"; }

install_fuzz_packages() {
	install_packages "${fuzz_packages[@]}"
	local version
	version=$(clang -dumpversion)
	install_packages "libclang-rt-${version%%.*}-dev"
}

apt_has() { [[ $(apt-cache policy "$1" 2>/dev/null) == *'Candidate: '[0-9]* ]]; }

# An apt-get alone says little: other distributions have it as a tool.
apt_keeps_packages() {
	command -v apt-get >/dev/null && package_installed apt
}

# need_programs PROGRAM:DEBIAN:FEDORA:ARCH...: names all that are missing, with their packages.
need_programs() {
	local one missing=() debian=() fedora=() arch=() program names
	for one in "$@"; do
		IFS=: read -ra names <<<"$one"
		program=${names[0]}
		# Debian keeps some where a user's PATH does not look.
		! PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null || continue
		missing+=("$program")
		debian+=("${names[1]}")
		fedora+=("${names[2]}")
		arch+=("${names[3]}")
	done
	[[ ${#missing[@]} -eq 0 ]] ||
		packages_failed "not found: ${missing[*]} (Debian: ${debian[*]}; Fedora: ${fedora[*]}; Arch: ${arch[*]})"
}

# missing_packages ARRAY NAME...: sets ARRAY to those that are not installed.
missing_packages() {
	local -n missing_ones=$1
	local name
	shift
	missing_ones=()
	apt_keeps_packages || return 0
	for name in "$@"; do
		package_installed "$name" || missing_ones+=("$name")
	done
}

# announce_packages NAME...: what is going to be installed, how much that is and how long it takes.
announce_packages() {
	local missing words count bytes
	missing_packages missing "$@"
	[[ ${#missing[@]} -gt 0 ]] || return 0
	echo "scripts/${0##*/}: to be installed${sudo_asks}: ${missing[*]}" >&2
	update_packages
	read -ra words <<<"${missing[*]/#bpftool/$(bpftool_packages)}"
	read -r count bytes < <(apt-get --print-uris -y --no-install-recommends install "${words[@]}" 2>/dev/null |
		awk '/^.http|^.mirror|^.file/ { count++; bytes += $3 } END { print count + 0, bytes + 0 }')
	# Measured: a package takes a third of a second to unpack and set up.
	echo "scripts/${0##*/}: that is $count packages with what they need, $((bytes / 1000000)) MB to download:" \
		"about $((count / 3 + bytes / 10000000 + 1)) s at 10 MB/s" >&2
}
sudo_asks=''
[[ $EUID -eq 0 ]] || sudo_asks=' (sudo asks)'

# Once for each script. One failing third-party source must not stop us: apt-get install tells if a
# package is out of reach.
update_packages() {
	[[ -z ${packages_updated-} ]] || return 0
	as_root apt-get -qq update >/dev/null 2>&1 || true
	packages_updated=1
}

# install_packages NAME...
install_packages() {
	local missing
	missing_packages missing "$@"
	[[ ${#missing[@]} -gt 0 ]] || return 0

	echo "installing packages: ${missing[*]}" >&2
	update_packages
	local log words
	read -ra words <<<"${missing[*]/#bpftool/$(bpftool_packages)}"
	log=$(as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -qq -y --no-install-recommends install "${words[@]}" 2>&1 </dev/null) ||
		packages_failed "cannot install ${missing[*]}: $(grep -m 1 '^E:' <<<"$log" || tail -n 1 <<<"$log")"
}

# Until 24.10 Ubuntu had no package bpftool: it comes with a kernel's tools, behind a wrapper that only
# knows the running kernel's.
bpftool_packages() {
	if apt_has bpftool; then
		echo bpftool
	else
		echo linux-tools-common linux-tools-generic
	fi
}

# Puts a bpftool that works on PATH: in a container or on a cloud kernel Ubuntu's wrapper finds none,
# though another kernel's does as well.
find_bpftool() {
	local one
	PATH=$PATH:/usr/sbin
	for one in bpftool /usr/lib/linux-tools*/*/bpftool; do
		if "$one" version >/dev/null 2>&1; then
			[[ $one == bpftool ]] || PATH=$(dirname "$one"):$PATH
			return
		fi
	done
	packages_failed "no working bpftool"
}

package_installed() {
	[[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]] ||
		{ [[ $1 == bpftool ]] && find_bpftool 2>/dev/null; }
}

as_root() {
	if [[ $EUID -eq 0 ]]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		echo "not root, and no sudo to become it" >&2
		return 1
	fi
}

packages_failed() {
	echo "packages: $1" >&2
	return 1
}
