#!/bin/bash
#SBATCH --job-name=connbox-fleet
#SBATCH --array=1-8
#SBATCH --cpus-per-task=1
#SBATCH --mem=1G
#SBATCH --time=04:00:00
#SBATCH --output=connbox-%a.log
# connbox fleet as an array job:
#   id=$(sbatch --parsable --export=ALL,NIGHTS=/data/nights/2026-11-20,ROWS=/data/rows slurm.sh)
#   sbatch --dependency="afterok:$id" --wrap 'connbox fleet merge -o html:/data/rows/night.html -o none /data/rows/*.rows'
set -euo pipefail
: "${NIGHTS:?the folder of recordings}" "${ROWS:?the folder for rows}"
mkdir -p "$ROWS"
exec connbox fleet -q --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
	--cache "$ROWS/cache" -o "rows:$ROWS/$SLURM_ARRAY_TASK_ID.rows" -o none "$NIGHTS"
