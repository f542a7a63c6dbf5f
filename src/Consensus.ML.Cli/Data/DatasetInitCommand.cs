using System.CommandLine;
using Consensus.Imaging;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Datasets;

namespace Consensus.ML.Cli.Data;

/// <summary><c>consensus dataset init</c>: writes a manifest for the files in a folder.</summary>
internal static class DatasetInitCommand
{
    public static Command Create(Terminal terminal)
    {
        var data = new Option<string>("--data")
        {
            Description = "The folder of the set: in QUBIQ's layout, or any files with --images and --masks.",
            HelpName = "ROOT",
            Required = true,
        };
        var task = new Option<string?>("--task")
        {
            Description = "Which task of a folder in QUBIQ's layout. Default: the only one.",
            HelpName = "TASK",
        };
        var images = new Option<string?>("--images")
        {
            Description = "The paths of images in ROOT, for example images/{case}.png. {case} is needed; {channel}, {split} and {group} "
                + "(or {patient}: cases that are kept together) are allowed; * is any part of a name, ** any folders.",
            HelpName = "PATTERN",
        };
        var masks = new Option<string?>("--masks")
        {
            Description =
                "The paths of masks, for example masks/{case}_{rater}.png. {case} and {rater} are needed, {split} and {group} are allowed.",
            HelpName = "PATTERN",
        };
        var name = new Option<string?>("--name")
        {
            Description = "The name of the set, for reports. Default: the name of the task or the folder.",
            HelpName = "NAME",
        };
        Option<double?> fraction = Fraction();
        Option<int?> seed = OptionKinds.Seed("Chooses the cases of --validation-fraction. Default 0.");
        var output = new Option<string?>("--out")
        {
            Description = $"The manifest to write. Default: {DatasetManifest.FileName} in ROOT.",
            HelpName = "FILE",
        };
        var force = new Option<bool>("--force") { Description = "Replace an existing manifest." };
        var json = new Option<bool>("--json") { Description = "Print what was written as JSON." };
        var command = new CommandWithExamples(
            "init",
            "Write a manifest that describes a set. It looks only at the names of the files.",
            "consensus dataset init --data QUBIQ --task brain-growth --out brain-growth.json",
            "consensus dataset init --data retina --images images/{case}.jpg --masks masks/{case}_{rater}.png --validation-fraction 0.2")
        {
            data, task, images, masks, name, fraction, seed, output, force, json,
        };
        command.SetAction(parsed =>
        {
            string root = parsed.Require(data!);
            string path = parsed.GetValue(output) ?? Path.Combine(root, DatasetManifest.FileName);
            ManifestDraft draft = Draft(root, parsed.GetValue(task), parsed.GetValue(images), parsed.GetValue(masks));
            if (parsed.GetValue(name) is { Length: > 0 } called)
            {
                draft = draft with { Manifest = draft.Manifest with { Name = called } };
            }

            if (parsed.GetValue(fraction) is { } share)
            {
                draft = draft.WithValidation(share, parsed.GetValue(seed) ?? 0);
            }

            if (File.Exists(path) && !parsed.GetValue(force))
            {
                throw new IOException($"'{path}' is there already: give --force to replace it, or --out to write elsewhere.");
            }

            OutputPath.EnsureFile(path);
            using var interruption = new Interruption();
            Interruption.Write(() => draft.Manifest.Write(path));
            foreach (string warning in draft.Warnings)
            {
                terminal.Warn(warning);
            }

            Report(terminal, path, draft, parsed.GetValue(json));
            return ExitCode.Success;
        });
        return command;
    }

    private static ManifestDraft Draft(string root, string? task, string? images, string? masks)
    {
        if (images is null != masks is null || (images is not null && task is not null))
        {
            throw new UsageException(task is null
                ? "--images and --masks belong together: give both, or neither for a set in QUBIQ's layout."
                : "--task belongs to a set in QUBIQ's layout; leave it out with --images and --masks.");
        }

        try
        {
            return images is null
                ? ManifestDraft.FromQubiq(root, QubiqDataset.FindTask(root, task))
                : ManifestDraft.FromPatterns(root, images, masks!);
        }
        catch (ArgumentException exception)
        {
            throw new UsageException(
                $"{Failure.Describe(exception).TrimEnd('.')}."
                + $"{(images is null && task is null ? " For another layout, say where its files are with --images and --masks." : "")}");
        }
    }

    private static void Report(Terminal terminal, string path, ManifestDraft draft, bool json)
    {
        DatasetManifest manifest = draft.Manifest;
        (string? Name, int Cases)[] splits =
        [
            .. manifest.Cases.GroupBy(listed => listed.Split).Select(split => (split.Key, split.Count())),
        ];
        if (json)
        {
            terminal.Out.WriteLine(JsonOutput.Text(new
            {
                File = path,
                manifest.Name,
                Cases = manifest.Cases.Count,
                Splits = splits.Select(split => new { split.Name, split.Cases }),
                manifest.Channels,
                manifest.Raters,
                manifest.Levels,
                Groups = manifest.Cases.Select(listed => listed.Group).OfType<string>().Distinct(StringComparer.Ordinal).Count(),
                draft.Warnings,
            }));
            return;
        }

        int groups = manifest.Cases.Select(listed => listed.Group ?? listed.Name).Distinct(StringComparer.Ordinal).Count();
        string cases = string.Join(
            ", ", splits.Select(split => split.Name is null ? Count(split.Cases) : $"{split.Name} {Count(split.Cases)}"));
        string grouped = manifest.Cases.Any(listed => listed.Group is not null) ? $" of {Formats.Groups(groups)}" : "";
        terminal.Out.WriteLine(
            $"Wrote {path}: {manifest.Name}, {cases}{grouped}; raters {string.Join(", ", manifest.Raters)}"
            + $"{(manifest.Channels.Count > 0 ? $"; channels {string.Join(", ", manifest.Channels)}" : "")}"
            + $"{(manifest.Volume is { } volume ? $"; volumes, cut along {Axis(volume)}" : "")}.");
        terminal.Out.WriteLine($"Check it with: consensus dataset check --data {path}");

        static string Count(int count) => count == 1 ? "1 case" : $"{count} cases";

        static string Axis(VolumeSlicing volume) =>
            volume.Axis is { } axis ? $"axis {axis}" : $"the axis of length 1, else axis {SliceAddress.DefaultAxis}";
    }

    private static Option<double?> Fraction() => new("--validation-fraction")
    {
        Description = "Put this share of the cases, chosen at random in whole groups, into split val and the others into train. "
            + "Above 0 and below 1. Default: no splits, unless {split} names them.",
        HelpName = "F",
        CustomParser = result =>
        {
            string given = result.Tokens.Single().Value;
            if (Numbers.TryParse(given, out double value) && value is > 0 and < 1)
            {
                return value;
            }

            result.AddError($"'{given}' is not a value of --validation-fraction; it must be a number above 0 and below 1");
            return null;
        },
    };
}
