#!/usr/bin/env bash
# Makes the kit: one file with everything that has to travel, without libtorch.
#
#   publish.sh OUT.tar.xz [DATA]     DATA has brain-growth in QUBIQ's layout; default ../shared/data beside the repository, if it is there
#   publish.sh --check FILE          whether a file is small enough to travel
set -euo pipefail
most=$((50 * 1000 * 1000))

check() {
  local bytes
  bytes=$(stat -c %s "$1")
  if [ "$bytes" -gt "$most" ]; then
    echo "$1 has $bytes bytes; at most $most may travel." >&2
    return 1
  fi

  echo "$1 has $bytes bytes, of at most $most."
}

if [ "${1:-}" = --check ]; then
  check "${2:?"which file?"}"
  exit
fi

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(realpath -m "${1:?"say what to write: publish.sh OUT.tar.xz [DATA]"}")
data=${2:-$here/../../../shared/data}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kit=$work/consensus-gpu
# TorchBackend=none: TorchSharp's own library travels, libtorch does not.
dotnet publish "$here" -c Release -r linux-x64 --self-contained -p:TorchBackend=none -p:DebugType=none -o "$kit" -v quiet

# Not needed there: symbols, documentation, debuggers' libraries, and ONNX Runtime (29 MB), which only 'predict' with an ONNX file uses.
rm -f "$kit"/*.pdb "$kit"/*.xml "$kit"/*.dbg "$kit"/libonnxruntime*.so "$kit"/libmscordaccore.so "$kit"/libmscordbi.so "$kit"/createdump
if compgen -G "$kit/libtorch*" > /dev/null || compgen -G "$kit/libc10*" > /dev/null; then
  echo "libtorch is in $kit; it must not travel." >&2
  exit 1
fi

chmod +x "$kit/Consensus.ML.Gpu" "$kit/run.sh"
if [ -d "$data/brain-growth" ]; then
  mkdir -p "$kit/data"
  cp -r "$data/brain-growth" "$kit/data/"
  chmod -R u+w "$kit/data"
else
  echo "There is no $data/brain-growth: trainings there will take made-up data."
fi

mkdir -p "$(dirname "$out")"
tar -cf - -C "$work" consensus-gpu | xz -T0 -6 > "$work/kit.tar.xz"
check "$work/kit.tar.xz"
mv "$work/kit.tar.xz" "$out"
echo "Wrote $out. There: tar -xf $(basename "$out") && REF=… consensus-gpu/run.sh results.json"
