using Consensus.Imaging;
using Consensus.Imaging.Labels;
using Consensus.Imaging.Metrics;

namespace Consensus.ML.Evaluation;

/// <summary>
/// The agreement of raters over volumes. Slices may come in any order: a volume needs no more memory than the number of its patterns of
/// decisions.
/// </summary>
internal sealed class VolumeAgreements
{
    private readonly Dictionary<VolumeKey, Volume> _volumes = [];
    private readonly List<VolumeKey> _order = [];

    /// <summary>The names of volumes whose slices have different raters. They are left out.</summary>
    public IEnumerable<string> LeftOut => _order.Where(key => !_volumes[key].IsWhole).Select(key => key.Name);

    /// <summary>Adds a slice.</summary>
    public void Add(VolumeKey key, RaterMasks masks, string[] raterNames, int row)
    {
        var patterns = new DecisionPatterns(masks);
        if (!_volumes.TryGetValue(key, out Volume? volume))
        {
            _order.Add(key);
            _volumes[key] = new(patterns, raterNames, masks.Height, masks.Width, 1, row, IsWhole: true);
        }
        else if (!volume.RaterNames.SequenceEqual(raterNames, StringComparer.Ordinal))
        {
            _volumes[key] = volume with { IsWhole = false };
        }
        else
        {
            _volumes[key] = volume with { Patterns = DecisionPatterns.Join(volume.Patterns, patterns), Slices = volume.Slices + 1 };
        }
    }

    /// <summary>The agreement over each volume, in the order of the data.</summary>
    /// <param name="groups">The group of each row.</param>
    public IEnumerable<CaseAgreement> Compute(IReadOnlyList<string?> groups) => _order.Select(key => (key.Name, Volume: _volumes[key]))
        .Where(pair => pair.Volume.IsWhole)
        .Select(pair => CaseAgreement.FromPatterns(pair.Name, pair.Volume.Patterns, pair.Volume.RaterNames) with
        {
            Group = groups[pair.Volume.Row],
            Slices = pair.Volume.Slices,
            Height = pair.Volume.Height,
            Width = pair.Volume.Width,
        });

    private sealed record Volume(
        DecisionPatterns Patterns, string[] RaterNames, int Height, int Width, int Slices, int Row, bool IsWhole);
}
