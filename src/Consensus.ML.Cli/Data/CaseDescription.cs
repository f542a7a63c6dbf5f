using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.Imaging.Metrics;
using Consensus.ML.Cli.Output;
using Spectre.Console;

namespace Consensus.ML.Cli.Data;

/// <summary>
/// What a case holds: its image, each rater's mask, and how far they agree. In JSON, what needs another rater is null
/// where there is only one.
/// </summary>
internal sealed class CaseDescription
{
    public CaseDescription(RaterCase one, Slice image, RaterMasks? masks)
    {
        Case = one.Name;
        Image = new(string.Join(", ", one.ImagePaths), SliceReader.ReadFormat(one.ImagePaths[0]), image);
        if (masks is null)
        {
            return;
        }

        CaseAgreement agreement = CaseAgreement.Compute(one.Name, masks, one.RaterNames, image.Geometry);
        Raters = [.. agreement.Raters.Select((rater, i) => new MaskDescription(
            rater.Name, one.AnnotationPaths[i], rater.Area,
            rater.Area / (double)(masks.Height * masks.Width), rater.Dice, rater.PhysicalArea))];
        MeanPairwiseDice = agreement.PairwiseDice;
        FleissKappa = agreement.FleissKappa;
    }

    public string Case { get; }

    public SliceDescription Image { get; }

    public IReadOnlyList<MaskDescription> Raters { get; } = [];

    public double MeanPairwiseDice { get; } = double.NaN;

    public double FleissKappa { get; } = double.NaN;

    public IEnumerable<Table> Table()
    {
        yield return PropertyTable.Create(
        [
            ("case", Case), .. Image.Rows("image"), ("raters", $"{Raters.Count}"), ("pairwise Dice", Score(MeanPairwiseDice)),
            ("Fleiss' kappa", Score(FleissKappa)),
        ]);
        if (Raters.Count == 0)
        {
            yield break;
        }

        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("rater");
        foreach (string name in (string[])["area (pixels)", "area (mm²)", "share", "Dice with others"])
        {
            table.AddColumn(new TableColumn(name).RightAligned());
        }

        table.AddColumn("mask");
        foreach (MaskDescription rater in Raters)
        {
            table.AddRow(
                Markup.Escape(rater.Name), $"{rater.Area}", Formats.Area(rater.PhysicalArea),
                $"{(100 * rater.Share).ToString("0.0", CultureInfo.InvariantCulture)} %", Score(rater.Dice), Markup.Escape(rater.File));
        }

        yield return table;
    }

    private static string Score(double value) => double.IsNaN(value) ? "–" : Formats.Score(value);

    /// <param name="Name">Who drew it.</param>
    /// <param name="File">Where it is.</param>
    /// <param name="Area">Number of marked pixels.</param>
    /// <param name="Share">Of the slice, in [0, 1].</param>
    /// <param name="Dice">Mean Dice with each of the others.</param>
    /// <param name="PhysicalArea">In mm²; NaN, null in JSON, where the image does not say how large a pixel is.</param>
    internal sealed record MaskDescription(string Name, string File, long Area, double Share, double Dice, double PhysicalArea);
}
