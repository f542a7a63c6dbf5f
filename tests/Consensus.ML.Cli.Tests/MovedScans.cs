using Consensus.Imaging;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Cli.Tests;

/// <summary>
/// A small model that is part of the repository, and images of its kind that differ. Unlike a model after a few steps, it gives another map
/// for another image.
/// </summary>
internal static class MovedScans
{
    private static readonly string Models = Path.Combine(RepositoryFolder.Find(), "tests", "Consensus.ML.Api.Tests", "Models");

    public static string Model { get; } = Path.Combine(Models, "consensus-channels.zip");

    public static string Scan { get; } = Path.Combine(Models, "scan.nii.gz");

    /// <summary>Writes images case0, case1, …: <see cref="Scan"/> with its pixels moved. Returns their paths.</summary>
    public static string[] Write(string folder, int count)
    {
        Slice image = SliceReader.Read(Scan);
        Directory.CreateDirectory(folder);
        string[] paths = [.. Enumerable.Range(0, count).Select(number => Path.Combine(folder, $"case{number}.nii.gz"))];
        for (int number = 0; number < count; number++)
        {
            float[] pixels = [.. image.Pixels.Skip(number * 7), .. image.Pixels.Take(number * 7)];
            NiftiFile.WriteSlice(paths[number], new Slice(1, image.Height, image.Width, pixels, image.Geometry));
        }

        return paths;
    }
}
