# shellcheck shell=bash
# The clangs that Debian has, for the BPF programs only: unpacked, not installed, each behind a wrapper.
# Needs cache.sh, archive.sh.
# shellcheck disable=SC2034,SC2154 # guest_cache, cached_path come from there; results are for those who source this

# Debian 12, 13 and 13's backports; nobody there has 20.
bpf_compilers=(14 15 16 17 18 19 21 22)

compiler_suites() {
  case $1 in
    14 | 15 | 16) echo bookworm ;;
    17 | 18 | 19 | 22) echo trixie ;;
    21) echo trixie trixie-backports ;;
    *) return 1 ;;
  esac
}

# bpf_compiler VERSION: sets bpf_clang, which runs as `clang -target bpf` would.
bpf_compiler() {
  cached "compilers/clang-$1" fetch_compiler "$1"
  bpf_clang=$cached_path/clang
}

fetch_compiler() {
  local folder=$1 version=$2 suite apt=() names=()
  echo "fetching clang $version ($(compiler_suites "$version"))" >&2
  # A state of its own: backports alone do not have the libraries.
  cached_apt_folder apt "clang-$version"
  for suite in $(compiler_suites "$version"); do suite_sources "$suite" amd64; done >"$guest_cache/apt/clang-$version/sources.list"
  apt+=(-o "Dir::Etc::sourcelist=$guest_cache/apt/clang-$version/sources.list"
    -o Dir::Etc::sourceparts=- -o APT::Architecture=amd64 -o APT::Architectures=amd64)
  apt_update "clang-$version" "${apt[@]}"
  # What it links with, not what else it could compile for: no libc6-dev, no binutils.
  mapfile -t names < <(needed "clang-$version" | grep -E "^lib(clang-cpp|llvm|LLVM)$version")
  mapfile -t names < <(needed --recurse "${names[@]}" | grep -E '^(lib|zlib1g)' | sort -u)
  unpack_packages "$folder" "${apt[@]}" -- "clang-$version" "libclang-common-$version-dev" "${names[@]}"
  write_wrapper "$folder" "$version" >"$folder/clang"
  chmod +x "$folder/clang"
  "$folder/clang" --version >&2
}

# arm64_headers: sets arm64_include, for <asm/ptrace.h>.
arm64_headers() {
  cached compilers/arm64-headers fetch_arm64_headers
  arm64_include=$cached_path/usr/aarch64-linux-gnu/include
}
fetch_arm64_headers() {
  suite_apt apt bookworm amd64
  unpack_packages "$1" "${apt[@]}" -- linux-libc-dev-arm64-cross
}

# needed [--recurse] PACKAGE...: what they depend on. Reads fetch_compiler's `apt`.
needed() {
  apt-cache "${apt[@]}" depends --no-recommends --no-suggests --no-conflicts --no-breaks \
    --no-replaces --no-enhances "$@" | sed -nE 's/^ *Depends: ([^<].*)|^([^ <].*)$/\1\2/p'
}

# Another Debian's libraries want their own loader. Started by it, clang does not find its headers.
write_wrapper() {
  # shellcheck disable=SC2016 # the wrapper's own $0
  local tree='${0%/*}' libraries=() loader resources one
  loader=$(cd "$1" && find . -name 'ld-linux-x86-64.so.2' | sort | head -n 1)
  resources=$(cd "$1" && find . -path '*/clang/*/include/stdbool.h')
  for one in lib/x86_64-linux-gnu usr/lib/x86_64-linux-gnu "usr/lib/llvm-$2/lib"; do
    libraries+=("$tree/$one")
  done
  printf '#!/bin/sh\n'
  printf 'exec "%s" --library-path "%s" \\\n  "%s" -resource-dir "%s" "$@"\n' "$tree/${loader#./}" \
    "$(IFS=: && echo "${libraries[*]}")" "$tree/usr/lib/llvm-$2/bin/clang" \
    "$tree/$(dirname "$(dirname "${resources#./}")")"
}

# verify_configs_of VERSION: tests/bpf/verify-configs of build-static once more, as verify-configs-VERSION,
# with objects of that clang. The objects in build-static are left to be made anew.
verify_configs_of() {
  local folder=build-static
  bpf_compiler "$1"
  meson configure "$folder" "-Dbpf_clang=$bpf_clang" >&2
  meson compile -C "$folder" verify-configs >&2
  cp "$folder/tests/bpf/verify-configs" "$folder/tests/bpf/verify-configs-$1"
  meson configure "$folder" -Dbpf_clang=clang >&2
}
