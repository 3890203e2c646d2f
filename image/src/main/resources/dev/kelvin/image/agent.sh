#!/bin/sh
# Vendor data of Kelvin's seed: cloud-init runs it once in a new guest, in its last stage. The VM is
# to have the guest agent (spec.guestAgent); an image without one gets it from its distribution. A
# guest that cannot reach its distribution boots all the same, without an agent.
PATH=$PATH:/usr/sbin:/sbin:/usr/local/sbin:/usr/local/bin
has() { command -v "$1" >/dev/null 2>&1; }

if ! has qemu-ga; then
  echo 'kelvin: this image has no guest agent; installing it'
  if has apt-get; then
    get='apt-get -q -y -o Acquire::Retries=0 -o Acquire::http::Timeout=20 -o DPkg::Lock::Timeout=120'
    $get update
    DEBIAN_FRONTEND=noninteractive $get --no-install-recommends install qemu-guest-agent
  elif has dnf; then
    dnf -q -y --setopt=retries=1 --setopt=timeout=20 --setopt=install_weak_deps=False \
      install qemu-guest-agent
  elif has zypper; then
    zypper -q -n install --no-recommends qemu-guest-agent
  elif has pacman; then
    pacman -Sy --noconfirm --needed qemu-guest-agent
  elif has apk; then
    apk add --update-cache qemu-guest-agent
  elif has pkg; then
    ASSUME_ALWAYS_YES=yes pkg install qemu-guest-agent
  fi
fi

if has systemctl; then
  systemctl --no-block start qemu-guest-agent
elif has rc-service; then
  rc-update add qemu-guest-agent default
  rc-service qemu-guest-agent start
elif has sysrc; then
  sysrc qemu_guest_agent_enable=YES
  service qemu-guest-agent start
fi
has qemu-ga || echo 'kelvin: the guest agent could not be installed'
exit 0
