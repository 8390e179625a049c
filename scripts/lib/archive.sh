# shellcheck shell=bash
# Reading Debian suites other than the machine's own, with an apt state of our own, so that nothing
# of the machine's apt changes and no root is needed. Needs cache.sh.
# shellcheck disable=SC2154 # guest_cache is set there

debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# suite_sources SUITE ARCH[,ARCH]: lines for a sources.list, with the suite's security updates: an old stable
# release gets its kernels only there.
suite_sources() {
	local main security release=${1%-backports}
	main=$(debian_mirror debian)
	security=$(debian_mirror debian-security)
	printf 'deb [arch=%s signed-by=%s] %s main\n' "$2" "$debian_keyring" "$main $1" \
		"$2" "$debian_keyring" "$security $release-security"
}

# debian_mirror debian|debian-security: the address this machine gets that archive from.
# A machine that is not Debian has none in its sources: then Debian's own.
debian_mirror() {
	local format="\$(REPO_URI) \$(COMPONENT)" targets found
	targets=$(apt-get indextargets --format "$format" 'Created-By: Packages')
	if [[ -z $targets ]]; then
		# apt lists no targets before its first update, and that one needs root: make one for ourselves.
		local state
		cached_apt_folder state host
		apt_update host "${state[@]}"
		targets=$(apt-get "${state[@]}" indextargets --format "$format" 'Created-By: Packages')
	fi
	# Others publish suites of the same names: only the archive's own folder name counts. Cloud
	# images name it through a list of mirrors, mirror+file:/etc/apt/mirrors/debian.list.
	found=$(grep -m 1 -E "/$1(\.list)?/? main$" <<<"$targets" || true)
	found=${found% main}
	if [[ -z $found ]]; then
		found=http://deb.debian.org/$1
	fi
	echo "${found%/}"
}

# cached_apt_folder ARRAY NAME: sets ARRAY to the options that make apt work in a folder of ours.
cached_apt_folder() {
	local -n options=$1
	local folder=$guest_cache/apt/$2
	mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
	# No status file: what this machine has installed must not matter. The sandbox user could not
	# write below a home folder.
	options=(-o "Dir::State=$folder" -o "Dir::State::lists=$folder/lists" -o "Dir::Cache=$folder/cache"
		-o Dir::State::status=/dev/null -o APT::Sandbox::User=root)
}

# apt_update NAME APT_OPTION...: one at a time in a folder: apt waits for no other's lock on its lists.
apt_update() {
	local lock
	exec {lock}>"$guest_cache/apt/$1.lock"
	flock "$lock"
	apt-get -qq "${@:2}" update >&2
	exec {lock}>&-
}

# suite_apt ARRAY SUITE ARCH: the same for SUITE, with fresh package lists.
suite_apt() {
	local name=$2-$3
	cached_apt_folder "$1" "$name"
	local -n suite_options=$1
	local list=$guest_cache/apt/$name/sources.list
	suite_sources "$2" "$3" >"$list.$$"
	mv "$list.$$" "$list"
	suite_options+=(-o "Dir::Etc::sourcelist=$list" -o Dir::Etc::sourceparts=-
		-o "APT::Architecture=$3" -o "APT::Architectures=$3")
	apt_update "$name" "${suite_options[@]}"
}

# unpack_packages FOLDER APT_OPTION... -- NAME...: downloads packages and unpacks them into FOLDER.
unpack_packages() {
	local folder=$1 options=() one
	shift
	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	shift
	mkdir -p "$folder/debs"
	(cd "$folder/debs" && apt-get -qq "${options[@]}" download "$@" >&2)
	for one in "$folder"/debs/*.deb; do
		dpkg -x "$one" "$folder"
	done
	rm -r "$folder/debs"
}
