using Consensus.ML.Studies.Formatting;
using Consensus.ML.Studies.Plots;
using Consensus.ML.Studies.Reports;
using Consensus.ML.Studies.Running;
using Consensus.ML.Tests.Shared;

namespace Consensus.ML.Studies.Tests;

public sealed class PlacementTests
{
    [Fact]
    public void Names_of_points_that_lie_together_do_not_cover_each_other()
    {
        (string, double, double)[] points =
        [
            ("consensus", 300, 100), ("annotator", 304, 102), ("level-unet", 302, 98), ("mcd", 301, 101),
            ("soft-unet", 10, 5), ("mv-unet", 595, 295),
        ];
        Label[] labels = LabelPlacement.Place(points, 7, 15, 6, 600, 300);
        for (int i = 0; i < points.Length; i++)
        {
            Assert.InRange(labels[i].X, 0, 600 - (7 * points[i].Item1.Length));
            Assert.InRange(labels[i].Y, 7.5, 292.5);
            for (int k = 0; k < i; k++)
            {
                bool overlap = labels[i].X < labels[k].X + (7 * points[k].Item1.Length)
                    && labels[k].X < labels[i].X + (7 * points[i].Item1.Length)
                    && Math.Abs(labels[i].Y - labels[k].Y) < 13;
                Assert.False(overlap, $"{points[i].Item1} covers {points[k].Item1}");
            }
        }
    }

    [Fact]
    public void Panels_show_both_ends_and_what_lies_between()
    {
        Assert.Equal([0, 1, 2], CaseSection.Chosen([0, 1, 2], 8));
        Assert.Equal([0, 5, 10], CaseSection.Chosen(Enumerable.Range(0, 11).ToArray(), 3));
        Assert.Equal([0], CaseSection.Chosen([0, 1], 1));
    }

    [Fact]
    public void A_curve_has_the_papers_points_and_its_end()
    {
        Assert.Equal([1, 2, 3, 5, 9, 15, 25], RunEvaluation.CurveCounts(25));
        Assert.Equal([1, 2, 3, 4], RunEvaluation.CurveCounts(4));
        Assert.Equal([1], RunEvaluation.CurveCounts(1));
        Assert.Empty(RunEvaluation.CurveCounts(0));
    }

    [Fact]
    public void Maps_come_back_from_their_picture_and_a_tie_stays_a_tie()
    {
        using var folder = new TemporaryFolder();
        new StoredMaps([[0, 0.5f, 1, 0.25f, 2, -1], [1, 1, 1, 0, 0, 0.75f]], 2, 3).Write(folder["maps.png"]);
        StoredMaps read = StoredMaps.Read(folder["maps.png"], 2, 3);
        Assert.Equal(2, read.Maps.Count);
        Assert.Equal([0, 0.5f, 1, 0.25f, 1, 0], read.Maps[0].Select(value => MathF.Round(value, 2)));
        Assert.Equal(0.5f, read.Maps[0][1]);
        Assert.Contains(
            "is damaged",
            Assert.Throws<InvalidDataException>(() => StoredMaps.Read(folder["maps.png"], 3, 3)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fold 1", "fold1")]
    [InlineData("case01", "case01")]
    public void Plain_names_are_names_of_files(string name, string file) => Assert.Equal(file, StudyFolder.FileName(name));

    [Fact]
    public void Other_names_are_told_apart_and_stay_in_their_folder()
    {
        string[] names = ["a/b", "a_b", "../x", "ä", "", new('x', 300), ".hidden"];
        string[] files = [.. names.Select(StudyFolder.FileName)];
        Assert.Equal(names.Length, files.Distinct().Count());
        Assert.All(
            files,
            file => Assert.True(file.Length is > 0 and < 110 && !file.Contains('/', StringComparison.Ordinal) && file[0] != '.', file));
    }

    [Theory]
    [InlineData(0.04, "0.04 s")]
    [InlineData(12.34, "12.3 s")]
    [InlineData(900, "15 min")]
    [InlineData(912.4, "15 min 12 s")]
    [InlineData(7260, "2 h 1 min")]
    public void Durations_read_well(double seconds, string text) => Assert.Equal(text, Text.Duration(seconds));
}
