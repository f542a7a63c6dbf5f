using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Consensus.ML.Imaging;
using Consensus.ML.Networks;

namespace Consensus.ML.Training;

/// <summary>All that decides the weights a run ends with, so that a checkpoint of another run is told apart, and by what.</summary>
/// <param name="Settings">Every option by its name, such as Training.LearningRate, and its value as JSON.</param>
/// <param name="Cases">The training cases in their order.</param>
internal sealed record TrainingFingerprint(IReadOnlyDictionary<string, string> Settings, IReadOnlyList<CaseFingerprint> Cases)
{
    private const int MostDifferences = 3;

    /// <summary>The fingerprint of a run.</summary>
    /// <param name="description">The model, as a record.</param>
    /// <param name="network">The shape of its network, which the description has as its member Network.</param>
    /// <param name="options">The training options. The number of threads is left out: it changes rounding, and a run may move to another machine.</param>
    /// <param name="augmentation">Random changes of the samples.</param>
    /// <param name="padding">What comes in from outside when a slice is moved.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="start">SHA-256 of the weights that training begins with; null for seeded ones.</param>
    /// <param name="cases">All cases.</param>
    public static TrainingFingerprint Of(
        object description, NetworkOptions network, TrainingOptions options, AugmentationPolicy? augmentation, IReadOnlyList<float> padding, int seed, string? start, IReadOnlyList<TrainingCase> cases)
    {
        Dictionary<string, string> settings = Training.Settings.Of(
            ("", description), ("Training", options), ("Augmentation", augmentation), ("Padding", padding), ("Seed", seed), ("StartFrom", start));
        settings.Remove($"Training.{nameof(options.Threads)}");

        // Checkpoints from before there was a choice do not name it.
        if (network.Conditioning == Conditioning.Encoder)
        {
            settings.Remove($"Network.{nameof(network.Conditioning)}");
        }

        if (network.LevelConditioning == LevelConditioning.Embedding)
        {
            settings.Remove($"Network.{nameof(network.LevelConditioning)}");
        }

        if (options.UpdateClipping is null)
        {
            settings.Remove($"Training.{nameof(options.UpdateClipping)}");
        }

        if (network.PatchSize == 1)
        {
            settings.Remove($"Network.{nameof(network.PatchSize)}");
        }

        return new(settings, [.. cases.Select(CaseFingerprint.Of)]);
    }

    /// <summary>What tells this run from the one that a checkpoint is of, in one line; null where they are the same.</summary>
    public string? DifferencesFrom(TrainingFingerprint checkpoint)
    {
        List<string> found = [.. Training.Settings.Differences(Settings, checkpoint.Settings), .. CaseDifferences(checkpoint.Cases)];
        return found.Count switch
        {
            0 => null,
            <= MostDifferences => string.Join("; ", found),
            _ => string.Create(CultureInfo.InvariantCulture, $"{string.Join("; ", found.Take(MostDifferences))}; and {found.Count - MostDifferences} more"),
        };
    }

    private IEnumerable<string> CaseDifferences(IReadOnlyList<CaseFingerprint> checkpoint)
    {
        Dictionary<string, string> here = Named(Cases), there = Named(checkpoint);
        string[] added = [.. here.Keys.Where(name => !there.ContainsKey(name))], removed = [.. there.Keys.Where(name => !here.ContainsKey(name))];
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
            yield return $"{name} was trained on there and is missing here";
        }

        foreach (string name in added)
        {
            yield return $"{name} is new here";
        }

        if (added.Length + removed.Length + changed.Length == 0 && !Cases.SequenceEqual(checkpoint))
        {
            yield return "the cases come in another order here";
        }
    }

    /// <summary>Cases by name; of those with one name, the later ones get a number.</summary>
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

/// <summary>One case.</summary>
/// <param name="Name">Its name, as messages have it.</param>
/// <param name="Sha256">Of its prepared image and its masks, with who drew each.</param>
internal sealed record CaseFingerprint(string Name, string Sha256)
{
    public static CaseFingerprint Of(TrainingCase item)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes(item.Features.AsSpan()));
        ReadOnlySpan<int> masks = [item.Masks.Raters, item.Masks.Height, item.Masks.Width, .. item.Raters];
        hash.AppendData(MemoryMarshal.AsBytes(masks));
        hash.AppendData(item.Masks.Pixels);
        return new(item.Name, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }
}
