#!/usr/bin/env bash
# Runs the kit on this machine, with the libtorch of its PyTorch.
#
#   run.sh RESULTS.json [SECONDS]
#
# Environment: REF is a folder with the published code (it contains improved_diffusion); PYTHON a Python with torch (default python3);
# TORCH a folder with libtorch, in place of PyTorch's; DEVICE cuda (default), cuda:N or cpu. Needs Linux x64 and no .NET.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:?"say where to write the results: run.sh RESULTS.json [SECONDS]"}
python=${PYTHON:-python3}
if [ -z "${TORCH:-}" ]; then
  TORCH=$("$python" -c 'import os, torch; print(os.path.join(os.path.dirname(torch.__file__), "lib"))') || {
    echo "$python has no torch: set PYTHON or TORCH." >&2
    exit 2
  }
fi

export CONSENSUS_LIBTORCH=$TORCH DOTNET_EnableDiagnostics=0
exec "$here/Consensus.ML.Gpu" run --out "$out" --seconds "${2:-560}" --device "${DEVICE:-cuda}" --data "$here/data" \
  --ref "${REF:-}" --python "$python" ${KIT_OPTIONS:-}
