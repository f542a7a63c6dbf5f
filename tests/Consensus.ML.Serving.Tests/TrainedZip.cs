using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.ML.Datasets;
using Consensus.ML.Datasets.Phantom;
using Consensus.ML.Options;
using Consensus.ML.Segmentation;
using Consensus.ML.Tests.Shared;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consensus.ML.Serving.Tests;

/// <summary>
/// A small model that was trained for two steps on discs, and saved, once for all tests. It has learnt next to nothing, so that its maps
/// are mostly noise: any change of the noise shows.
/// </summary>
public sealed class TrainedZip : IDisposable
{
    public const int Side = 16, Raters = 3;

    private readonly TemporaryFolder _folder = new();

    public TrainedZip()
    {
        var ml = new MLContext(seed: 5);
        IDataView train = ml.Data.LoadFromSlices([.. Enumerable.Range(1, 4).Select(number =>
            new SliceCase($"case {number}", Disc(number), Masks(number)))]);
        Train(ml, train, Options(), Path);
    }

    public string Path => _folder["model.zip"];

    /// <summary>Trains such a model on the two made-up tasks of the prostate, with six named raters each.</summary>
    /// <param name="folder">A folder for the cases.</param>
    /// <param name="model">The file to write.</param>
    /// <returns>The image of a case.</returns>
    public static string TrainOnProstate(string folder, string model)
    {
        var ml = new MLContext(seed: 5);
        QubiqTask[] tasks = [QubiqTask.Prostate1, QubiqTask.Prostate2];
        foreach (QubiqTask task in tasks)
        {
            PhantomDataset.Write(folder, task, trainCases: 3, validationCases: 0, seed: 2, size: 20);
        }

        IDataView train = ml.Data.LoadFromQubiq(folder, tasks, QubiqSplit.Train);
        ConsensusSegmentationEstimator.Options options = Options();
        (options.Structures, options.NamedRaters) = ([.. tasks.Select(task => task.Name)], true);
        Train(ml, train, options, model);
        return train.GetColumn<string>("ImagePath").First();
    }

    /// <summary>A bright disc on a grey ground.</summary>
    public static Slice Disc(int number, int height = 20, int width = 20, SliceGeometry? geometry = null)
    {
        IEnumerable<int> pixels = Enumerable.Range(0, height * width);
        return new(1, height, width, [.. pixels.Select(at => IsInside(number, at, width, 5) ? 200f + (at % 7) : 50 + (at % 5))], geometry);
    }

    public void Dispose() => _folder.Dispose();

    private static ConsensusSegmentationEstimator.Options Options() => new()
    {
        Network = SmallNetwork.Options,
        Diffusion = new() { Steps = 8 },
        Training = new() { Steps = 2, BatchSize = 2, Validations = 1, ValidationFraction = 0.25, Threads = 1 },
        Sampling = new() { Generations = 2, Sampler = SamplerKind.Ddpm },
    };

    private static void Train(MLContext ml, IDataView cases, ConsensusSegmentationEstimator.Options options, string path)
    {
        var pipeline = ml.Transforms.LoadSlices("Image", "ImagePath")
            .Append(ml.Transforms.NormalizeSlices("Image"))
            .Append(ml.Transforms.ResizeSlices("Features", "Image", height: Side, width: Side))
            .Append(ml.Transforms.ConsensusSegment(options));
        using var model = pipeline.Fit(cases);
        ml.Model.Save(model, cases.Schema, path);
    }

    private static RaterMasks Masks(int number) => new(Raters, 20, 20, [
        .. Enumerable.Range(0, Raters * 400).Select(at => IsInside(number, at % 400, 20, 4 + (at / 400)) ? (byte)1 : (byte)0),
    ]);

    private static bool IsInside(int number, int at, int width, int radius)
    {
        int row = (at / width) - 8 - (number % 3), column = (at % width) - 10 + (number % 2);
        return (row * row) + (column * column) < radius * radius;
    }
}
