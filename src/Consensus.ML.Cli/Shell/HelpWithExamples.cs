using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Consensus.ML.Cli.Shell;

/// <summary>The ordinary help of a command, followed by lines that can be typed as they stand.</summary>
internal sealed class HelpWithExamples(HelpAction ordinary) : SynchronousCommandLineAction
{
    private static readonly Dictionary<string, string[]> Examples = new(StringComparer.Ordinal)
    {
        [""] =
        [
            "consensus phantom --out data --task brain-growth",
            "consensus train --data data --task brain-growth --minutes 5 --out model.zip",
            "consensus evaluate --model model.zip --data data --task brain-growth",
            "consensus predict --model model.zip --out maps data/brain-growth/val/case01/image.nii.gz",
        ],
        ["train"] =
        [
            "consensus train --data QUBIQ --task brain-growth --minutes 15 --out brain-growth.zip",
            "consensus train --data QUBIQ --task brain-growth --method level-unet --minutes 5 --out one-pass.zip",
            "consensus train --data QUBIQ --task kidney --steps 20000 --checkpoints run --resume --out kidney.zip",
            "consensus train --data QUBIQ --task kidney --preset paper --device cuda --precision bfloat16 --out kidney.zip",
        ],
        ["evaluate"] =
        [
            "consensus evaluate --model brain-growth.zip --data QUBIQ --task brain-growth --json report.json",
            "consensus evaluate --model brain-growth.zip --data QUBIQ --task brain-growth --sampler ddim "
            + "--sampling-steps 2 --generations 1",
        ],
        ["predict"] =
        [
            "consensus predict --model brain-growth.zip --out maps patient7/image.nii.gz patient8/image.nii.gz",
            "consensus predict --model brain-growth.zip --out maps --data QUBIQ --task brain-growth --split val",
        ],
        ["ensemble"] =
        [
            "consensus ensemble --out brain-growth.zip seed1.zip seed2.zip seed3.zip",
        ],
        ["study"] =
        [
            "consensus study --data QUBIQ --task brain-growth --minutes 15 --seeds 1,2,3 --out study",
            "consensus study --data QUBIQ --task brain-growth --minutes 15 --seeds 1,2,3 --methods "
            + "consensus,level-unet,mcd --resume --out study",
            "consensus study --data QUBIQ --task brain-growth --minutes 15 --seeds 1,2,3 --resume --device cuda:1 --out study",
            "consensus study --data retina/dataset.json --folds 5 --steps 2000 --methods all --out retina-study",
        ],
        ["inspect"] =
        [
            "consensus inspect image.nii.gz",
            "consensus inspect QUBIQ/brain-growth/train/case01 --png case01.png",
            "consensus inspect case07 --data QUBIQ --task prostate-2 --split val --png case07.png",
            "consensus inspect --data QUBIQ --task brain-growth --sort agreement --png sheet.png",
        ],
        ["raters"] =
        [
            "consensus raters --data QUBIQ --task brain-growth", "consensus raters --data QUBIQ --task prostate-2 --split val --json",
        ],
        ["init"] =
        [
            "consensus dataset init --data QUBIQ --task brain-growth --out brain-growth.json",
            "consensus dataset init --data retina --images images/{case}.jpg --masks masks/{case}_{rater}.png --validation-fraction 0.2",
        ],
        ["check"] =
        [
            "consensus dataset check --data QUBIQ --task brain-growth", "consensus dataset check --data retina/dataset.json --json",
        ],
        ["phantom"] = ["consensus phantom --out data --task kidney --cases 24 --seed 1"],
        ["info"] = ["consensus info"],
    };

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        int code = ordinary.Invoke(parseResult);
        Command command = parseResult.CommandResult.Command;
        if (Examples.TryGetValue(command is RootCommand ? "" : command.Name, out string[]? lines))
        {
            TextWriter output = parseResult.InvocationConfiguration.Output;
            output.WriteLine(lines.Length == 1 ? "Example:" : "Examples:");
            foreach (string line in lines)
            {
                output.WriteLine($"  {line}");
            }

            output.WriteLine();
        }

        return code;
    }
}
