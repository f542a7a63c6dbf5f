using System.CommandLine;
using Consensus.ML.Diffusion;
using Consensus.ML.Imaging;
using Consensus.ML.Networks;
using Microsoft.ML;

namespace Consensus.ML.Cli.Commands;

/// <summary><c>consensus predict</c>: images in; soft maps in the images' own geometry and pictures out.</summary>
internal static class PredictCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<string> model = SharedOptions.Model();
        var output = new Option<string>("--out") { Description = "Folder to write to: <case>_soft.nii.gz and <case>.png for each case.", HelpName = "DIR", Required = true };
        Option<int?> generations = SharedOptions.Generations("the model's own");
        Option<SamplerKind?> sampler = SharedOptions.Sampler();
        Option<int?> steps = SharedOptions.SamplingSteps();
        Option<int?> seed = SharedOptions.Seed("Seed of the sampling noise. Default: the model's own.");
        Option<string?> device = SharedOptions.Device();
        Option<Precision?> precision = SharedOptions.Precision("Number format of the heavy arithmetic while sampling. Default: the model's own.");
        Option<string> data = SharedOptions.Data(required: false);
        Option<QubiqTask?> task = SharedOptions.Task(required: false);
        Option<QubiqSplit?> split = SharedOptions.Split(QubiqSplit.Validation);
        Argument<string[]> files = new Argument<string[]>("FILE")
        {
            Description = "Images to segment. A case is named by its folder when the file is called image.*, else by the file.",
            Arity = ArgumentArity.ZeroOrMore,
        }.RefusingOptions();
        var command = new Command("predict", "Predict the soft maps of images, at their own size and geometry.")
        {
            model, output, generations, sampler, steps, seed, device, precision, data, task, split, files,
        };
        command.SetAction(parsed =>
        {
            string[] paths = parsed.GetValue(files) ?? [];
            string? root = parsed.GetValue(data);
            if (paths.Length > 0 == (root is not null))
            {
                throw new UsageException(root is null ? "There is nothing to predict: name image files, or give --data and --task." : "Name image files or give --data, not both.");
            }

            QubiqTask? chosen = parsed.GetValue(task);
            if (root is not null && chosen is null)
            {
                throw new UsageException("Option --data needs --task.");
            }

            string folder = parsed.Require(output!);
            LoadedModel.EnsureExists(parsed.Require(model!));
            Input[] inputs = root is null
                ? [.. paths.Select(path => new Input { Case = CaseName.Of(path), ImagePath = path })]
                : [.. CaseSource.Find(terminal, root, chosen!, parsed.GetValue(split) ?? QubiqSplit.Validation).Cases.Select(one => new Input { Case = one.Name, ImagePath = one.ImagePaths[0] })];
            EnsureDistinct(inputs);
            OutputPath.EnsureFolder(folder);
            EnsureReadable(inputs);

            using var interruption = new Interruption();
            MLContext ml = Session.Create(terminal, parsed.GetValue(device), null, CommandLine.IsDebugging(parsed));
            using LoadedModel loaded = LoadedModel.Read(ml, parsed.Require(model!));
            using LoadedModel sampled = loaded.WithSampling(parsed.GetValue(generations), parsed.GetValue(sampler), parsed.GetValue(steps), parsed.GetValue(seed), parsed.GetValue(precision));
            Predict(terminal, ml, sampled, inputs, folder);
            return ExitCode.Success;
        });
        return command;
    }

    private static void Predict(Terminal terminal, MLContext ml, LoadedModel model, Input[] inputs, string folder)
    {
        IDataView predicted = model.Model.Transform(ml.Data.LoadFromEnumerable(inputs));
        IDataView restored = ml.Transforms.RestoreSlices("NativeSoftMap", "SoftMap", "Image").Fit(predicted).Transform(predicted);
        DataViewSchema.Column imageColumn = restored.Schema["Image"], mapColumn = restored.Schema["NativeSoftMap"];
        using DataViewRowCursor cursor = restored.GetRowCursor([imageColumn, mapColumn]);
        ValueGetter<Slice> imageGetter = cursor.GetGetter<Slice>(imageColumn), mapGetter = cursor.GetGetter<Slice>(mapColumn);
        foreach (Input input in inputs)
        {
            cursor.MoveNext();
            Slice image = null!, map = null!;
            mapGetter(ref map);
            imageGetter(ref image);
            string mapPath = Path.Combine(folder, $"{input.Case}_soft.nii.gz"), picturePath = Path.Combine(folder, $"{input.Case}.png");
            RgbImage picture = SliceOverlay.Draw(image, map.Pixels);
            Interruption.Write(() =>
            {
                NiftiFile.WriteSlice(mapPath, map, geometryFrom: input.ImagePath);
                picture.SavePng(picturePath);
            });
            terminal.Out.WriteLine($"{input.Case}: {map.Height}×{map.Width}, {map.Pixels.Count(value => value > 0.5f)} pixels above one half → {mapPath}, {picturePath}");
        }
    }

    private static void EnsureDistinct(Input[] inputs)
    {
        // Two names that differ in case only are one file on the systems that say so.
        StringComparer comparer = OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;
        if (inputs.GroupBy(input => input.Case, comparer).FirstOrDefault(group => group.Skip(1).Any()) is { } twice)
        {
            throw new UsageException($"Two inputs are called '{twice.Key}', and one would overwrite the other: {string.Join(" and ", twice.Take(2).Select(input => $"'{input.ImagePath}'"))}.");
        }
    }

    /// <summary>Reads every image once before any is sampled, which takes longer by far.</summary>
    private static void EnsureReadable(Input[] inputs)
    {
        foreach (Input input in inputs)
        {
            _ = SliceReader.Read(input.ImagePath);
        }
    }

    /// <summary>A row of the data that is predicted on.</summary>
    internal sealed class Input
    {
        public string Case { get; set; } = "";

        public string ImagePath { get; set; } = "";
    }
}
