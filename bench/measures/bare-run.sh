# Prints the milliseconds of one `RUNTIME run` of BUNDLE.
set -euo pipefail
if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi
before=${EPOCHREALTIME/./}
"$1" run --bundle "$2" "hull-bench-$$"
after=${EPOCHREALTIME/./}
echo "$(((after - before) / 1000)).$(((after - before) % 1000 / 100))"
