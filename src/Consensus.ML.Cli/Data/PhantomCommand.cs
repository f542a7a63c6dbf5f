using System.CommandLine;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Datasets;
using Consensus.ML.Datasets.Phantom;

namespace Consensus.ML.Cli.Data;

/// <summary><c>consensus phantom</c>: makes an artificial data set, to try everything with.</summary>
internal static class PhantomCommand
{
    // As in the kidney set: 20 cases to train on, 4 to validate on.
    private const int DefaultCases = 24;
    private const int ValidationShare = 6;

    public static Command Create(Terminal terminal)
    {
        var output = new Option<string>("--out")
        {
            Description = "Folder to write to; the cases go to ROOT/<set>/train and ROOT/<set>/val.",
            HelpName = "ROOT",
            Required = true,
        };
        Option<QubiqTask?> task = Task();
        Option<int?> cases = OptionKinds.Whole(
            "--cases", "N", $"Number of cases; one in {ValidationShare} is for validation. Default {DefaultCases}.", 2, 9999);
        Option<int?> size = OptionKinds.Whole(
            "--size", "S", "Side of the slices, in pixels. Default: the size of the real set.", 16, 2048);
        Option<int?> seed = OptionKinds.Seed("The same seed gives the same files. Default 0.");
        var command = new CommandWithExamples(
            "phantom",
            "Make a data set of artificial organs, with raters who disagree in a realistic way.",
            "consensus phantom --out data --task kidney --cases 24 --seed 1")
        {
            output, task, cases, size, seed,
        };
        command.SetAction(parsed =>
        {
            string root = parsed.Require(output!);
            QubiqTask chosen = parsed.Require(task);
            int all = parsed.GetValue(cases) ?? DefaultCases;
            int validation = Math.Max(1, all / ValidationShare);
            OutputPath.EnsureFolder(root);
            using var interruption = new Interruption();
            Interruption.Write(() => Write(root, chosen, all - validation, validation, parsed.GetValue(seed) ?? 0, parsed.GetValue(size)));
            string set = Path.Combine(root, chosen.Folders[0]);
            terminal.Out.WriteLine(
                $"Wrote {all - validation} training cases to {Path.Combine(set, "train")} and {validation} for validation to "
                + $"{Path.Combine(set, "val")}, {chosen.Raters} raters each.");
            return ExitCode.Success;
        });
        return command;
    }

    private static Option<QubiqTask?> Task() => new("--task")
    {
        Description =
            $"Which of the challenge's tasks to imitate: {string.Join(", ", QubiqTask.All)}. A bare prostate or brain-tumor is task 1.",
        HelpName = "TASK",
        Required = true,
        CustomParser = result =>
        {
            try
            {
                return QubiqTask.Parse(result.Tokens.Single().Value);
            }
            catch (ArgumentException exception)
            {
                result.AddError(Failure.Describe(exception));
                return null;
            }
        },
    };

    /// <summary>
    /// Writes a set. A new set is written to a temporary folder, which is moved to its place when it is complete. Where the set's folder
    /// exists already (for example with another task), the files are written one by one.
    /// </summary>
    private static void Write(string root, QubiqTask task, int train, int validation, int seed, int? size)
    {
        string set = Path.Combine(root, task.Folders[0]);
        if (Directory.Exists(set))
        {
            PhantomDataset.Write(root, task, train, validation, seed, size);
            return;
        }

        bool isNew = !Directory.Exists(root);
        string draft = Path.Combine(root, $".consensus-{Guid.NewGuid():N}.tmp");
        try
        {
            PhantomDataset.Write(draft, task, train, validation, seed, size);
            Directory.Move(Path.Combine(draft, task.Folders[0]), set);
        }
        catch
        {
            Remove(draft, isNew ? root : null);
            throw;
        }

        Directory.Delete(draft, recursive: true);
    }

    private static void Remove(string draft, string? root)
    {
        try
        {
            if (Directory.Exists(draft))
            {
                Directory.Delete(draft, recursive: true);
            }

            if (root is not null && Directory.Exists(root))
            {
                Directory.Delete(root);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The first failure is reported, not this one.
        }
    }
}
