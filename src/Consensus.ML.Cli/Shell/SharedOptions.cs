using System.CommandLine;
using System.Globalization;
using Consensus.Imaging.Augmentation;
using Consensus.Imaging.Labels;
using Consensus.ML.Cli.Output;
using Consensus.ML.Cli.Training;
using Consensus.ML.Options;

namespace Consensus.ML.Cli.Shell;

/// <summary>Options that several commands have in common. Each command gets its own copies.</summary>
internal static class SharedOptions
{
    public static Option<string> Model() => new("--model")
    {
        Description = "A model that 'consensus train' wrote.",
        HelpName = "model.zip",
        Required = true,
    };

    public static Option<MissingRaters?> MissingRaters(string kept) => Choice(
        "--missing-raters",
        "What is done with cases of another number of raters: drop leaves them out, as the paper does; fraction keeps them, "
        + $"{kept}. Default: as the manifest of the set says, else drop.",
        Spelling.List<MissingRaters>());

    /// <summary>How much training varies the cases.</summary>
    public static Option<AugmentationStrength?> Augmentation(string byDefault) => Choice(
        "--augmentation",
        "How training varies the cases: published (mirrored, turned, shifted, scaled) or strong (deformed, and with other grey values, "
        + $"as well). Default {byDefault}.",
        Spelling.List<AugmentationStrength>());

    /// <summary>The axes that training mirrors cases along.</summary>
    public static Option<MirrorAxes?> Mirror() => Choice(
        "--augment-mirror",
        "The axes of the stored slices that training mirrors cases along: none where left and right tell something; "
        + "columns (left and right of slices that stand upright), rows, or both. "
        + "The model remembers them, and averages over no other views. Default: by the task (kidney and prostate "
        + "columns, pancreas none, others both).",
        Spelling.List<MirrorAxes>());

    public static Option<int?> Threads() => Whole("--threads", "N",
        "CPU threads. Default: torch's own choice ('consensus info' says how many) or, where --minutes alone ends training, "
        + "as many of those as are free.",
        1, 4096);

    public static Option<int?> Seed(string description) => Whole("--seed", "S", description, int.MinValue, int.MaxValue);

    public static Option<string?> Device()
    {
        var option = new Option<string?>("--device")
        {
            Description = "Where to compute: cpu, cuda or cuda:N. Default: the first GPU where there is one, else the CPU "
                + "('consensus info' says which and why).",
            HelpName = "cpu|cuda[:N]",
        };
        option.Validators.Add(result =>
        {
            string value = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            bool known = value is "cpu" or "cuda"
                || (value.StartsWith("cuda:", StringComparison.Ordinal)
                    && int.TryParse(value.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out _));
            if (!known)
            {
                result.AddError($"Device '{value}' is unknown; it must be cpu, cuda or cuda:N with N the number of the GPU, from 0");
            }
        });
        return option;
    }

    public static Option<Precision?> Precision(string description) =>
        Choice("--precision", description, Spelling.List<Precision>());

    public static Option<LevelConditioning?> LevelConditioning(string theDefault) => Choice(
        "--level-conditioning",
        "How a diffusion model tells the levels apart: embedding (as published, a pass draws one level) or channels (a pass draws all of "
        + $"them). Default: {theDefault}.",
        Spelling.List<LevelConditioning>());

    public static Option<int?> PatchSize(string theDefault) => Choice(
        "--patch-size",
        "Side, in pixels, of the patches that the network takes for one pixel of many channels: "
        + $"1 as published, 2 for about a third of the time. Default: {theDefault}.",
        ("1", 1), ("2", 2), ("4", 4), ("8", 8));

    /// <summary>An option with a fixed list of values, which the help and the error show.</summary>
    public static Option<T?> Choice<T>(string name, string description, params (string Name, T Value)[] choices)
        where T : struct => new(name)
    {
        Description = description,
        HelpName = string.Join('|', choices.Select(choice => choice.Name)),
        CustomParser = result =>
        {
            string given = result.Tokens.Single().Value;
            int at = Array.FindIndex(choices, choice => choice.Name == given);
            if (at < 0)
            {
                result.AddError(
                    $"'{given}' is not a value of {name}; it must be one of {string.Join(", ", choices.Select(choice => choice.Name))}");
                return null;
            }

            return choices[at].Value;
        },
    };

    /// <summary>A whole number between two limits.</summary>
    public static Option<int?> Whole(string name, string symbol, string description, int smallest, int largest) => new(name)
    {
        Description = description,
        HelpName = symbol,
        CustomParser = result =>
        {
            string given = result.Tokens.Single().Value;
            if (int.TryParse(given, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
                && value >= smallest
                && value <= largest)
            {
                return value;
            }

            result.AddError($"'{given}' is not a value of {name}; it must be a whole number from {smallest} to {largest}");
            return null;
        },
    };

    /// <summary>The value of pixels without data.</summary>
    public static Option<float?> NoData() => new("--no-data")
    {
        Description = "Value of pixels without data, in the images' units, or nan: they are left out of normalisation, "
            + "here and in predictions of the model.",
        HelpName = "V|nan",
        CustomParser = result =>
        {
            string given = result.Tokens.Single().Value;
            if (given == "nan")
            {
                return float.NaN;
            }

            if (Numbers.TryParse(given, out double value) && float.IsFinite((float)value))
            {
                return (float)value;
            }

            result.AddError($"'{given}' is not a value of --no-data; it must be a number, such as -9999 or -3.4e38, or nan");
            return null;
        },
    };

    /// <summary>A limit of wall time.</summary>
    public static Option<double?> Minutes(string description) => new("--minutes")
    {
        Description = description,
        HelpName = "M",
        CustomParser = result =>
        {
            string given = result.Tokens.Single().Value;
            if (Numbers.TryParse(given, out double value) && value is > 0 and <= 1e6)
            {
                return value;
            }

            result.AddError($"'{given}' is not a value of --minutes; it must be a number above 0");
            return null;
        },
    };

    /// <summary>Makes sure that --size suits the network, before anything is read or computed.</summary>
    public static void EnsureSideFits(int side, NetworkOptions network)
    {
        int multiple = network.SideMultiple;
        if (side % multiple != 0)
        {
            int below = side / multiple * multiple, above = below + multiple;
            string patches = network.PatchSize is > 1 and int patch ? $"takes patches of {patch}×{patch} pixels and " : "";
            throw new UsageException(
                $"--size {side} does not fit the network, which {patches}halves the side {network.ChannelMultipliers.Count - 1} times: "
                + $"it must be a multiple of {multiple}, such as {(below > 0 ? $"{below} or " : "")}{above}.");
        }
    }

    /// <summary>Takes a mistyped option for what it is, where the parser would take it for a file.</summary>
    public static Argument<T> RefusingOptions<T>(this Argument<T> files)
    {
        files.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(token => token.Value.StartsWith('-')) is { } mistyped)
            {
                result.AddError($"Unrecognized option '{mistyped.Value}' (a file of that name is './{mistyped.Value}')");
            }
        });
        return files;
    }

    /// <summary>The value of an argument that the parser has made sure is there.</summary>
    public static T Require<T>(this ParseResult parsed, Argument<T> argument)
        where T : class => parsed.GetValue(argument) ?? throw new UsageException($"{argument.Name} is missing.");

    /// <summary>The value of an option that the parser has made sure is there.</summary>
    public static T Require<T>(this ParseResult parsed, Option<T?> option)
        where T : class => parsed.GetValue(option) ?? throw new UsageException($"Option {option.Name} is missing.");
}
