using System.Globalization;
using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.Imaging.Metrics;
using Consensus.ML.Cli.Output;
using Spectre.Console;

namespace Consensus.ML.Cli.Data;

/// <summary>
/// Describes a case: its image, the mask of each rater, and how far the raters agree. In JSON, values that need two raters are null for
/// a single rater.
/// </summary>
internal sealed class CaseDescription
{
    public CaseDescription(RaterCase raterCase, Slice image, RaterMasks? masks)
    {
        Case = raterCase.Name;
        Image = new(string.Join(", ", raterCase.ImagePaths), SliceReader.ReadFormat(raterCase.ImagePaths[0]), image);
        if (masks is null)
        {
            return;
        }

        CaseAgreement agreement = CaseAgreement.Compute(raterCase.Name, masks, raterCase.RaterNames, image.Geometry);
        Raters = [.. agreement.Raters.Select((rater, i) => new MaskDescription(
            rater.Name, raterCase.AnnotationPaths[i], rater.Area,
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

    /// <param name="Name">The rater who made the mask.</param>
    /// <param name="File">The file of the mask.</param>
    /// <param name="Area">Number of marked pixels.</param>
    /// <param name="Share">The marked share of the slice, in [0, 1].</param>
    /// <param name="Dice">Mean Dice with the masks of the other raters.</param>
    /// <param name="PhysicalArea">The marked area in mm². NaN (null in JSON) where the image does not say how large a pixel is.</param>
    internal sealed record MaskDescription(string Name, string File, long Area, double Share, double Dice, double PhysicalArea);
}
