using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Metrics;

namespace Consensus.ML.Studies.Running;

/// <summary>
/// What the results of a study need to know of a held-out case beside its scores, so that they can be made without its files. A file in the
/// study's folder keeps it.
/// </summary>
/// <param name="Group">The group of the case.</param>
/// <param name="Agreement">How its raters agree, at the size of their masks.</param>
internal sealed record RaterRecord(string Group, CaseAgreement Agreement)
{
    /// <summary>Compares the masks of a case.</summary>
    public static RaterRecord Create(RaterCase raterCase)
    {
        RaterMasks masks = raterCase.ReadMasks();
        return new(raterCase.Group, CaseAgreement.Compute(raterCase.Name, masks, NamesOf(raterCase, masks.Raters)));
    }

    /// <summary>The names of a case's raters; their numbers from 1 where names are not known.</summary>
    /// <param name="raterCase">The case.</param>
    /// <param name="masks">How many masks it has.</param>
    public static IReadOnlyList<string> NamesOf(RaterCase raterCase, int masks) => raterCase.RaterNames.Count == masks
        ? raterCase.RaterNames
        : [.. Enumerable.Range(1, masks).Select(rater => rater.ToString(CultureInfo.InvariantCulture))];

    /// <summary>Writes the records that are missing. They are the same for all methods and seeds.</summary>
    public static void WriteMissing(StudyFolder folder, IEnumerable<RaterCase> cases, RecordBinding binding, CancellationToken cancellation)
    {
        foreach (RaterCase raterCase in cases)
        {
            cancellation.ThrowIfCancellationRequested();
            string path = folder.RatersOf(raterCase.Name);
            if (!File.Exists(path))
            {
                StudyJson.WriteBound(path, Create(raterCase), binding);
            }
        }
    }
}
