namespace Consensus.Imaging.Labels;

/// <summary>
/// The pixels of one slice, grouped by who marked them. Most pixels share a few patterns of decisions, and everything that does not ask
/// where a pixel lies (areas, overlaps, kappa, STAPLE) follows from how often each pattern occurs.
/// </summary>
internal sealed class DecisionPatterns
{
    private readonly int[] _patternOf;
    private readonly long[] _pixels;
    private readonly bool[] _decisions;
    private readonly int[] _votes;

    public DecisionPatterns(RaterMasks masks)
    {
        ArgumentNullException.ThrowIfNull(masks);
        Raters = masks.Raters;
        _patternOf = new int[masks.Height * masks.Width];
        int count = 1;
        for (int rater = 0; rater < Raters; rater++)
        {
            count = Split(masks.Rater(rater), count);
        }

        _pixels = new long[count];
        _votes = new int[count];
        _decisions = new bool[count * Raters];
        for (int pixel = 0; pixel < _patternOf.Length; pixel++)
        {
            int pattern = _patternOf[pixel];
            if (_pixels[pattern]++ == 0)
            {
                for (int rater = 0; rater < Raters; rater++)
                {
                    byte mark = masks.Rater(rater)[pixel];
                    _decisions[(pattern * Raters) + rater] = mark > 0;
                    _votes[pattern] += mark;
                }
            }
        }
    }

    /// <summary>Number of raters.</summary>
    public int Raters { get; }

    /// <summary>Number of different patterns; at least 1.</summary>
    public int Count => _pixels.Length;

    /// <summary>Number of pixels of the slice.</summary>
    public int Size => _patternOf.Length;

    /// <summary>How many pixels have a pattern; at least 1.</summary>
    public long Pixels(int pattern) => _pixels[pattern];

    /// <summary>How many raters marked the pixels of a pattern.</summary>
    public int Votes(int pattern) => _votes[pattern];

    /// <summary>For each rater, whether he or she marked the pixels of a pattern.</summary>
    public ReadOnlySpan<bool> Decisions(int pattern) => _decisions.AsSpan(pattern * Raters, Raters);

    /// <summary>Gives every pixel the value of its pattern.</summary>
    public float[] Spread(ReadOnlySpan<double> values)
    {
        var map = new float[_patternOf.Length];
        for (int pixel = 0; pixel < map.Length; pixel++)
        {
            map[pixel] = (float)values[_patternOf[pixel]];
        }

        return map;
    }

    /// <summary>How many pixels each pair of raters both marked: raters × raters values, with the raters' areas on the diagonal.</summary>
    public long[,] Overlaps()
    {
        var overlaps = new long[Raters, Raters];
        for (int pattern = 0; pattern < Count; pattern++)
        {
            ReadOnlySpan<bool> marked = Decisions(pattern);
            for (int first = 0; first < Raters && _votes[pattern] > 0; first++)
            {
                for (int second = 0; second < Raters && marked[first]; second++)
                {
                    overlaps[first, second] += marked[second] ? _pixels[pattern] : 0;
                }
            }
        }

        return overlaps;
    }

    /// <summary>Splits every pattern by what one more rater says; returns how many there are then.</summary>
    private int Split(ReadOnlySpan<byte> mask, int count)
    {
        // Numbered as they are met, so that no number stands for a pattern without pixels.
        var next = new int[2 * count];
        Array.Fill(next, -1);
        int found = 0;
        for (int pixel = 0; pixel < mask.Length; pixel++)
        {
            ref int pattern = ref next[(2 * _patternOf[pixel]) + mask[pixel]];
            if (pattern < 0)
            {
                pattern = found++;
            }

            _patternOf[pixel] = pattern;
        }

        return found;
    }
}
