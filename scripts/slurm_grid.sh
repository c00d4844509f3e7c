#!/bin/sh
# Runs a script's studies as a Slurm array:
#   sbatch --array=1-8 scripts/slurm_grid.sh SCRIPT.lua [arguments]
# Where NEAP_SHARED is set, the script's store is one that all tasks reach (a
# PostgreSQL URL), and each task is one more worker on it. Otherwise each task
# works on its share into a file of its own; join them afterwards:
#   build/neap merge all.db study-1of8.db ... study-8of8.db
# By mpirun or srun: mpirun -n 8 scripts/slurm_grid.sh SCRIPT.lua
#SBATCH --job-name=neap
#SBATCH --cpus-per-task=1
set -eu
root=${SLURM_SUBMIT_DIR:-$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)}
neap=$root/build/neap
[ $# -ge 1 ] && [ -x "$neap" ] || {
  echo "usage: slurm_grid.sh SCRIPT.lua [arguments], in a built neap" >&2
  exit 1
}
step=1
if [ -n "${SLURM_ARRAY_TASK_ID-}" ]; then
  task=$SLURM_ARRAY_TASK_ID
  first=${SLURM_ARRAY_TASK_MIN:-1}
  step=${SLURM_ARRAY_TASK_STEP:-1}
  count=$SLURM_ARRAY_TASK_COUNT
elif [ -n "${OMPI_COMM_WORLD_RANK-}" ]; then
  task=$OMPI_COMM_WORLD_RANK
  first=0
  count=$OMPI_COMM_WORLD_SIZE
elif [ -n "${PMI_RANK-}" ]; then
  task=$PMI_RANK
  first=0
  count=$PMI_SIZE
elif [ "${SLURM_NTASKS:-1}" -gt 1 ]; then
  task=$SLURM_PROCID
  first=0
  count=$SLURM_NTASKS
else
  task=1
  first=1
  count=1
fi
if [ -n "${NEAP_SHARED-}" ]; then
  exec "$neap" "$@"
fi
exec "$neap" --shard "$(((task - first) / step + 1))/$count" "$@"
