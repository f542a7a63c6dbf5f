using System.CommandLine;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Shell;
using Consensus.ML.Options;
using Microsoft.ML;

namespace Consensus.ML.Cli.Prediction;

/// <summary><c>consensus export</c>: a model zip in; an ONNX file out, which runs without .NET and libtorch.</summary>
internal static class ExportCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<string> model = ModelArguments.Model();
        var output = new Option<string>("--out") { Description = "The ONNX file to write.", HelpName = "model.onnx", Required = true };
        Option<OnnxNoise?> noise = OptionKinds.Choice(
            "--noise",
            "constant (the file holds noise of --seed) or input (the graph has an input Noise; this library then gives the maps of "
            + "the zip, up to rounding, and any number of generations). Default: constant.",
            Spelling.List<OnnxNoise>());
        var sampling = new SamplingArguments();
        var command = new CommandWithExamples(
            "export",
            "Write a model as an ONNX file: from a slice as it was read to its maps, in one graph.",
            "consensus export --model brain-growth.zip --out brain-growth.onnx",
            "consensus export --model brain-growth.zip --out brain-growth.onnx --noise input --generations 8")
        {
            model, output, noise, sampling.Generations, sampling.Tolerance, sampling.Mirror, sampling.Sampler, sampling.Steps,
            sampling.Seed,
        };
        command.SetAction(parsed =>
        {
            string from = parsed.Require(model!), path = parsed.Require(output!);
            LoadedModel.EnsureExists(from);
            OutputPath.EnsureFile(path);
            if (Path.GetFullPath(from) == Path.GetFullPath(path))
            {
                throw new UsageException($"--out {path} would replace the model itself; give another name.");
            }

            using var interruption = new Interruption();
            MLContext ml = Session.Create(terminal, "cpu", null, parsed.IsVerbose());
            using LoadedModel loaded = LoadedModel.Read(ml, from);
            using LoadedModel sampled = loaded.WithSampling(
                sampling.Read(parsed, loaded.Segmentation) with { Precision = Precision.Float32 });
            Interruption.Write(() => sampled.Model.SaveOnnx(path, new() { Noise = parsed.GetValue(noise) ?? OnnxNoise.Constant }));
            terminal.Out.WriteLine(
                $"Wrote {path} ({Formats.Megabytes(new FileInfo(path).Length)}): {Formats.Describe(sampled.Segmentation)}.");
            return ExitCode.Success;
        });
        return command;
    }
}
