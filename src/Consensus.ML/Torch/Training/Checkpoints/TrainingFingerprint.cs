using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Consensus.Imaging.Augmentation;
using Consensus.ML.Options;
using Consensus.ML.Torch.Training.Batches;

namespace Consensus.ML.Torch.Training.Checkpoints;

/// <summary>
/// Everything that determines the weights at the end of a run. It shows whether a checkpoint belongs to another run, and how that differs.
/// </summary>
/// <param name="Settings">Every option by its name, such as Training.LearningRate, and its value as JSON.</param>
/// <param name="Cases">The training cases in their order.</param>
internal sealed record TrainingFingerprint(IReadOnlyDictionary<string, string> Settings, IReadOnlyList<CaseFingerprint> Cases)
{
    private const int MostDifferences = 3;

    /// <summary>The cases that choose the best weights; null if they are some of the training cases.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<CaseFingerprint>? Validation { get; init; }

    /// <summary>Computes the fingerprint of a run.</summary>
    /// <param name="description">The model, as a record.</param>
    /// <param name="options">
    /// The training options. The number of threads is left out: it changes rounding, and a run may move to another machine.
    /// </param>
    /// <param name="augmentation">Random changes of the samples.</param>
    /// <param name="padding">The values of pixels from outside the slice when it is moved.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="start">SHA-256 of the weights that training begins with; null for seeded weights.</param>
    /// <param name="cases">All training cases.</param>
    /// <param name="validation">The cases that choose the best weights; null if these are some of the training cases.</param>
    /// <param name="members">Number of networks that are trained side by side.</param>
    public static TrainingFingerprint Compute(
        object description,
        TrainingOptions options,
        AugmentationPolicy? augmentation,
        IReadOnlyList<float> padding,
        int seed,
        string? start,
        IReadOnlyList<TrainingCase> cases,
        IReadOnlyList<TrainingCase>? validation = null,
        int members = 1)
    {
        Dictionary<string, string> settings = OptionValues.Flatten(
            ("", description), ("Training", options), ("Augmentation", augmentation), ("Padding", padding), ("Seed", seed),
            ("StartFrom", start));
        settings.Remove($"Training.{nameof(options.Threads)}");

        // Checkpoints from before there were members, a validation set and groups do not name them.
        if (members > 1)
        {
            settings["Members"] = members.ToString(CultureInfo.InvariantCulture);
        }

        if (validation is not null)
        {
            settings["ValidationSet"] = string.Create(CultureInfo.InvariantCulture, $"{validation.Count} cases");
        }
        else if (Partition(cases) is { } groups)
        {
            settings["Groups"] = groups;
        }

        return new(settings, [.. cases.Select(CaseFingerprint.Compute)])
        {
            Validation = validation is null ? null : [.. validation.Select(CaseFingerprint.Compute)],
        };
    }

    /// <summary>How this run differs from the run of a checkpoint, in one line; null if they are the same.</summary>
    public string? DifferencesFrom(TrainingFingerprint checkpoint)
    {
        List<string> found =
        [
            .. OptionValues.Differences(Settings, checkpoint.Settings, defaults: OptionValues.Defaults),
            .. CaseDifferences(Cases, checkpoint.Cases, "trained on"),
            .. Validation is null || checkpoint.Validation is null
                ? []
                : CaseDifferences(Validation, checkpoint.Validation, "validated on"),
        ];
        return found.Count switch
        {
            0 => null,
            <= MostDifferences => string.Join("; ", found),
            _ => string.Create(
                CultureInfo.InvariantCulture,
                $"{string.Join("; ", found.Take(MostDifferences))}; and {found.Count - MostDifferences} more"),
        };
    }

    /// <summary>
    /// Which cases belong together, since whole groups are set aside: the number of groups and a hash of their members, without the groups'
    /// names. Null if each case is its own group.
    /// </summary>
    private static string? Partition(IReadOnlyList<TrainingCase> cases)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        int[] groups = [.. cases.Select(one => numbers.TryAdd(one.Group, numbers.Count) ? numbers.Count - 1 : numbers[one.Group])];
        return numbers.Count == cases.Count
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{numbers.Count} ({Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(groups.AsSpan())))[..8]})");
    }

    private static IEnumerable<string> CaseDifferences(
        IReadOnlyList<CaseFingerprint> cases,
        IReadOnlyList<CaseFingerprint> checkpoint,
        string used)
    {
        Dictionary<string, string> here = Named(cases), there = Named(checkpoint);
        string[] added = [.. here.Keys.Where(name => !there.ContainsKey(name))],
            removed = [.. there.Keys.Where(name => !here.ContainsKey(name))];
        string[] changed = [.. here.Keys.Where(name => there.TryGetValue(name, out string? hash) && hash != here[name])];
        if (changed.Length > 1 && changed.Length == here.Count)
        {
            yield return $"all {changed.Length} cases have other pixels here (their preparation may have changed)";
        }
        else
        {
            foreach (string name in changed)
            {
                yield return $"{name} has other pixels here";
            }
        }

        foreach (string name in removed)
        {
            yield return $"{name} was {used} there and is missing here";
        }

        foreach (string name in added)
        {
            yield return $"{name} is new here";
        }

        if (added.Length + removed.Length + changed.Length == 0 && !cases.SequenceEqual(checkpoint))
        {
            yield return "the cases come in another order here";
        }
    }

    /// <summary>Cases by name. If several have the same name, a number is added to the later ones.</summary>
    private static Dictionary<string, string> Named(IReadOnlyList<CaseFingerprint> cases)
    {
        var named = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (CaseFingerprint item in cases)
        {
            string name = item.Name;
            for (int number = 2; !named.TryAdd(name, item.Sha256); number++)
            {
                name = $"{item.Name} ({number})";
            }
        }

        return named;
    }
}

/// <summary>What identifies a training case.</summary>
/// <param name="Name">Its name, for messages.</param>
/// <param name="Sha256">SHA-256 of its prepared image, its masks and the rater of each mask.</param>
internal sealed record CaseFingerprint(string Name, string Sha256)
{
    public static CaseFingerprint Compute(TrainingCase item)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes(item.Features.AsSpan()));
        ReadOnlySpan<int> masks = [item.Masks.Raters, item.Masks.Height, item.Masks.Width, .. item.Raters];
        hash.AppendData(MemoryMarshal.AsBytes(masks));
        hash.AppendData(item.Masks.Unpack().Pixels);
        return new(item.Name, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
