"""Checks every .onnx file of a folder with the checker of the onnx package, shapes and types included.

    pip install onnx
    CONSENSUS_ONNX_FOLDER=onnx-files dotnet test -c Release tests/Consensus.ML.Onnx.Tests --filter "FullyQualifiedName~CheckerTests"
    python tests/Consensus.ML.Onnx.Tests/check.py onnx-files
"""

import pathlib
import sys

import onnx

files = sorted(pathlib.Path(sys.argv[1]).glob("*.onnx"))
if not files:
    sys.exit(f"There are no .onnx files in '{sys.argv[1]}'.")
for file in files:
    model = onnx.load(file)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    print(f"{file.name}: valid, {len(model.graph.node)} nodes, opset {model.opset_import[0].version}, IR {model.ir_version}")
