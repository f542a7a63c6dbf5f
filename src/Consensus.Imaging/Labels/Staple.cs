namespace Consensus.Imaging.Labels;

/// <summary>
/// Simultaneous truth and performance level estimation (Warfield, Zou, Wells: IEEE Transactions on Medical Imaging 23(7), 2004) for binary
/// masks. It estimates a hidden true segmentation together with each rater's sensitivity and specificity, by expectation–maximisation.
/// </summary>
/// <remarks>
/// <para>
/// Pixels are independent; the paper's optional spatial prior is not used. Every pixel of the slice counts. A large background that nobody
/// marks brings every specificity close to 1 and makes the prior small. So compare specificities only between slices cropped alike.
/// </para>
/// <para>
/// At least three raters are needed to tell good raters from poor ones. For a single mask, the estimate is this mask. For two raters, both
/// share the blame for their differences equally, because the initial values rate them as equally good. If nobody marked anything, the
/// truth is empty, and if everybody marked everything, it is full, whatever the prior is.
/// </para>
/// </remarks>
public static class Staple
{
    /// <summary>Estimates the true segmentation and how well each rater drew it.</summary>
    /// <param name="masks">One mask per rater.</param>
    /// <param name="options">The starting values and the stopping rule; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range; the message names it.</exception>
    public static StapleEstimate Estimate(RaterMasks masks, StapleOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(masks);
        var patterns = new DecisionPatterns(masks);
        PerformanceEstimate performance = Estimate(patterns, options ?? new StapleOptions());
        return new(patterns.Spread(performance.Truth), performance);
    }

    /// <summary>Does the same for each pattern of decisions.</summary>
    internal static PerformanceEstimate Estimate(DecisionPatterns patterns, StapleOptions options)
    {
        options.Check();
        double prior = options.Prior ?? MeanDecision(patterns);
        if (patterns.Count == 1 && (patterns.Votes(0) == 0 || patterns.Votes(0) == patterns.Raters))
        {
            return Unanimous(patterns, prior);
        }

        // These are logarithms, because the product over many raters is too small for a double. The first index is 1 if the rater marked
        // the pixel.
        int raters = patterns.Raters;
        double[][] ifTrue = [Constant(Math.Log(1 - options.InitialSensitivity)), Constant(Math.Log(options.InitialSensitivity))];
        double[][] ifFalse = [Constant(Math.Log(options.InitialSpecificity)), Constant(Math.Log(1 - options.InitialSpecificity))];
        double[] sensitivity = Constant(options.InitialSensitivity), specificity = Constant(options.InitialSpecificity);
        double[] logTruth = new double[patterns.Count], logRest = new double[patterns.Count];
        double[] inside = new double[patterns.Count], outside = new double[patterns.Count];
        int iterations = 0;
        bool converged = false;
        while (!converged && iterations < options.MaximumIterations)
        {
            iterations++;
            Expect();
            converged = Maximise() <= options.Tolerance;
        }

        Expect();
        return new(Array.ConvertAll(logTruth, Math.Exp), sensitivity, specificity, prior, iterations, converged);

        double[] Constant(double value)
        {
            var values = new double[raters];
            Array.Fill(values, value);
            return values;
        }

        // E step: the probability that a pixel is true, given the decisions and the raters' performance.
        void Expect()
        {
            for (int pattern = 0; pattern < logTruth.Length; pattern++)
            {
                double logOdds = Math.Log(prior) - Math.Log(1 - prior);
                ReadOnlySpan<bool> marked = patterns.Decisions(pattern);
                for (int rater = 0; rater < marked.Length; rater++)
                {
                    int decision = marked[rater] ? 1 : 0;
                    logOdds += ifTrue[decision][rater] - ifFalse[decision][rater];
                }

                logTruth[pattern] = LogSigmoid(logOdds);
                logRest[pattern] = LogSigmoid(-logOdds);
            }
        }

        // M step: the raters' performance, given the probabilities. Returns the largest change.
        double Maximise()
        {
            Weigh(logTruth, inside);
            Weigh(logRest, outside);
            double change = 0;
            for (int rater = 0; rater < raters; rater++)
            {
                double markedTrue = 0, missedTrue = 0, markedFalse = 0, leftFalse = 0;
                for (int pattern = 0; pattern < inside.Length; pattern++)
                {
                    if (patterns.Decisions(pattern)[rater])
                    {
                        (markedTrue, markedFalse) = (markedTrue + inside[pattern], markedFalse + outside[pattern]);
                    }
                    else
                    {
                        (missedTrue, leftFalse) = (missedTrue + inside[pattern], leftFalse + outside[pattern]);
                    }
                }

                double allTrue = markedTrue + missedTrue, allFalse = markedFalse + leftFalse, p = markedTrue / allTrue,
                    q = leftFalse / allFalse;
                change = Math.Max(change, Math.Max(Math.Abs(p - sensitivity[rater]), Math.Abs(q - specificity[rater])));
                (sensitivity[rater], specificity[rater]) = (p, q);

                // Computing this from 1 − p would lose nearly all digits when p is close to 1.
                (ifTrue[1][rater], ifTrue[0][rater]) = (Math.Log(p), Math.Log(missedTrue / allTrue));
                (ifFalse[0][rater], ifFalse[1][rater]) = (Math.Log(q), Math.Log(markedFalse / allFalse));
            }

            return change;
        }

        // Only the ratios of the sums matter. After scaling by the largest probability, the sums cannot all become 0.
        void Weigh(double[] logarithms, double[] weights)
        {
            double largest = logarithms.Max();
            for (int pattern = 0; pattern < weights.Length; pattern++)
            {
                weights[pattern] = patterns.Pixels(pattern) * Math.Exp(logarithms[pattern] - largest);
            }
        }
    }

    /// <summary>log(1 / (1 + exp(−x))), also for x whose exp(−x) would overflow.</summary>
    private static double LogSigmoid(double x) => x < -40 ? x : -Math.Log(1 + Math.Exp(-x));

    /// <summary>
    /// The result if nobody marked anything, or if everybody marked everything. Then there are no pixels of one kind, and one of the two
    /// measures is not defined.
    /// </summary>
    private static PerformanceEstimate Unanimous(DecisionPatterns patterns, double prior)
    {
        bool full = patterns.Votes(0) > 0;
        double[] sensitivity = new double[patterns.Raters], specificity = new double[patterns.Raters];
        Array.Fill(sensitivity, full ? 1 : double.NaN);
        Array.Fill(specificity, full ? double.NaN : 1);
        return new([full ? 1 : 0], sensitivity, specificity, prior, 0, Converged: true);
    }

    private static double MeanDecision(DecisionPatterns patterns)
    {
        double marks = 0;
        for (int pattern = 0; pattern < patterns.Count; pattern++)
        {
            marks += (double)patterns.Pixels(pattern) * patterns.Votes(pattern);
        }

        return marks / ((double)patterns.Size * patterns.Raters);
    }
}

/// <summary>The result of STAPLE for each pattern of decisions.</summary>
/// <param name="Truth">For each pattern, the probability that its pixels are true.</param>
/// <param name="Sensitivity">One value for each rater.</param>
/// <param name="Specificity">One value for each rater.</param>
/// <param name="Prior">The prior that was used.</param>
/// <param name="Iterations">Number of iterations done.</param>
/// <param name="Converged">Whether the iterations ended because nothing changed any more.</param>
internal sealed record PerformanceEstimate(
    double[] Truth,
    double[] Sensitivity,
    double[] Specificity,
    double Prior,
    int Iterations,
    bool Converged);
