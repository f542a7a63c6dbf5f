using System.Globalization;
using System.Text;

namespace Consensus.ML.Cli.Tests;

/// <summary>Messages, logs and files are the same in every culture.</summary>
public sealed class CultureTests
{
    [Theory]
    [InlineData("Consensus.Imaging.dll")]
    [InlineData("Consensus.ML.dll")]
    [InlineData("Consensus.ML.Studies.dll")]
    [InlineData("Consensus.ML.Serving.dll")]
    [InlineData("consensus.dll")]
    public void No_number_is_written_or_read_as_the_current_culture_has_it(string assembly) =>
        Assert.Equal("", string.Join(Environment.NewLine, CultureScan.Of(Path.Combine(AppContext.BaseDirectory, assembly))));

    [Fact]
    public void The_scan_finds_what_it_looks_for()
    {
        string name = typeof(Culprits).FullName!.Replace('+', '.');
        string[] found = [.. CultureScan.Of(typeof(Culprits).Assembly.Location)
            .Where(line => line.StartsWith(name, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];

        Assert.Equal(
            [
                $"{name}.Appended: System.Text.StringBuilder.Append", $"{name}.Bare: double.ToString",
                $"{name}.Boxed: a object in an interpolated string",
                $"{name}.Formatted: string.Format", $"{name}.Grouped: a int in an interpolated string",
                $"{name}.Inner: a float in an interpolated string",
                $"{name}.Joined: string.Join", $"{name}.Lowered: string.ToLower", $"{name}.Named: a double in an interpolated string",
                $"{name}.Nullable: a double in an interpolated string",
                $"{name}.Parsed: double.Parse", $"{name}.Unknown: a !!0 in an interpolated string",
            ],
            found);
    }

#pragma warning disable CA1305, CA1304, CA1311, CA1830, CA1834 // The scan has to find these calls.
    private static class Culprits
    {
        public static string Named(double value) => $"value {value}";

        public static string Nullable(double? value) => $"value {value:0.0}";

        public static string Grouped(int value) => $"value {value:N0}";

        public static string Boxed(object value) => $"value {value}";

        public static string Unknown<T>(T value) => $"value {value}";

        public static string Inner(float value, bool known) =>
            string.Create(CultureInfo.InvariantCulture, $"{(known ? $"{value} mm" : "none")} and {value}");

        public static string Bare(double value) => value.ToString();

        public static string Joined(float[] values) => string.Join(", ", values);

        public static string Formatted(double value) => string.Format("{0}", value);

        public static string Lowered(string value) => value.ToLower();

        public static double Parsed(string value) => double.Parse(value);

        public static string Appended(double value) => new StringBuilder().Append(value).ToString();

        public static string Whole(int value) =>
            $"value {value:000}, {nameof(value)}, {value > 0}, {string.Create(CultureInfo.InvariantCulture, $"{value / 2.0}")}";
    }
#pragma warning restore CA1305, CA1304, CA1311, CA1830, CA1834
}
