using System.CommandLine;
using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Pictures;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Datasets;
using Spectre.Console;

namespace Consensus.ML.Cli.Data;

/// <summary><c>consensus inspect</c>: shows what a file, a case or a whole set holds, in numbers and in pictures.</summary>
internal static class InspectCommand
{
    private const string SeeHelp = "See 'consensus inspect --help'.";

    public static Command Create(Terminal terminal)
    {
        Argument<string?> subject = new Argument<string?>("CASE")
        {
            Description = "An image file (or a slice of a volume: scan.nii.gz#axis=2,slice=12), the folder of a case, "
                + "or with --data the name of a case.",
            Arity = ArgumentArity.ZeroOrOne,
        }.RefusingOptions();
        var data = new DataOptions(QubiqSplit.Train, required: false);
        var png = new Option<string?>("--png")
        {
            Description = "Draw a picture. For a case: each rater's outline and the soft map; with --data alone: contact "
                + "sheets of all cases (FILE, FILE-2, …).",
            HelpName = "FILE",
        };
        Option<int?> channel = OptionKinds.Whole(
            "--channel", "N", "The only channel to draw, from 0, in grey. Default: three channels in colour, otherwise the first.", 0,
            int.MaxValue);
        Option<int?> cases = OptionKinds.Whole(
            "--cases", "N", "The most cases on contact sheets: the first N in their order. Default: all.", 1, int.MaxValue);
        Option<ContactSheetOrder?> sort = OptionKinds.Choice(
            "--sort", "Order of the cases on contact sheets: case, or agreement (the lowest first). Default case.",
            ("case", ContactSheetOrder.Given), ("agreement", ContactSheetOrder.Agreement));
        var json = new Option<bool>("--json") { Description = "Print JSON instead of tables." };
        var command = new CommandWithExamples(
            "inspect",
            "Show what an image, a case or a set holds: shape, range and raters in numbers, outlines and soft maps in pictures.",
            "consensus inspect image.nii.gz",
            "consensus inspect QUBIQ/brain-growth/train/case01 --png case01.png",
            "consensus inspect case07 --data QUBIQ --task prostate-2 --split val --png case07.png",
            "consensus inspect --data QUBIQ --task brain-growth --sort agreement --png sheet.png")
        {
            subject, data.Data, data.Task, data.Split, png, channel, cases, sort, json,
        };
        command.SetAction(parsed =>
        {
            string? name = parsed.GetValue(subject), target = parsed.GetValue(png);
            bool asJson = parsed.GetValue(json),
                isCaseFolder = name is not null && parsed.GetValue(data.Data) is null && Directory.Exists(name);
            bool hasData = !isCaseFolder && data.IsGiven(parsed), isSheet = hasData && name is null;
            if (name is null && !(isSheet && target is not null))
            {
                throw new UsageException(
                    $"Name an image file or a case, or give --data and --png for a contact sheet of all cases. {SeeHelp}");
            }

            Refuse(parsed, channel, target is null, "needs --png");
            Refuse(parsed, cases, !isSheet, "is for contact sheets: --data without a case");
            Refuse(parsed, sort, !isSheet, "is for contact sheets: --data without a case");
            Refuse(parsed, json, isSheet, "describes a file or a case, not a contact sheet ('consensus raters' describes a set)");
            Refuse(parsed, data.Split, isCaseFolder, "needs --data");
            if (target is not null)
            {
                OutputPath.EnsureFile(target);
            }

            using var interruption = new Interruption();
            if (isSheet)
            {
                DrawSheets(terminal, data.ListCases(terminal, parsed, MissingRaters.Fraction), target!, new()
                {
                    Order = parsed.GetValue(sort) ?? ContactSheetOrder.Given,
                    Limit = parsed.GetValue(cases),
                    Channel = parsed.GetValue(channel),
                });
            }
            else if (isCaseFolder || hasData)
            {
                RaterCase raterCase = isCaseFolder
                    ? ReadFolder(name!, parsed.GetValue(data.Task))
                    : FindCase(data.ListCases(terminal, parsed, MissingRaters.Fraction), name!);
                InspectCase(terminal, raterCase, target, parsed.GetValue(channel), asJson);
            }
            else
            {
                InspectFile(terminal, name!, target, parsed.GetValue(channel), asJson);
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static void InspectFile(Terminal terminal, string path, string? target, int? channel, bool asJson)
    {
        bool isWholeFile = SliceAddress.Parse(path).Index is null;
        ImageFormat format = SliceReader.ReadFormat(path);
        var slice = new Lazy<Slice>(() => SliceReader.Read(path));
        RgbImage? picture = target is null
            ? null
            : RaterPicture.Draw(
                slice.Value, new() { Title = isWholeFile ? CaseName.FromPath(path) : Path.GetFileName(path), Channel = channel });
        if (isWholeFile && format == ImageFormat.Nifti)
        {
            var facts = new NiftiDescription(NiftiFile.ReadHeader(path), NiftiFile.ReadStatistics(path));
            Print(terminal, facts, facts.Table, asJson);
        }
        else
        {
            var facts = new SliceDescription(path, format, slice.Value);
            Print(terminal, facts, facts.Table, asJson);
        }

        Save(terminal, picture, target, quiet: asJson);
    }

    private static void InspectCase(Terminal terminal, RaterCase raterCase, string? target, int? channel, bool asJson)
    {
        foreach (string note in raterCase.CheckGrids())
        {
            terminal.Warn(note);
        }

        Slice image = raterCase.ReadImage();
        RaterMasks? masks = raterCase.AnnotationPaths.Count == 0 ? null : raterCase.ReadMasks();
        RaterPictureOptions options = new() { Title = raterCase.Name, Channel = channel, RaterNames = raterCase.RaterNames };
        RgbImage? picture = target is null ? null
            : masks is null ? RaterPicture.Draw(image, options)
            : RaterPicture.Draw(image, masks, options);
        var facts = new CaseDescription(raterCase, image, masks);
        Print(terminal, facts, facts.Table, asJson);
        Save(terminal, picture, target, quiet: asJson);
    }

    private static void DrawSheets(Terminal terminal, CaseSource source, string target, ContactSheetOptions options)
    {
        int number = 0;
        foreach (RgbImage sheet in ContactSheet.Draw(source.Cases, options with { Title = $"{source.Name}, {source.Split}" }))
        {
            number++;
            string path = number == 1 ? target : Path.Combine(
                Path.GetDirectoryName(target) ?? "", $"{Path.GetFileNameWithoutExtension(target)}-{number}{Path.GetExtension(target)}");
            Save(terminal, sheet, path, quiet: false);
        }
    }

    private static void Print<T>(Terminal terminal, T facts, Func<IEnumerable<Table>> tables, bool asJson)
    {
        if (asJson)
        {
            terminal.Out.WriteLine(JsonOutput.Text(facts));
            return;
        }

        foreach (Table table in tables())
        {
            terminal.Console.Write(table);
        }
    }

    private static void Save(Terminal terminal, RgbImage? picture, string? path, bool quiet)
    {
        if (picture is null || path is null)
        {
            return;
        }

        Interruption.Write(() => picture.SavePng(path));
        if (!quiet)
        {
            terminal.Out.WriteLine($"Wrote {path} ({picture.Width}×{picture.Height} pixels).");
        }
    }

    /// <summary>
    /// Reads the case in a folder. Masks in a folder have the number of a task; the name of a task ends in its number, and without a number
    /// it is task 1.
    /// </summary>
    private static RaterCase ReadFolder(string folder, string? task)
    {
        try
        {
            return QubiqDataset.ReadCase(folder, task is null
                ? null
                : int.TryParse(
                    task.AsSpan(task.LastIndexOfAny(['-', '_']) + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                ? number
                : 1);
        }
        catch (ArgumentException exception)
        {
            throw new UsageException(
                task is null ? $"{exception.Message.TrimEnd('.')} with --task, for example --task 1." : exception.Message);
        }
    }

    private static RaterCase FindCase(CaseSource source, string name)
    {
        const int MostNamed = 5;
        if (source.Cases.FirstOrDefault(raterCase => raterCase.Name == name) is { } found)
        {
            return found;
        }

        IEnumerable<string> nearest = source.Cases.Select(raterCase => raterCase.Name)
            .OrderBy(known => NameDistance.Between(known, name))
            .Take(MostNamed);
        throw new UsageException(
            $"'{name}' is not a {source.Split} case of {source.Name}; the nearest of its {source.Cases.Count} names: "
            + $"{string.Join(", ", nearest)}.");
    }

    private static void Refuse(ParseResult parsed, Option option, bool isOutOfPlace, string reason)
    {
        if (isOutOfPlace && parsed.GetResult(option) is { Implicit: false })
        {
            throw new UsageException($"Option {option.Name} {reason}.");
        }
    }
}
