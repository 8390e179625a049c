# shellcheck shell=bash
# The folder that keeps what guests are made of between runs. An entry appears whole or not at all:
# it is built beside its place and renamed, under a lock, so two guests may start at once.

guest_cache=${SOCKETRACE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/socketrace/guest}

# cached ENTRY BUILDER ARGUMENT...: calls `BUILDER TEMPORARY ARGUMENT...` unless ENTRY is there;
# sets cached_path. The builder leaves its result, a file or a folder, at TEMPORARY.
cached() {
	local entry=$1 builder=$2
	shift 2
	cached_path=$guest_cache/$entry
	[[ ! -e $cached_path ]] || return 0

	local lock
	mkdir -p "$(dirname "$cached_path")"
	exec {lock}>"$cached_path.lock"
	flock "$lock"
	if [[ ! -e $cached_path ]]; then
		# What an interrupted run left behind goes first.
		rm -rf "$cached_path.new"
		"$builder" "$cached_path.new" "$@"
		mv "$cached_path.new" "$cached_path"
	fi
	exec {lock}>&-
}
