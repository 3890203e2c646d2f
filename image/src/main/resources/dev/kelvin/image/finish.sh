# Runs when all packages are installed; $1 is the guest's root, whose /proc and /dev are mounted.
# Turns the bare installation into a guest that boots anywhere, and takes out whatever differs from
# one build to the next. Java replaces the words between at signs.
set -eu
umask 022
root=$1
LC_ALL=C
export LC_ALL

put() { # put FILE: writes standard input to a file of the guest
  mkdir -p "$root/$(dirname "$1")"
  cat > "$root/$1"
}

# --- Identity: the same packages give the same ids. -------------------------------------------
packages=$(chroot "$root" dpkg-query -W -f '${Package}:${Architecture}=${Version}\n' | sort)
identity=$(printf '%s\n%s\n' '@RECIPE@' "$packages" | sha256sum | cut -c1-64)
uuid=$(echo "$identity" \
  | sed -E 's/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*/\1-\2-4\3-8\4-\5/')
# The newest file of any package dates the image: what the build itself wrote is younger. Below
# /var are files with dates of the mirror.
epoch=$(find "$root/usr" "$root/boot" -xdev -type f ! -newermt '@START@' -printf '%T@\n' \
  | sort -n | tail -n 1 | cut -d. -f1)

# --- The guest's own configuration. -----------------------------------------------------------
echo debian | put etc/hostname
put etc/hosts <<E
127.0.0.1 localhost
::1 localhost ip6-localhost ip6-loopback
ff02::1 ip6-allnodes
ff02::2 ip6-allrouters
E
put etc/fstab <<E
UUID=$uuid / ext4 errors=remount-ro 0 1
LABEL=EFI /boot/efi vfat umask=0077,noauto,nofail,x-systemd.automount 0 0
E
mkdir -p "$root/boot/efi"
echo 'LANG=C.UTF-8' | put etc/default/locale
rm -f "$root/etc/apt/sources.list"
put etc/apt/sources.list.d/debian.sources <<E
Types: deb
URIs: http://deb.debian.org/debian
Suites: @SUITE@ @SUITE@-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://deb.debian.org/debian-security
Suites: @SUITE@-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
E

# The seed is a disk labelled cidata. To look for any other source costs time, and asks addresses
# on networks that may not be trusted. There is no GRUB package that could be reconfigured.
put etc/cloud/cloud.cfg.d/90_kelvin.cfg <<E
datasource_list: [ NoCloud, None ]
system_info:
  network:
    renderers: [ networkd ]
locale: C.UTF-8
ssh_genkeytypes: [ ed25519, ecdsa ]
grub_dpkg:
  enabled: false
E

chroot "$root" systemctl --quiet enable systemd-networkd.service \
  systemd-networkd-wait-online.service
# A guest is online as soon as one card is; one that has no card, or no network, boots all the same.
put etc/systemd/system/systemd-networkd-wait-online.service.d/kelvin.conf <<E
[Unit]
ConditionPathExistsGlob=/sys/class/net/e*
[Service]
ExecStart=
ExecStart=-/lib/systemd/systemd-networkd-wait-online --any --timeout=20
E
# cloud-init sets up the first card only; this is for all others, and for those plugged in later.
put etc/systemd/network/90-dhcp.network <<E
[Match]
Name=en* eth*

[Network]
DHCP=yes
E
# Work that helps no new guest: unattended upgrades are not set up, and e2scrub is for LVM.
chroot "$root" systemctl --quiet disable apt-daily.timer apt-daily-upgrade.timer \
  e2scrub_all.timer e2scrub_reap.service

# --- Booting. ---------------------------------------------------------------------------------
# Debian keeps /vmlinuz and /initrd.img pointing at the newest kernel, so that this file outlives
# upgrades of it.
put boot/grub/grub.cfg <<E
serial --unit=0 --speed=115200
terminal_input serial console
terminal_output serial console
set default=0
set timeout_style=hidden
set timeout=1
set options='root=UUID=$uuid ro console=tty0 console=ttyS0,115200'
menuentry 'Debian GNU/Linux' {
  linux /vmlinuz \$options
  initrd /initrd.img
}
menuentry 'Debian GNU/Linux, the kernel before' {
  linux /vmlinuz.old \$options
  initrd /initrd.img.old
}
menuentry 'Debian GNU/Linux, rescue shell' {
  linux /vmlinuz \$options systemd.unit=rescue.target
  initrd /initrd.img
}
E
put etc/initramfs-tools/conf.d/kelvin <<E
MODULES=most
COMPRESS=zstd
FSTYPE=ext4
RESUME=none
E
# The packages were told to make none (INITRD=No): they would have made it twice.
SOURCE_DATE_EPOCH=$epoch chroot "$root" update-initramfs -c -k all
kernel=$(readlink "$root/vmlinuz")
ln -sf "boot/initrd.img-${kernel#boot/vmlinuz-}" "$root/initrd.img"
rm -f "$root/vmlinuz.old" "$root/initrd.img.old"

# --- Traces of the build. ---------------------------------------------------------------------
# Byte code was compiled to be checked against the hash of its source at each import, because
# SOURCE_DATE_EPOCH was set. The usual check of time and size needs no read of the source.
chroot "$root" python3 - <<E
import os, struct
for base, _, names in os.walk('/usr/lib'):
    if os.path.basename(base) != '__pycache__':
        continue
    for name in names:
        code = os.path.join(base, name)
        source = os.path.join(os.path.dirname(base), name.split('.', 1)[0] + '.py')
        if name.endswith('.pyc') and os.path.exists(source):
            status = os.stat(source)
            with open(code, 'r+b') as file:
                file.seek(4)
                file.write(struct.pack('<III', 0, int(status.st_mtime), status.st_size))
E
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/resolv.conf.old" "$root/.dockerenv"
rm -f "$root/etc/apt/apt.conf.d/99mmdebstrap" "$root/etc/dpkg/dpkg.cfg.d/99mmdebstrap" \
  "$root/etc/apt/preferences.d/build"
find "$root/var/log" "$root/var/cache/apt" "$root/var/cache/debconf" -xdev -type f \
  \( -path "$root/var/log/*" -o -name '*.bin' -o -name '*-old' \) -delete
find "$root/etc" "$root/var/lib/dpkg" "$root/var/backups" -xdev -type f \
  \( -name '*-' -o -name '*-old' -o -name '*.dpkg-old' \) -delete
rm -rf "$root/var/lib/systemd/random-seed" "$root/var/lib/cloud" "$root/root/.bash_history"
: > "$root/etc/machine-id"

echo "$packages" | sed 's/^/kelvin-package: /'
echo "kelvin-identity: $identity"
echo "kelvin-epoch: $epoch"
