# The first process of the laboratory's own namespaces (network, processes, mounts, shared memory).
# When it ends, however it ends, the kernel ends everything in them; it alone removes the folder.
#
#   inside.sh FOLDER VENV PROGRAM ARGS…
set -u
lab=$1 venv=$2
shift 2

# Private, so that nothing of the machine's /run and /dev/shm is seen, changed or left behind. The
# venv is bound there because the user postgres may not reach the tree of whoever runs this.
mount -t tmpfs -o mode=755 lab /run
mount -t tmpfs -o mode=1777 lab /dev/shm
mkdir /run/netns /run/venv
mount --bind "$venv" /run/venv

"$@"
code=$?

for name in $(ip netns list | cut -d ' ' -f 1); do
  ip netns pids "$name" | xargs -r kill -9
done
sleep 0.2
rm -rf "$lab"
exit $code
