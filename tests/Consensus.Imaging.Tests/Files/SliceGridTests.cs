using Consensus.Imaging.Cases;
using Consensus.Imaging.Files;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Geometry;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Files;

/// <summary>
/// Files of one case are turned onto the grid of their image. Each test stores an image a second time in another orientation, pixel by
/// pixel. The affine of the second file fits the new places of the pixels. So the reader must give the original image.
/// </summary>
public sealed class SliceGridTests : IDisposable
{
    // An oblique affine: rotated by 30° about the third axis, with a spacing of 0.5×2×3 mm.
    private static readonly double[] _oblique =
    [
        0.5 * 0.8660254037844387, 2 * -0.5, 0, 12.5,
        0.5 * 0.5, 2 * 0.8660254037844387, 0, -7,
        0, 0, 3, 40,
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _said = [];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void Every_way_to_store_one_slice_reads_as_the_first(int version, bool isBigEndian)
    {
        // Two rows of three pixels: 0 1 2 and 10 11 12.
        string first = Stored([2, 3, 1], [0, 1, 2], [false, false, false], version, isBigEndian, "first.nii");
        foreach ((int[] axes, bool[] flips) in Orientations().Where(way => way.Axes[2] == 2))
        {
            string second = Stored([2, 3, 1], axes, flips, version, isBigEndian, "second.nii.gz");
            Slice both = SliceReader.Read([first, second], null, new GridNotes(_said.Add));
            Assert.Equal([0, 1, 2, 10, 11, 12], both.Pixels[..6]);
            Assert.Equal(both.Pixels[..6], both.Pixels[6..]);
            Assert.Equal(0.5, both.Geometry.SpacingRows);

            // The third axis has one slice, so a flip along it does not change the result.
            bool isTurned = axes[0] != 0 || flips[0] || flips[1];
            Assert.Equal(isTurned ? 1 : 0, _said.Count);
            Assert.All(_said, line => Assert.Contains("second.nii.gz", line, StringComparison.Ordinal));
            _said.Clear();
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Of_a_volume_stored_in_any_orientation_the_slice_is_read_that_lies_where_the_images_does(int axis)
    {
        long[] shape = [2, 3, 4];
        string first = Stored(shape, [0, 1, 2], [false, false, false], 1, false, "first.nii");
        using var volumes = new OpenVolumes();
        foreach ((int[] axes, bool[] flips) in Orientations())
        {
            string second = Stored(shape, axes, flips, 1, false, $"second-{string.Join("", axes)}-{string.Join("", flips)}.nii.gz");
            for (int index = 0; index < shape[axis]; index++)
            {
                string[] paths = [new SliceAddress(first, axis, index).ToString(), new SliceAddress(second, axis, index).ToString()];
                float[] pixels = SliceReader.Read(paths, volumes, null).Pixels;
                Assert.Equal(pixels[..(pixels.Length / 2)], pixels[(pixels.Length / 2)..]);
                Assert.Equal(NiftiFile.ReadSlice(first, axis, index).Pixels, pixels[..(pixels.Length / 2)]);
            }

            // Lists the slices from the headers alone, as for a set of volumes.
            Assert.Equal(shape[axis], SliceReader.ListSlices([first, second], axis).Count);
        }
    }

    [Fact]
    public void A_slice_may_be_named_by_its_place_in_its_own_volume_but_not_another_slice()
    {
        string first = Stored([2, 3, 4], [0, 1, 2], [false, false, false], 1, false, "first.nii");
        string second = Stored([2, 3, 4], [2, 0, 1], [true, false, false], 1, false, "second.nii");

        // The first axis of the second volume runs backwards along the third axis of the first volume.
        float[] pixels = SliceReader.Read([$"{first}#axis=2,slice=1", $"{second}#axis=0,slice=2"]).Pixels;
        Assert.Equal(pixels[..6], pixels[6..]);
        Complaint.Expect<InvalidDataException>(
            () => SliceReader.Read([$"{first}#axis=2,slice=1", $"{second}#axis=0,slice=3"]),
            "second.nii#axis=0,slice=3' is another slice than its image", "slice 2 along axis 0");
    }

    [Theory]
    [InlineData(0, 1, "a spacing of 0.5×2.2 mm, the other 0.5×2 mm")]
    [InlineData(3, 0.4, "a corner is 0.4 mm away")]
    [InlineData(11, 5, "a corner is 5 mm away")]
    [InlineData(-1, 0.05, "a corner is")]
    public void Another_grid_is_refused_with_both_files_both_affines_and_the_difference(int place, double change, string difference)
    {
        string first = Stored([2, 3, 1], [0, 1, 2], [false, false, false], 1, false, "first.nii");
        double[] affine = [.. _oblique];
        double[] spacing = [1, 0.5, 2, 3, 1, 1, 1, 1];
        switch (place)
        {
            case 0:
                // The spacing of the second axis is 10 % larger.
                (affine[1], affine[5], spacing[2]) = (affine[1] * 1.1, affine[5] * 1.1, 2.2);
                break;
            case -1:
                // The rows are tilted by some degrees: the same spacing, but another direction.
                affine[8] = change;
                affine[0] -= 2 * change;
                break;
            default:
                affine[place] += change;
                break;
        }

        string second = new NiftiBytes
        {
            Dimensions = [2, 3],
            Values = [0, 10, 1, 11, 2, 12],
            Sform = 1,
            Rows = affine,
            PixelDimensions = spacing,
        }.WriteTo(_folder["second.nii"]);
        Complaint.Expect<InvalidDataException>(
            () => SliceReader.Read([first, second]), "'" + second + "'", "'" + first + "'", "does not lie on the grid", difference,
            "[0.433 -1 0 12.5; 0.25 1.7321 0 -7; 0 0 3 40]");
        Complaint.Expect<InvalidDataException>(() => new RaterCase("a", first, [second]).CheckGrids(), difference);
    }

    [Fact]
    public void What_rounding_does_to_a_header_is_no_other_grid()
    {
        string first = Stored([2, 3, 1], [0, 1, 2], [false, false, false], 1, false, "first.nii");
        double[] affine = [.. _oblique.Select(value => Math.Round(value, 3))];
        string second = new NiftiBytes
        {
            Dimensions = [2, 3], Values = [0, 10, 1, 11, 2, 12], Sform = 1, Rows = affine, PixelDimensions = [1, 0.5001, 2, 3, 1, 1, 1, 1],
        }.WriteTo(_folder["second.nii"]);
        Assert.Equal(12, SliceReader.Read([first, second], null, new GridNotes(_said.Add)).Pixels.Length);
        Assert.Empty(_said);
    }

    [Fact]
    public void A_qform_and_an_sform_of_one_grid_agree()
    {
        // A rotation by 180° about the third axis. The first and the second axis point in the opposite direction.
        string qform = new NiftiBytes { Dimensions = [2, 3], Qform = 1, Quaternion = [0, 0, 1, 5, 6, 7], Values = [12, 2, 11, 1, 10, 0] }
            .WriteTo(_folder["qform.nii"]);
        string sform = new NiftiBytes
        {
            Dimensions = [2, 3],
            Sform = 1,
            Rows = [1, 0, 0, 4, 0, 1, 0, 4, 0, 0, 1, 7],
            Values = [0, 10, 1, 11, 2, 12],
        }.WriteTo(_folder["sform.nii"]);
        float[] pixels = SliceReader.Read([sform, qform]).Pixels;
        Assert.Equal([0, 1, 2, 10, 11, 12, 0, 1, 2, 10, 11, 12], pixels);
    }

    [Fact]
    public void A_file_that_does_not_say_where_it_lies_is_taken_as_it_is_and_that_is_said_once()
    {
        string first = Stored([2, 3, 1], [0, 1, 2], [false, false, false], 1, false, "first.nii");
        string second = new NiftiBytes { Dimensions = [2, 3], Values = [0, 10, 1, 11, 2, 12] }.WriteTo(_folder["second.nii"]);
        Slice both = SliceReader.Read([first, second, second], null, new GridNotes(_said.Add));
        Assert.Equal([0, 1, 2, 10, 11, 12], both.Pixels[6..12]);
        Assert.Contains("second.nii' does not say where it lies", Assert.Single(_said), StringComparison.Ordinal);

        // Two files without a position give no note, but their spacings may still contradict each other.
        _said.Clear();
        _ = SliceReader.Read([second, second], null, new GridNotes(_said.Add));
        Assert.Empty(_said);
        string third = new NiftiBytes { Dimensions = [2, 3], PixelDimensions = [1, 0.5, 1, 1, 1, 1, 1, 1] }.WriteTo(_folder["third.nii"]);
        string fourth = new NiftiBytes { Dimensions = [2, 3], PixelDimensions = [1, 0.7, 1, 1, 1, 1, 1, 1] }.WriteTo(_folder["fourth.nii"]);
        Complaint.Expect<InvalidDataException>(() => SliceReader.Read([third, fourth]), "0.7×1 mm, the other 0.5×1 mm");
    }

    [Fact]
    public void A_matrix_that_cannot_be_inverted_says_nothing()
    {
        string first = Stored([2, 3, 1], [0, 1, 2], [false, false, false], 1, false, "first.nii");
        foreach (double[] rows in (double[][])[
            new double[12], [double.NaN, .. _oblique[1..]], [.. _oblique[..3], double.PositiveInfinity, .. _oblique[4..]],
        ])
        {
            string second = new NiftiBytes { Dimensions = [2, 3], Sform = 2, Rows = rows }.WriteTo(_folder["second.nii"]);
            Assert.False(SliceReader.Read(second).Geometry.HasPosition);
            Assert.Equal(2, SliceReader.Read([first, second]).Channels);
        }
    }

    [Fact]
    public void Beside_a_picture_the_masks_agree_among_themselves()
    {
        // The picture stores no position. The second rater's mask is the mask of the first rater, stored flipped.
        string first = new NiftiBytes
        {
            Dimensions = [2, 3],
            Sform = 1,
            Rows = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0],
            Values = [1, 0, 0, 0, 0, 0],
        }.WriteTo(_folder["a.nii"]);
        string second = new NiftiBytes
        {
            Dimensions = [2, 3],
            Sform = 1,
            Rows = [-1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0],
            Values = [0, 1, 0, 0, 0, 0],
        }.WriteTo(_folder["b.nii"]);
        string picture = new PngBytes().WriteTo(_folder["picture.png"]);
        byte[] marks = MaskReader.Read([first, second], picture).Pixels;
        Assert.Equal([1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0], marks);
        Assert.Equal(marks, MaskReader.Read([first, second]).Pixels);
    }

    [Theory]
    [InlineData(3, 500, 2000, 0.5, 2)]
    [InlineData(2, 0.5, 2, 0.5, 2)]
    [InlineData(1, 0.0005, 0.002, 0.5, 2)]
    [InlineData(0, 0.5, 2, 0.5, 2)]
    public void Every_unit_is_read_as_millimetres(int unit, double rows, double columns, double expectedRows, double expectedColumns)
    {
        var bytes = new NiftiBytes
        {
            Dimensions = [2, 3, 2], PixelDimensions = [1, rows, columns, rows, 1, 1, 1, 1], Units = unit | 8, Sform = 1,
            Rows = [rows, 0, 0, 4 * rows, 0, columns, 0, 0, 0, 0, rows, 0], Values = new double[12],
        };
        foreach (string path in (string[])[bytes.WriteTo(_folder["v.nii"]), $"{_folder["v.nii"]}#axis=2,slice=1"])
        {
            SliceGeometry geometry = SliceReader.Read(path).Geometry;
            Assert.Equal(expectedRows, geometry.SpacingRows, 1e-6);
            Assert.Equal(expectedColumns, geometry.SpacingColumns, 1e-6);
            Assert.Equal(
                [expectedRows, 4 * expectedRows], [geometry.Affine[0], geometry.Affine[3]], (one, other) => Math.Abs(one - other) < 1e-6);
            Assert.True(geometry.HasSpacing && geometry.HasPosition);
        }

        // The same grid, written in two units.
        string inMillimetres = new NiftiBytes
        {
            Dimensions = [2, 3, 2], PixelDimensions = [1, 0.5, 2, 0.5, 1, 1, 1, 1], Sform = 1,
            Rows = [0.5, 0, 0, 2, 0, 2, 0, 0, 0, 0, 0.5, 0], Values = new double[12],
        }.WriteTo(_folder["mm.nii"]);
        Assert.Empty(new RaterCase("a", inMillimetres, [_folder["v.nii"]]).CheckGrids());
    }

    [Theory]
    [InlineData(0, 0, false, false)]
    [InlineData(0, 2, false, false)]
    [InlineData(2, 0, false, true)]
    [InlineData(2, 2, true, true)]
    public void One_by_one_is_millimetres_where_the_file_says_so(int code, int unit, bool hasSpacing, bool hasPosition)
    {
        string path = new NiftiBytes { Sform = code, Units = unit, Rows = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0] }
            .WriteTo(_folder["unit.nii"]);
        SliceGeometry geometry = SliceReader.Read(path).Geometry;
        Assert.Equal((hasSpacing, hasPosition), (geometry.HasSpacing, geometry.HasPosition));
    }

    /// <summary>All 48 ways to store a volume: the image axis of each stored axis, and the stored axes that run backwards.</summary>
    private static IEnumerable<(int[] Axes, bool[] Flips)> Orientations() =>
        from axes in (int[][])[[0, 1, 2], [1, 0, 2], [0, 2, 1], [2, 1, 0], [1, 2, 0], [2, 0, 1]]
        from flips in Enumerable.Range(0, 8)
        select (axes, (bool[])[(flips & 1) != 0, (flips & 2) != 0, (flips & 4) != 0]);

    /// <summary>Writes an image whose value at (x, y, z) is 10x + y + 50z, stored along other axes.</summary>
    /// <param name="shape">The lengths of the image's axes.</param>
    /// <param name="axes">For each stored axis, the axis of the image that it runs along.</param>
    /// <param name="flips">For each stored axis, whether it runs backwards.</param>
    /// <param name="version">The version of NIfTI, 1 or 2.</param>
    /// <param name="isBigEndian">Whether the file is big-endian.</param>
    /// <param name="name">The file.</param>
    private string Stored(long[] shape, int[] axes, bool[] flips, int version, bool isBigEndian, string name)
    {
        long[] stored = [.. axes.Select(axis => shape[axis])];
        var values = new List<double>();
        for (int k = 0; k < stored[2]; k++)
        {
            for (int j = 0; j < stored[1]; j++)
            {
                for (int i = 0; i < stored[0]; i++)
                {
                    long[] at = Place(i, j, k);
                    values.Add((10 * at[0]) + at[1] + (50 * at[2]));
                }
            }
        }

        double[] origin = World(Place(0, 0, 0)), affine = new double[12];
        double[][] steps = [World(Place(1, 0, 0)), World(Place(0, 1, 0)), World(Place(0, 0, 1))];
        double[] lengths = [0.5, 2, 3];
        for (int row = 0; row < 3; row++)
        {
            for (int column = 0; column < 3; column++)
            {
                affine[(4 * row) + column] = steps[column][row] - origin[row];
            }

            affine[(4 * row) + 3] = origin[row];
        }

        return new NiftiBytes
        {
            Version = version,
            Magic = version == 1 ? "n+1" : "n+2",
            BigEndian = isBigEndian,
            Dimensions = stored,
            Type = 4,
            PixelDimensions = [1, lengths[axes[0]], lengths[axes[1]], lengths[axes[2]], 1, 1, 1, 1],
            Sform = 1,
            Rows = affine,
            Values = [.. values],
        }.WriteTo(_folder[name]);

        long[] Place(int i, int j, int k)
        {
            int[] index = [i, j, k];
            var at = new long[3];
            for (int axis = 0; axis < 3; axis++)
            {
                at[axes[axis]] = flips[axis] ? stored[axis] - 1 - index[axis] : index[axis];
            }

            return at;
        }

        static double[] World(long[] at) =>
            [.. Enumerable.Range(0, 3)
                .Select(row => Enumerable.Range(0, 3).Sum(column => _oblique[(4 * row) + column] * at[column]) + _oblique[(4 * row) + 3])];
    }
}
