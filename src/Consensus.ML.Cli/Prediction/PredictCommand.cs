using System.CommandLine;
using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Pictures;
using Consensus.Imaging.Storage;
using Consensus.ML.Cli.Data;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Datasets;
using Microsoft.ML;

namespace Consensus.ML.Cli.Prediction;

/// <summary><c>consensus predict</c>: predicts the soft maps of images, in the geometry of the images, and draws pictures.</summary>
internal static class PredictCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<string> model = ModelArguments.Model();
        var output = new Option<string>("--out")
        {
            Description = "Folder to write to: <case>_soft.nii.gz (<case>_soft.tif for pictures) and <case>.png for each case.",
            HelpName = "DIR",
            Required = true,
        };
        var sampling = new SamplingArguments();
        Option<string?> device = DeviceOption.Create();
        var data = new DataOptions(QubiqSplit.Validation, required: false);
        Option<int?> axis = OptionKinds.Choice<int>(
            "--axis",
            "The axis of the stored array along which volumes are cut; the predicted slices are put back into a volume. "
            + "Default: the axis of the model's training volumes, or 2. When given, images with 2 to 8 "
            + "slices are volumes too, not channels.",
            ("0", 0), ("1", 1), ("2", 2));
        Argument<string[]> files = new Argument<string[]>("FILE")
        {
            Description = "Images or volumes to segment. A case has the name of its folder if the file is called image.*, otherwise the "
                + "name of the file.",
            Arity = ArgumentArity.ZeroOrMore,
        }.RefusingOptions();
        var command = new CommandWithExamples(
            "predict",
            "Predict the soft maps of images, at their own size and geometry.",
            "consensus predict --model brain-growth.zip --out maps patient7/image.nii.gz patient8/image.nii.gz",
            "consensus predict --model brain-growth.zip --out maps --data QUBIQ --task brain-growth --split val")
        {
            model, output, sampling.Generations, sampling.Tolerance, sampling.Mirror, sampling.Sampler, sampling.Steps, sampling.Seed,
            sampling.Precision, device, axis, data.Data, data.Task, data.Split, files,
        };
        command.SetAction(parsed =>
        {
            string[] paths = parsed.GetValue(files) ?? [];
            bool hasData = data.IsGiven(parsed);
            if (paths.Length > 0 == hasData)
            {
                throw new UsageException(hasData
                    ? "Name image files or give --data, not both."
                    : "There is nothing to predict: name image files, or give --data and --task.");
            }

            string folder = parsed.Require(output!);
            LoadedModel.EnsureExists(parsed.Require(model!));
            IReadOnlyList<RaterCase> cases = hasData
                ? data.ListImages(terminal, parsed)
                : [.. paths.Select(path => new RaterCase(CaseName.FromPath(path), path, []))];
            EnsureNamed(cases);
            EnsureDistinct(cases);
            EnsureKept(cases, folder);
            int? asked = parsed.GetValue(axis);
            using var interruption = new Interruption();
            (MLContext ml, LoadedModel loaded) = LoadedModel.Open(
                terminal, parsed.Require(model!), parsed.GetValue(device), parsed.IsVerbose());
            using LoadedModel owned = loaded;
            EnsureAxis(asked, loaded.Segmentation.VolumeAxes);
            PredictionInput[] inputs = [.. cases.Select(raterCase => PredictionInput.FromCase(raterCase, asked, loaded.Segmentation))];
            OutputPath.EnsureFolder(folder);
            foreach (PredictionInput input in inputs)
            {
                // All files are read once before the first prediction, which takes much longer. So a damaged file is found early.
                input.EnsureReadable();
            }

            PrintAxis(terminal, asked, loaded.Segmentation.VolumeAxes, inputs);
            using LoadedModel sampled = loaded.WithSampling(sampling.Read(parsed, loaded.Segmentation));
            Predict(terminal, ml, sampled, inputs, folder);
            return ExitCode.Success;
        });
        return command;
    }

    private static void Predict(Terminal terminal, MLContext ml, LoadedModel model, PredictionInput[] inputs, string folder)
    {
        IDataView predicted = model.Model.Transform(ml.Data.LoadFromCases(inputs.SelectMany(input => input.Slices)));
        IDataView restored = ml.Transforms.RestoreSlices("NativeSoftMap", "SoftMap", "Image").Fit(predicted).Transform(predicted);
        DataViewSchema.Column imageColumn = restored.Schema["Image"], mapColumn = restored.Schema["NativeSoftMap"];
        using DataViewRowCursor cursor = restored.GetRowCursor([imageColumn, mapColumn]);
        ValueGetter<Slice> imageGetter = cursor.GetGetter<Slice>(imageColumn), mapGetter = cursor.GetGetter<Slice>(mapColumn);
        foreach (PredictionInput input in inputs)
        {
            // For a volume, the picture shows the slice with the largest predicted area.
            var maps = new List<Slice>(input.Slices.Count);
            Slice? shown = null;
            int best = 0;
            for (int slice = 0; slice < input.Slices.Count; slice++)
            {
                cursor.MoveNext();
                Slice image = null!, map = null!;
                mapGetter(ref map);
                imageGetter(ref image);
                maps.Add(map);
                if (shown is null || (Area(map), map.Pixels.Sum()).CompareTo((Area(maps[best]), maps[best].Pixels.Sum())) > 0)
                {
                    (shown, best) = (image, slice);
                }
            }

            var mapFile = MapFile.ForCase(folder, input.Case);
            string picturePath = PictureOf(folder, input.Case);
            RgbImage picture = SliceOverlay.Draw(shown!, maps[best].Pixels);
            Interruption.Write(() =>
            {
                mapFile.Write(maps, input.Axis);
                picture.SavePng(picturePath);
            });
            string what = input.Axis is { } axis
                ? $"{maps.Count} slices of {maps[0].Height}×{maps[0].Width} along axis {axis}, {maps.Sum(map => (long)Area(map))} voxels "
                    + $"above one half, most in slice {best}"
                : $"{maps[0].Height}×{maps[0].Width}{(input.LiesAlong is { } lies ? $", one slice along axis {lies}" : "")}, "
                    + $"{Area(maps[0])} pixels above one half";
            terminal.Out.WriteLine($"{input.Name}: {what} → {mapFile.Path}, {picturePath}");
        }
    }

    /// <summary>Refuses an axis that the model was not trained on: it has never seen such slices.</summary>
    private static void EnsureAxis(int? asked, IReadOnlyList<int> trained)
    {
        if (asked is { } axis && trained.Count > 0 && !trained.Contains(axis))
        {
            throw new UsageException(
                $"--axis is {axis}, but the model was trained on slices along axis {string.Join(" and ", trained)} of their volumes.");
        }
    }

    /// <summary>Prints once along which axis volumes are cut, if the user has not given it.</summary>
    private static void PrintAxis(Terminal terminal, int? asked, IReadOnlyList<int> trained, PredictionInput[] inputs)
    {
        if (asked is null && inputs.FirstOrDefault(input => input.Axis is not null) is { } volume)
        {
            terminal.Out.WriteLine(trained.Count > 0
                ? $"Volumes are cut along axis {volume.Axis}, like the volumes that the model was trained on"
                : $"Volumes are cut along axis {volume.Axis}: the model was trained on single slices, or did not record the axis; "
                    + "--axis chooses another");
        }
    }

    private static int Area(Slice map) => map.Pixels.Count(value => value > 0.5f);

    /// <summary>
    /// Refuses, before anything is predicted, names of cases that cannot be names of files: the results have these names.
    /// </summary>
    private static void EnsureNamed(IReadOnlyList<RaterCase> inputs)
    {
        if (inputs.FirstOrDefault(input => CaseName.ProblemAsFile(input.Name) is not null) is { } unnamed)
        {
            throw new UsageException(
                $"Case '{NameText.Printable(unnamed.Name)}' has a name that {CaseName.ProblemAsFile(unnamed.Name)}; "
                + "its results could not be written to files of that name: rename it.");
        }
    }

    private static void EnsureDistinct(IReadOnlyList<RaterCase> inputs)
    {
        // Where file names ignore upper and lower case, two names that differ only in case are the same file.
        StringComparer comparer = OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;
        if (inputs.GroupBy(input => input.Name, comparer).FirstOrDefault(group => group.Skip(1).Any()) is { } twice)
        {
            throw new UsageException(
                $"Two inputs are called '{twice.Key}', and one would overwrite the other: "
                + $"{string.Join(" and ", twice.Take(2).Select(input => $"'{input.ImagePaths[0]}'"))}.");
        }
    }

    /// <summary>Refuses to replace an input image by the picture of its prediction.</summary>
    private static void EnsureKept(IReadOnlyList<RaterCase> inputs, string folder)
    {
        StringComparer comparer = OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;
        var images = inputs.SelectMany(input => input.ImagePaths)
            .Select(path => Path.GetFullPath(SliceAddress.Parse(path).Path))
            .ToHashSet(comparer);
        if (inputs.FirstOrDefault(input => images.Contains(Path.GetFullPath(PictureOf(folder, input)))) is { } overwriting)
        {
            throw new UsageException(
                $"The picture of case '{overwriting.Name}' would overwrite the image '{PictureOf(folder, overwriting)}': "
                + "choose another folder with --out.");
        }
    }

    private static string PictureOf(string folder, RaterCase input) => Path.Combine(folder, $"{input.Name}.png");
}
