using Consensus.Imaging;
using Consensus.Imaging.Metrics;

namespace Consensus.ML.Evaluation;

/// <summary>
/// Scores volumes: the slices of a volume count together, as one large slice. One volume is in memory at a time, so its slices must follow
/// each other in the data, as loaders give them.
/// </summary>
/// <param name="options">The options of the scores.</param>
internal sealed class VolumeScores(EvaluationOptions options)
{
    /// <summary>Why a volume may be one of <see cref="LeftOut"/>.</summary>
    public const string WhyLeftOut = "their slices do not follow each other in the data, have different raters, or are too many";

    private readonly Dictionary<VolumeKey, (CaseMetrics? Scores, int Row)> _scored = [];
    private readonly List<Part> _open = [];
    private VolumeKey? _key;
    private int _row;

    /// <summary>The names of volumes without scores.</summary>
    public IEnumerable<string> LeftOut => _scored.Where(pair => pair.Value.Scores is null).Select(pair => pair.Key.Name);

    /// <summary>Adds a row; a row that is no slice of a volume has no key.</summary>
    /// <param name="key">The volume.</param>
    /// <param name="maps">What was predicted.</param>
    /// <param name="masks">The masks at the size of the maps.</param>
    /// <param name="raterNames">The raters.</param>
    /// <param name="scores">The scores of the slice.</param>
    /// <param name="row">The number of the row.</param>
    public void Add(VolumeKey? key, PredictedMaps.Row maps, RaterMasks masks, string[] raterNames, CaseMetrics scores, int row)
    {
        if (key != _key)
        {
            Close();
            (_key, _row) = (key, row);
        }

        if (key is not null)
        {
            _open.Add(new(
                maps.SoftMap, maps.Uncertainty, masks, maps.Samples is null ? null : new BinaryMasks(maps.Samples), raterNames, scores));
        }
    }

    /// <summary>Ends the last volume, and gives the scores of all; none if each volume has one slice.</summary>
    /// <param name="groups">The group of each row.</param>
    public IReadOnlyList<CaseMetrics> Complete(IReadOnlyList<string?> groups)
    {
        Close();
        CaseMetrics[] all =
        [
            .. _scored.Values.Where(volume => volume.Scores is not null)
                .OrderBy(volume => volume.Row)
                .Select(volume => volume.Scores! with { Group = groups[volume.Row] }),
        ];
        return all.Any(volume => volume.Slices > 1) ? all : [];
    }

    private void Close()
    {
        if (_key is { } key)
        {
            // A volume that was closed before is not whole, neither then nor now.
            _scored[key] = _scored.ContainsKey(key) ? (null, _row) : (Score(key.Name), _row);
        }

        _open.Clear();
        _key = null;
    }

    private CaseMetrics? Score(string name)
    {
        Part first = _open[0];
        int raters = first.Masks.Raters;
        long pixels = _open.Sum(part => (long)part.Map.Length);
        if (raters * pixels > Array.MaxLength
            || _open.Any(part => !part.RaterNames.SequenceEqual(first.RaterNames, StringComparer.Ordinal)))
        {
            return null;
        }

        if (_open.Count == 1)
        {
            return first.Scores.AsVolume(name, 1);
        }

        var marks = new byte[raters * pixels];
        long at = 0;
        foreach (Part part in _open)
        {
            for (int rater = 0; rater < raters; rater++)
            {
                part.Masks.Rater(rater).CopyTo(marks.AsSpan((int)((rater * pixels) + at)));
            }

            at += part.Map.Length;
        }

        bool hasSamples = _open.All(part => part.Samples?.Count == first.Samples?.Count && part.Samples is not null);
        return CaseMetrics.OfPixels(
                name,
                [.. _open.SelectMany(part => part.Map)],
                new RaterMasks(raters, 1, (int)pixels, marks),
                hasSamples ? BinaryMasks.Join([.. _open.Select(part => part.Samples!)]) : null,
                _open.All(part => part.Uncertainty.Length == part.Map.Length) ? [.. _open.SelectMany(part => part.Uncertainty)] : [],
                options,
                first.RaterNames)
            .AsVolume(name, _open.Count) with
        {
            Height = first.Scores.Height,
            Width = first.Scores.Width,
        };
    }

    private sealed record Part(
        float[] Map, float[] Uncertainty, RaterMasks Masks, BinaryMasks? Samples, string[] RaterNames, CaseMetrics Scores);
}
