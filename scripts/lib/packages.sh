# shellcheck shell=bash
# Installs the Debian or Ubuntu packages a script needs, and only those that are missing.
# Sourced by the scripts; silent when there is nothing to do.

build_packages=(meson ninja-build pkg-config g++ clang llvm bpftool libbpf-dev libelf-dev
	zlib1g-dev libre2-dev doctest-dev libcli11-dev libfmt-dev libcap-ng-dev libpcap-dev libseccomp-dev)
guest_packages=(qemu-system-x86 mmdebstrap debian-archive-keyring genext2fs libarchive-tools kmod cpio patchelf)
check_packages=(clang-format clang-tidy pyflakes3 shellcheck)
# Reads the packets back that `dump` writes.
unit_packages=(tshark)
# clang 14 is bookworm's: its sanitizer and libFuzzer runtimes come in a package of their own,
# named after the compiler's version.
fuzz_packages=(clang)

install_build_packages() {
	install_packages "${build_packages[@]}"
	find_bpftool
}
install_guest_packages() {
	local names=("${guest_packages[@]}")
	# mmdebstrap without root maps a range of users into a namespace, with uidmap's programs.
	[[ $EUID -eq 0 ]] || names+=(uidmap)
	install_packages "${names[@]}"
}
install_check_packages() { install_packages "${check_packages[@]}"; }

install_unit_packages() { install_packages "${unit_packages[@]}"; }

install_fuzz_packages() {
	install_packages "${fuzz_packages[@]}"
	local version
	version=$(clang -dumpversion)
	install_packages "libclang-rt-${version%%.*}-dev"
}

# install_packages NAME...
install_packages() {
	local missing=() name
	for name in "$@"; do
		package_installed "$name" || missing+=("$name")
	done
	[[ ${#missing[@]} -gt 0 ]] || return 0
	command -v apt-get >/dev/null ||
		packages_failed "no apt-get here; please install what these Debian packages hold: ${missing[*]}" ||
		return 1

	echo "installing packages: ${missing[*]}" >&2
	# One failing third-party source must not stop us: apt-get install tells if a package is out of reach.
	as_root apt-get -qq update >/dev/null 2>&1 || true
	local log words
	read -ra words <<<"${missing[*]/#bpftool/$(bpftool_packages)}"
	log=$(as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -qq -y --no-install-recommends install "${words[@]}" 2>&1 </dev/null) ||
		packages_failed "cannot install ${missing[*]}: $(grep -m 1 '^E:' <<<"$log" || tail -n 1 <<<"$log")"
}

# Until 24.10 Ubuntu had no package bpftool: it comes with a kernel's tools, behind a wrapper that only
# knows the running kernel's.
bpftool_packages() {
	if [[ $(apt-cache policy bpftool) == *'Candidate: '[0-9]* ]]; then
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
