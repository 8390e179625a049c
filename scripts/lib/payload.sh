# shellcheck shell=bash
# What a guest gets for one boot: the initramfs, with the command and the host's files in it.

# Where the libraries of the host's programs go in the guest, apart from the guest's own.
guest_libraries=/usr/lib/host

# payload_add TREE PATH[:GUESTPATH]: puts a file or folder into TREE/add. Without GUESTPATH it goes
# to root's home, where commands start.
payload_add() {
	local tree=$1 source=${2%%:*} target=/root/
	[[ $2 != *:* ]] || target=${2#*:}
	if [[ ! -e $source ]]; then
		echo "guest: --add: no such file: $source" >&2
		return 1
	fi
	[[ $target == /* ]] || target=/root/$target
	[[ $target != */ ]] || target+=$(basename "$(realpath "$source")")
	# In trixie these are links into /usr, and a folder must not replace a link.
	case $target in
	/bin/* | /sbin/* | /lib/* | /lib64/*) target=/usr$target ;;
	esac
	mkdir -p "$tree/add$(dirname "$target")"
	cp -aHT "$source" "$tree/add$target"

	local program
	while IFS= read -r -d '' program; do
		payload_libraries "$tree" "$program"
	done < <(find "$tree/add$target" -type f -perm /111 -print0)
}

# payload_libraries TREE PROGRAM: a dynamically linked program takes all its libraries along, libc
# and loader too: the guest's may be older or newer. They are named inside the program, not in the
# environment: that would reach the guest's own programs, and a wrapper would change what is traced.
payload_libraries() {
	local tree=$1 program=$2 list library loader
	loader=$(patchelf --print-interpreter "$program" 2>/dev/null) || return 0
	if [[ ! -e $loader ]]; then
		echo "guest: $program is not this machine's ($loader): link it statically" >&2
		return 1
	fi
	list=$(ldd "$program")
	if [[ $list == *'not found'* ]]; then
		echo "guest: $program: $(grep -m 1 'not found' <<<"$list")" >&2
		return 1
	fi
	mkdir -p "$tree/add$guest_libraries"
	while IFS= read -r library; do
		cp -Lu "$library" "$tree/add$guest_libraries/"
	done < <(grep -o '/[^ ]*' <<<"$list")
	patchelf --force-rpath --set-rpath "$guest_libraries" \
		--set-interpreter "$guest_libraries/$(basename "$loader")" "$program"
}

# payload_command TREE ARGUMENT...: what the guest runs.
payload_command() {
	local tree=$1
	shift
	printf '#!/bin/bash\nexec%s\n' "$(printf ' %q' "$@")" >"$tree/host/command"
	chmod +x "$tree/host/command"
}

# payload_pack TREE INITRAMFS. Not compressed: TCG unpacks slower than QEMU loads.
payload_pack() {
	(cd "$1" && find . -mindepth 1 -print0 | cpio --null -o -H newc -R 0:0 --quiet) >"$2"
}
