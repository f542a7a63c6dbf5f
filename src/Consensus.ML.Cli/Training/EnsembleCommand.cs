using System.CommandLine;
using System.Globalization;
using Consensus.Imaging.Storage;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Prediction;
using Consensus.ML.Cli.Shell;
using Microsoft.ML;

namespace Consensus.ML.Cli.Training;

/// <summary><c>consensus ensemble</c>: combines models that were trained alike into a model that averages their maps.</summary>
internal static class EnsembleCommand
{
    public static Command Create(Terminal terminal)
    {
        var output = new Option<string>("--out") { Description = "The model to write.", HelpName = "model.zip", Required = true };
        Argument<string[]> models = new Argument<string[]>("MODEL")
        {
            Description = "Models that 'consensus train' wrote with the same data and options and different --seed: two or more.",
            Arity = ArgumentArity.ZeroOrMore,
        }.RefusingOptions();
        var command = new CommandWithExamples(
            "ensemble",
            "Combine models that were trained alike with different seeds into one model, which averages their maps.",
            "consensus ensemble --out brain-growth.zip seed1.zip seed2.zip seed3.zip")
        {
            models, output,
        };
        command.SetAction(parsed =>
        {
            string[] paths = parsed.GetValue(models) ?? [];
            string path = parsed.Require(output!);
            if (paths.Length < 2)
            {
                throw new UsageException(
                    $"An ensemble is made of at least two models, but {paths.Length} {(paths.Length == 1 ? "was" : "were")} named.");
            }

            if (paths.FirstOrDefault(given => Path.GetFullPath(given) == Path.GetFullPath(path)) is { } member)
            {
                throw new UsageException($"--out {path} would replace '{member}', one of the models it is made of; give another name.");
            }

            OutputPath.EnsureFile(path);
            Array.ForEach(paths, LoadedModel.EnsureExists);
            using var interruption = new Interruption(
                _ => terminal.Complain("stopping (Ctrl-C again aborts at once)"));
            return interruption.Run(
                () => Combine(terminal, parsed, paths, path, interruption.Token), "Interrupted; no ensemble is written.");
        });
        return command;
    }

    private static int Combine(Terminal terminal, ParseResult parsed, string[] paths, string path, CancellationToken cancellation)
    {
        MLContext ml = Session.Create(terminal, "cpu", null, parsed.IsVerbose());
        var loaded = new List<LoadedModel>(paths.Length);
        try
        {
            foreach (string given in paths)
            {
                cancellation.ThrowIfCancellationRequested();
                loaded.Add(LoadedModel.Read(ml, given));
            }

            ITransformer together = ml.Segmentation.Ensemble(
                loaded.Select(given => given.Model), [.. paths.Select(given => $"'{given}'")]);
            using (together as IDisposable)
            {
                cancellation.ThrowIfCancellationRequested();
                Interruption.Write(() => AtomicFile.Write(path, stream => ml.Model.Save(together, loaded[0].InputSchema, stream)));
            }

            int members = loaded.Sum(given => given.Segmentation.Members);
            terminal.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"Wrote {path} ({new FileInfo(path).Length / 1e6:0.0} MB): an ensemble of {members} networks, which take "
                + $"{members} times as long as one."));
        }
        finally
        {
            loaded.ForEach(given => given.Dispose());
        }

        return ExitCode.Success;
    }
}
