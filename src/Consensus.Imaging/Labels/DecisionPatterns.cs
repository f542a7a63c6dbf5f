namespace Consensus.Imaging.Labels;

/// <summary>
/// The pixels of one slice, grouped by the set of raters that marked them. Such a set is a pattern of decisions, and a slice has only a
/// few different patterns. Areas, overlaps, kappa and STAPLE do not depend on the position of a pixel, so the number of pixels of each
/// pattern is enough to compute them.
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

        Size = _patternOf.Length;
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

    private DecisionPatterns(int raters, int size, long[] pixels, bool[] decisions, int[] votes)
    {
        (Raters, Size, _patternOf) = (raters, size, []);
        (_pixels, _decisions, _votes) = (pixels, decisions, votes);
    }

    /// <summary>Number of raters.</summary>
    public int Raters { get; }

    /// <summary>Number of different patterns; at least 1.</summary>
    public int Count => _pixels.Length;

    /// <summary>Number of pixels of the slice.</summary>
    public int Size { get; }

    /// <summary>Number of pixels that have a pattern; at least 1.</summary>
    public long Pixels(int pattern) => _pixels[pattern];

    /// <summary>Number of raters that marked the pixels of a pattern.</summary>
    public int Votes(int pattern) => _votes[pattern];

    /// <summary>For each rater, whether this rater marked the pixels of a pattern.</summary>
    public ReadOnlySpan<bool> Decisions(int pattern) => _decisions.AsSpan(pattern * Raters, Raters);

    /// <summary>
    /// The patterns of two slices by the same raters, as of one larger slice, such as those of a volume. It knows how many pixels have a
    /// pattern, but not which: <see cref="Spread"/> cannot be used.
    /// </summary>
    /// <exception cref="ArgumentException">The slices have different numbers of raters.</exception>
    public static DecisionPatterns Join(DecisionPatterns one, DecisionPatterns other)
    {
        if (one.Raters != other.Raters)
        {
            throw new ArgumentException($"A slice has masks of {one.Raters} raters, and another one of {other.Raters}.", nameof(other));
        }

        var found = new Dictionary<string, int>(StringComparer.Ordinal);
        List<long> pixels = [];
        List<bool> decisions = [];
        List<int> votes = [];
        foreach (DecisionPatterns slice in (DecisionPatterns[])[one, other])
        {
            for (int pattern = 0; pattern < slice.Count; pattern++)
            {
                string key = string.Create(slice.Raters, (slice, pattern), (text, state) =>
                {
                    ReadOnlySpan<bool> marked = state.slice.Decisions(state.pattern);
                    for (int rater = 0; rater < text.Length; rater++)
                    {
                        text[rater] = marked[rater] ? '1' : '0';
                    }
                });
                if (found.TryAdd(key, pixels.Count))
                {
                    pixels.Add(0);
                    votes.Add(slice.Votes(pattern));
                    decisions.AddRange(slice.Decisions(pattern));
                }

                pixels[found[key]] += slice.Pixels(pattern);
            }
        }

        return new(one.Raters, checked(one.Size + other.Size), [.. pixels], [.. decisions], [.. votes]);
    }

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

    /// <summary>
    /// For each pair of raters, the number of pixels that both marked: raters × raters values. The diagonal holds the raters' areas.
    /// </summary>
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

    /// <summary>Splits every pattern by the decisions of one more rater. Returns the new number of patterns.</summary>
    private int Split(ReadOnlySpan<byte> mask, int count)
    {
        // Patterns get their numbers when they first occur. So every number belongs to a pattern with pixels.
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
