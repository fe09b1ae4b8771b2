#!/usr/bin/env bash
# Makes a stand-in for the image node:24-bookworm-slim, for machines that can pull no image: the shell and core utilities of this
# Debian, its npm, and a Node 24 that is given. Prints the path of a podman that has it, for deploy/container-test.sh.
# Usage: deploy/container-base.sh DIRECTORY NODE. Needs root, podman and runc. What it does not show: that the real base image works.
set -euo pipefail
mkdir -p "$1"
cd "$1"
node=$2
cat > containers.conf <<'CONF'
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
CONF
cat > podman <<WRAPPER
#!/bin/sh
export CONTAINERS_CONF=$PWD/containers.conf
exec podman --root $PWD/store --runroot $PWD/run "\$@"
WRAPPER
chmod +x podman

mkdir -p root/{bin,usr/bin,usr/local/{bin,lib/node_modules},lib64,etc/ssl/certs,tmp,root,home/node,proc,sys,dev}
chmod 1777 root/tmp
copy () { # a program and its libraries
  install -D "$1" "root/$2"
  ldd "$1" | grep -o '/[^ ]*' | while read -r library; do install -D "$library" "root/$library"; done
}
copy /bin/dash bin/sh
for program in cat chmod cp env id ls mkdir mv rm touch; do copy "$(command -v $program)" "usr/bin/$program"; done
copy "$node" usr/local/bin/node
cp -r "$(npm root -g)/npm" root/usr/local/lib/node_modules/
ln -s ../lib/node_modules/npm/bin/npm-cli.js root/usr/local/bin/npm
cat "/etc/ssl/certs/ca-certificates.crt" ${SSL_CERT_FILE:+"$SSL_CERT_FILE"} > root/etc/ssl/certs/ca-certificates.crt
printf 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n' > root/etc/passwd
tar -C root --owner=0 --group=0 -cf root.tar .
./podman import -q -c 'ENV PATH=/usr/local/bin:/usr/bin:/bin' -c 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' \
  root.tar docker.io/library/node:24-bookworm-slim >/dev/null
rm -rf root root.tar
echo "$PWD/podman"
