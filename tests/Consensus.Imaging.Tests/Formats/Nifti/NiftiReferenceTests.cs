using System.Text.Json;
using Consensus.Imaging.Formats.Nifti;
using Consensus.ML.Tests.Shared;

namespace Consensus.Imaging.Tests.Formats.Nifti;

/// <summary>Files of another project's test suite give the same values as in nibabel. Files that nibabel refuses are refused.</summary>
public sealed class NiftiReferenceTests
{
    [Fact]
    [Trait("Category", "Parity")]
    public void Files_read_as_nibabel_reads_them()
    {
        string folder = SharedData.FindOrSkip("CONSENSUS_NIFTI", "nifti");
        string list = Path.Combine(folder, "expected.json");
        if (!File.Exists(list))
        {
            Assert.Skip($"'{list}' does not exist.");
        }

        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(list));
        var failures = new List<string>();
        int files = 0;
        foreach (JsonProperty file in document.RootElement.EnumerateObject())
        {
            files++;
            try
            {
                string? difference = Compare(Path.Combine(folder, file.Name), file.Value);
                if (difference is not null)
                {
                    failures.Add($"{file.Name}: {difference}");
                }
            }
            catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
            {
                failures.Add($"{file.Name}: {exception.GetType().Name} {exception.Message}");
            }
        }

        Assert.True(files > 0, $"'{list}' names no files.");
        Assert.True(failures.Count == 0, string.Join(Environment.NewLine, failures));
    }

    private static string? Compare(string path, JsonElement expected)
    {
        if (expected.GetProperty("status").GetString() != "ok")
        {
            try
            {
                NiftiFile.ReadStatistics(path);
                return "was read, but must be refused";
            }
            catch (InvalidDataException exception)
            {
                return exception.Message.Contains(Path.GetFileName(path), StringComparison.Ordinal)
                    ? null
                    : "was refused without its name: " + exception.Message;
            }
        }

        NiftiHeader header = NiftiFile.ReadHeader(path);
        string kind = expected.GetProperty("kind").GetString()! switch
        {
            "u" => "uint",
            "i" => "int",
            var other => other == "f" ? "float" : other,
        };
        int bytes = expected.GetProperty("bytes").GetInt32();
        if (header.DataType != kind + (8 * bytes) || header.BytesPerValue != bytes)
        {
            return $"type {header.DataType}";
        }

        if (header.Version != expected.GetProperty("version").GetInt32()
            || header.BigEndian != (expected.GetProperty("endian").GetString() == ">"))
        {
            return $"version {header.Version}, big-endian {header.BigEndian}";
        }

        if (!header.Shape.SequenceEqual(expected.GetProperty("shape").EnumerateArray().Select(length => length.GetInt64())))
        {
            return $"shape {string.Join('×', header.Shape)}";
        }

        double[] affine =
        [
            .. expected.GetProperty("affine").EnumerateArray().SelectMany(row => row.EnumerateArray()).Select(value => value.GetDouble()),
        ];
        for (int i = 0; i < 16; i++)
        {
            if (!Near(affine[i], header.Affine[i]))
            {
                return $"affine value {i} is {header.Affine[i]}, expected {affine[i]}";
            }
        }

        double[] zooms = [.. expected.GetProperty("zooms").EnumerateArray().Select(value => value.GetDouble())];
        if (!zooms.Zip(header.Spacing).All(pair => Near(pair.First, pair.Second)) || zooms.Length != header.Spacing.Count)
        {
            return $"spacing {string.Join(", ", header.Spacing)}";
        }

        NiftiStatistics statistics = NiftiFile.ReadStatistics(path);
        double[] found = [statistics.Minimum, statistics.Maximum, statistics.Mean];
        double[] wanted = [Number("min"), Number("max"), Number("mean")];
        return found.Zip(wanted).All(pair => Near(pair.Second, pair.First))
            && statistics.NonFinite == expected.GetProperty("nonfinite").GetInt64()
            ? null
            : $"min, max, mean are {string.Join(", ", found)}, expected {string.Join(", ", wanted)}; {statistics.NonFinite} are not finite";

        double Number(string name) =>
            expected.GetProperty(name) is { ValueKind: JsonValueKind.Number } value ? value.GetDouble() : double.NaN;
    }

    /// <summary>
    /// Whether two values agree within a relative error of 1e-6. Values that differ from 0 only by the rounding of a quaternion count as
    /// 0.
    /// </summary>
    private static bool Near(double expected, double found)
        => expected.Equals(found) || Math.Abs(expected - found) <= 1e-6 * Math.Max(Math.Abs(expected), 1e-3);
}
