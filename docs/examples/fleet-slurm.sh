#!/usr/bin/env bash
# A fleet on Slurm: the scheduler on the first node, a worker on each node, and a run on all of them.
#
#   tlsbench fleet certs                  # once; your home is the same on all nodes
#   sbatch fleet-slurm.sh key=rsa-2048,ecdsa-secp256r1
#
#SBATCH --job-name=tlsbench-fleet
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --exclusive
#SBATCH --time=00:30:00
set -euo pipefail

certs=${TLSBENCH_FLEET_CERTS:-${XDG_CONFIG_HOME:-$HOME/.config}/tlsbench/fleet}
port=8786
host=$(hostname -f)
tls() { printf '%s\n' --protocol tls --tls-ca-file "$certs/root.pem" --tls-cert "$certs/$1.pem" --tls-key "$certs/$1.pem"; }

# No dashboard, and what is left of its server listens on loopback only.
no_pages=(--no-dashboard --dashboard-address 127.0.0.1:0)
mapfile -t of_scheduler < <(tls scheduler)
mapfile -t of_worker < <(tls worker)
python3 -m distributed.cli.dask_scheduler --port "$port" "${no_pages[@]}" "${of_scheduler[@]}" &
scheduler=$!
srun --ntasks-per-node=1 bash -c 'exec python3 -m distributed.cli.dask_worker "$@" --name "$SLURMD_NODENAME"' worker \
    "tls://$host:$port" "${of_worker[@]}" --nthreads 1 --nworkers 1 --no-nanny "${no_pages[@]}" \
    --memory-limit 0 --resources tlsbench=1 --local-directory "${TMPDIR:-/tmp}" &
workers=$!
trap 'kill "$workers" "$scheduler" 2>/dev/null || true' EXIT

# Until all have come: doctor says how many there are.
until [ "$(tlsbench fleet doctor --scheduler "tls://$host:$port" --certs "$certs" --json -q |
    python3 -c 'import json, sys; print(len(json.load(sys.stdin)["machines"]))')" = "$SLURM_NNODES" ]; do
    sleep 2
done
tlsbench fleet run --scheduler "tls://$host:$port" --certs "$certs" --folder machines --json fleet.json -q "$@"
