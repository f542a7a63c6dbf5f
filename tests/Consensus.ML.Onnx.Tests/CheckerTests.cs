using Consensus.ML.Onnx.Tests.Models;
using Consensus.ML.Options;

namespace Consensus.ML.Onnx.Tests;

/// <summary>Writes a file of each kind of model for check.py, the checker of ONNX's own package.</summary>
public sealed class CheckerTests
{
    private const string FolderVariable = "CONSENSUS_ONNX_FOLDER";

    /// <summary>The folder that the variable names, or one that goes away.</summary>
    [Fact]
    public void A_file_of_each_kind_is_written()
    {
        string? asked = Environment.GetEnvironmentVariable(FolderVariable);
        string folder = asked ?? Directory.CreateTempSubdirectory("consensus-onnx-").FullName;
        Directory.CreateDirectory(folder);
        try
        {
            foreach (OnnxNoise noise in Enum.GetValues<OnnxNoise>())
            {
                foreach (TrainingTarget target in Enum.GetValues<TrainingTarget>())
                {
                    foreach (LevelConditioning levels in Enum.GetValues<LevelConditioning>())
                    {
                        using var saved = new SavedModel(
                            RandomModel.DiffusionManifest(RandomModel.Diffusion(16) with
                            {
                                Target = target, Network = RandomModel.Network(16) with { LevelConditioning = levels },
                            }),
                            noise, members: levels == LevelConditioning.Channels ? 1 : 2);
                        Keep(saved, $"{noise}-{target}-{levels}");
                    }
                }
            }

            using (SavedModel several = SavedModel.Diffusion(
                [new("core", 3, ["Ann", "Dr. B"]), new("rim", 2, [])], LevelConditioning.Channels))
            {
                Keep(several, "structures");
            }

            foreach (UNetKind kind in Enum.GetValues<UNetKind>().Where(
                kind => kind is not (UNetKind.MonteCarloDropout or UNetKind.FixedPoint)))
            {
                using SavedModel saved = SavedModel.OnePass(kind);
                Keep(saved, $"unet-{kind}");
            }

            Assert.Equal(27, Directory.GetFiles(folder, "*.onnx").Length);
        }
        finally
        {
            if (asked is null)
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        void Keep(SavedModel saved, string name) => File.Copy(saved.Path, Path.Combine(folder, $"{name}.onnx"), overwrite: true);
    }
}
