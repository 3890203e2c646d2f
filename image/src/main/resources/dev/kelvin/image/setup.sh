# Runs before any package is unpacked; $1 is the guest's root.
set -eu

# A merged /usr from the start. Without it apt chooses the package usrmerge, which converts the
# tree afterwards and brings all of perl with it.
for directory in bin sbin lib lib64; do
  mkdir -p "$1/usr/$directory"
  ln -s "usr/$directory" "$1/$directory"
done
mkdir -p "$1/etc/apt/preferences.d"
printf 'Package: usrmerge\nPin: release *\nPin-Priority: -1\n' \
  > "$1/etc/apt/preferences.d/build"
