using System.Globalization;
using Consensus.ML.Options;
using static Consensus.ML.Options.OptionRange;

namespace Consensus.ML.Segmentation.Checks;

/// <summary>Refuses options of single kinds of one-pass networks. A message names the option, its value and what is allowed.</summary>
internal static class OnePassCheck
{
    private const int Stages = 5;

    /// <summary>Checks the options that are given; null stands for the defaults.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static void Check(FullyConvolutionalOptions? network, FixedPointOptions? fixedPoint, IReadOnlyList<double>? expertise)
    {
        if (network is not null)
        {
            const string Name = nameof(UNetKind.FullyConvolutional) + ".";
            PerStage(Name + nameof(network.Convolutions), network.Convolutions, 8);
            PerStage(Name + nameof(network.ChannelMultipliers), network.ChannelMultipliers, 64);
            Range(Name + nameof(network.HeadMultiplier), network.HeadMultiplier, 1, 64);
        }

        if (fixedPoint is not null)
        {
            const string Name = nameof(UNetKind.FixedPoint) + ".";
            Share(Name + nameof(fixedPoint.Margin), fixedPoint.Margin);
            Share(Name + nameof(fixedPoint.TrainingMargin), fixedPoint.TrainingMargin);
            if (!(fixedPoint.Agreement >= 0 && fixedPoint.Agreement < 1))
            {
                throw Wrong(Name + nameof(fixedPoint.Agreement), fixedPoint.Agreement, "at least 0 and below 1");
            }

            Range(Name + nameof(fixedPoint.Passes), fixedPoint.Passes, 1, 100);
        }

        if (expertise is not null
            && (expertise.Count == 0 || expertise.Any(weight => !(weight >= 0 && double.IsFinite(weight))) || expertise.Sum() == 0))
        {
            throw Wrong("Expertise", Listed(expertise), "numbers of at least 0 that are not all 0, one for each rater");
        }
    }

    /// <summary>Checks that there is a number for each rater.</summary>
    /// <exception cref="ArgumentException">There are more or fewer.</exception>
    public static void CheckRaters(IReadOnlyList<double>? expertise, int raters)
    {
        if (expertise is not null && expertise.Count != raters)
        {
            throw Wrong("Expertise", Listed(expertise), $"one number for each of the {raters} raters");
        }
    }

    private static void PerStage(string name, IReadOnlyList<int>? values, int most)
    {
        IReadOnlyList<int> given = Given(name, values);
        if (given.Count != Stages || given.Any(value => value < 1 || value > most))
        {
            throw Wrong(name, Listed(given), $"{Stages} numbers from 1 to {most}, one for each stage");
        }
    }

    private static void Share(string name, double value)
    {
        if (!(value >= 0 && value <= 1))
        {
            throw Wrong(name, value, "from 0 to 1");
        }
    }

    private static string Listed<T>(IEnumerable<T> values)
        where T : IFormattable =>
        $"[{string.Join(", ", values.Select(value => value.ToString(null, CultureInfo.InvariantCulture)))}]";
}
