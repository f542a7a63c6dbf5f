#!/bin/bash
# Starts a Slurm of one node inside a folder, prints 'ready', and ends it when the standard input ends. So it does not outlive the
# program that started it, even if that is killed.
#
#   slurm.sh FOLDER CONTROLLER_PORT NODE_PORT
#
# Meanwhile, SLURM_CONF=FOLDER/slurm.conf lets sbatch, squeue and the others talk to it.
set -u
export PATH=$PATH:/usr/sbin:/sbin
folder=$1
host=$(hostname -s)
umask 077
mkdir -p "$folder/state" "$folder/spool"
sed -e "s|@FOLDER@|$folder|; s|@HOST@|$host|; s|@USER@|$(id -un)|; s|@CONTROLLER@|$2|; s|@NODE@|$3|" \
  "$(dirname "${BASH_SOURCE[0]}")/slurm.conf" > "$folder/slurm.conf"
export SLURM_CONF=$folder/slurm.conf

daemons=()
finish() {
  for ((i = ${#daemons[@]} - 1; i >= 0; i--)); do
    kill "${daemons[i]}" 2> /dev/null
  done

  for ((tries = 0; tries < 50; tries++)); do
    kill -0 "${daemons[@]}" 2> /dev/null || break
    sleep 0.1
  done

  kill -9 "${daemons[@]}" 2> /dev/null

  # Jobs outlive the daemons. What belongs to a job of this Slurm is known by its environment.
  for process in /proc/[0-9]*; do
    if tr '\0' '\n' 2> /dev/null < "$process/environ" | grep -qxF "SLURM_CONF=$SLURM_CONF"; then
      kill -9 "${process#/proc/}" 2> /dev/null
    fi
  done
}
trap finish EXIT

# All daemons run, and the condition comes to hold within 20 seconds.
await() {
  for ((tries = 0; tries < 200; tries++)); do
    for daemon in "${daemons[@]}"; do
      kill -0 "$daemon" 2> /dev/null || break 2
    done

    "$@" && return
    sleep 0.1
  done

  echo "Slurm did not start:"
  tail --quiet --lines=5 "$folder"/*.out
  exit 1
}

is_idle() {
  [ "$(timeout 1 sinfo --noheader --format=%T 2> /dev/null)" = idle ]
}

# A folder of the test may be closed to other users. munge wants its socket open to all, and starts all the same with --force.
head -c 1024 /dev/urandom > "$folder/munge.key"
munged --foreground --force --key-file="$folder/munge.key" --socket="$folder/munge.sock" --pid-file="$folder/munge.pid" \
  --log-file="$folder/munge.log" --seed-file="$folder/munge.seed" < /dev/null > "$folder/munged.out" 2>&1 &
daemons+=($!)
await test -S "$folder/munge.sock"
slurmctld -D < /dev/null > "$folder/slurmctld.out" 2>&1 &
daemons+=($!)
slurmd -D -N "$host" < /dev/null > "$folder/slurmd.out" 2>&1 &
daemons+=($!)
await is_idle
echo ready
cat > /dev/null
