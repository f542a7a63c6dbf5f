using System.Globalization;
using Consensus.ML.Options;
using Consensus.ML.Serving.Prediction;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Consensus.ML.Serving.Http;

/// <summary>Reads what a request asks for from its query: each option once, by a known name, with a value that is allowed.</summary>
internal static class MapQuery
{
    /// <summary>The names of all options with what they take and do, for the documentation and for messages.</summary>
    public static IReadOnlyList<QueryOption> All { get; } =
    [
        new(
            "maps",
            "Maps that are wanted, with commas between them: soft, levels, uncertainty, and raters of a model that draws named raters. "
            + "Default: soft."),
        new("structure", "The structure that is wanted, by its name; needed where the model segments several."),
        new("size", "native (as large as the image, in its place; the default) or model (as large as the model's slices)."),
        new("axis", "Axis that a volume is cut along: 0, 1 or 2. Default: as the model's training volumes were cut, else 2."),
        new("generations", "Maps sampled for each level; the prediction is their mean. Default: the model's own."),
        new("tolerance", "Stop once one more generation moves the mean map by less than this; 0 takes all. Default: the model's own."),
        new("mirror", "on or off: whether generations take turns at the image and its mirror images. Default: the model's own."),
        new("sampler", "ddpm, ddim or dpm-solver. Default: the model's own."),
        new("steps", "Diffusion steps that are taken, evenly spaced. Default: the model's own."),
        new("seed", "Seed of the sampling noise. Default: the model's own."),
        new("precision", "Number format: float32, bfloat16 or float16 (GPU only). Default: the model's own."),
    ];

    /// <summary>Reads the query of a request for maps.</summary>
    /// <param name="query">The query.</param>
    /// <param name="maximumGenerations">The most generations that the server allows.</param>
    /// <param name="model">The model.</param>
    /// <exception cref="Refusal">
    /// An option is unknown, is given twice, or has a value that is not allowed or that the model does not have.
    /// </exception>
    public static PredictionRequest Read(IQueryCollection query, int maximumGenerations, ServedModel model)
    {
        EnsureKnown(query, [.. All.Select(option => option.Name)]);
        MapKinds maps = Maps(Value(query, "maps"));
        return new()
        {
            Maps = maps,
            Structure = StructureOf(Value(query, "structure"), maps, model),
            Size = Choice(query, "size", Spelling.List<MapSize>()) ?? MapSize.Native,
            Axis = Whole(query, "axis", 0, 2),
            Generations = Whole(query, "generations", 1, maximumGenerations),
            Tolerance = Tolerance(Value(query, "tolerance")),
            Mirror = Choice<bool>(query, "mirror", [("on", true), ("off", false)]),
            Sampler = Choice(query, "sampler", Spelling.List<SamplerKind>()),
            Steps = Whole(query, "steps", 1, 4000),
            Seed = Whole(query, "seed", int.MinValue, int.MaxValue),
            Precision = Choice(query, "precision", Spelling.List<Precision>()),
        };
    }

    /// <summary>Reads the axis alone, of a request that only decodes an image.</summary>
    /// <exception cref="Refusal">There is another option, or a value that is not allowed.</exception>
    public static int? ReadAxis(IQueryCollection query)
    {
        EnsureKnown(query, ["axis"]);
        return Whole(query, "axis", 0, 2);
    }

    private static void EnsureKnown(IQueryCollection query, string[] known)
    {
        // A mistyped option that is passed over in silence would give other maps than were meant.
        if (query.Keys.FirstOrDefault(name => !known.Contains(name, StringComparer.Ordinal)) is { } unknown)
        {
            throw Wrong($"The query has an option '{Shorten(unknown)}', which is unknown; there are {string.Join(", ", known)}.");
        }
    }

    private static string? Value(IQueryCollection query, string name)
    {
        StringValues values = query[name];
        return values.Count switch
        {
            0 => null,
            1 => values[0],
            _ => throw Wrong($"The option '{name}' is given {values.Count} times; it may be given once."),
        };
    }

    private static MapKinds Maps(string? given)
    {
        if (given is null)
        {
            return MapKinds.Soft;
        }

        (string Text, MapKinds Value)[] choices =
        [
            ("soft", MapKinds.Soft), ("levels", MapKinds.Levels), ("uncertainty", MapKinds.Uncertainty), ("raters", MapKinds.Raters),
        ];
        MapKinds maps = MapKinds.None;
        foreach (string name in given.Split(',', StringSplitOptions.TrimEntries))
        {
            int at = Array.FindIndex(choices, choice => choice.Text == name);
            maps |= at >= 0
                ? choices[at].Value
                : throw Wrong(
                    $"'{Shorten(name)}' is not a value of 'maps'; there are soft, levels, uncertainty and raters, with commas between "
                    + "them.");
        }

        return maps;
    }

    private static double? Tolerance(string? given) => given is null ? null
        : double.TryParse(given, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value is >= 0 and <= 1 ? value
        : throw Wrong($"'{Shorten(given)}' is not a value of 'tolerance'; it must be a number from 0 to 1.");

    private static T? Choice<T>(IQueryCollection query, string name, (string Text, T Value)[] choices)
        where T : struct
    {
        if (Value(query, name) is not { } given)
        {
            return null;
        }

        int at = Array.FindIndex(choices, choice => choice.Text == given);
        return at >= 0
            ? choices[at].Value
            : throw Wrong(
                $"'{Shorten(given)}' is not a value of '{name}'; it must be one of "
                + $"{string.Join(", ", choices.Select(choice => choice.Text))}.");
    }

    private static int? Whole(IQueryCollection query, string name, int smallest, int largest)
    {
        if (Value(query, name) is not { } given)
        {
            return null;
        }

        return int.TryParse(given, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
            && value >= smallest && value <= largest
            ? value
            : throw Wrong(string.Create(
                CultureInfo.InvariantCulture,
                $"'{Shorten(given)}' is not a value of '{name}'; it must be a whole number from {smallest} to {largest}."));
    }

    private static ServedStructure StructureOf(string? given, MapKinds maps, ServedModel model)
    {
        string names = string.Join(", ", model.Structures.Select(one => one.Name));
        ServedStructure structure = given switch
        {
            null when model.Structures is [{ } only] => only,
            null => throw Wrong(
                $"The model segments {model.Structures.Count} structures: say with 'structure' which of them is wanted: {names}."),
            _ when model.Structures is [{ Name: "" }] => throw Wrong(
                "The option 'structure' is for models of named structures; this one has one without a name."),
            { } name => model.Structures.FirstOrDefault(one => one.Name == name)
                ?? throw Wrong($"'{Shorten(name)}' is not a value of 'structure'; it must be one of {names}."),
        };
        return maps.HasFlag(MapKinds.Raters) && structure.Raters.Count == 0
            ? throw Wrong("The model draws no named raters, so 'maps' may be soft, levels and uncertainty.")
            : structure;
    }

    private static Refusal Wrong(string detail) => new(StatusCodes.Status400BadRequest, "bad-option", detail);

    /// <summary>What a client sent goes back into the message, but not all of a megabyte.</summary>
    private static string Shorten(string given)
    {
        const int most = 40;
        string text = new([.. given.Take(most).Select(letter => char.IsControl(letter) ? '?' : letter)]);
        return given.Length > most ? text + "…" : text;
    }
}

/// <summary>An option of a query.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it takes and does.</param>
internal sealed record QueryOption(string Name, string Description);
