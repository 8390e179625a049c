# shellcheck shell=bash
# Building, for the other scripts. Sourced from the project's root.

# build_into FOLDER [meson setup options]
build_into() {
  local folder=$1
  shift
  if [[ ! -f $folder/build.ninja ]]; then
    meson setup "$folder" "$@" >&2
  fi
  meson compile -C "$folder" >&2
}

# One file for every guest: the libraries are inside.
build_static() {
  build_into build-static -Dprefer_static=true
}
