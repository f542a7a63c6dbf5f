using Consensus.Imaging.Metrics;

namespace Consensus.Imaging.Tests.Metrics;

public sealed class UniformTransportTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    [InlineData(1, 5)]
    [InlineData(4, 2)]
    [InlineData(2, 3)]
    [InlineData(3, 2)]
    [InlineData(6, 3)]
    [InlineData(7, 7)]
    public void The_cost_is_the_least_of_all_assignments_of_the_copies(int rows, int columns)
    {
        var random = new Random((10 * rows) + columns);
        for (int trial = 0; trial < 20; trial++)
        {
            // The costs have few different values, so that there are ties; or they are arbitrary.
            var costs = new double[rows, columns];
            for (int i = 0; i < costs.Length; i++)
            {
                costs[i / columns, i % columns] = trial % 2 == 0 ? random.Next(4) / 4.0 : random.NextDouble();
            }

            Assert.Equal(OfAllAssignments(costs), UniformTransport.MeanCost(costs), 1e-9);
        }
    }

    [Fact]
    public void Hundreds_of_samples_and_a_few_raters_are_matched_as_if_each_were_copied()
    {
        // Sample i costs 0 with rater i mod 7, and 1 with every other rater. Each of the 7 raters takes 25 of the 175 samples.
        var costs = new double[175, 7];
        for (int sample = 0; sample < 175; sample++)
        {
            for (int rater = 0; rater < 7; rater++)
            {
                costs[sample, rater] = sample % 7 == rater ? 0 : 1;
            }
        }

        Assert.Equal(0, UniformTransport.MeanCost(costs), 1e-12);

        // All 100 samples fit the first of 6 raters. Only 1/6 of them can be paired with this rater.
        costs = new double[100, 6];
        for (int i = 0; i < costs.Length; i++)
        {
            costs[i / 6, i % 6] = i % 6 == 0 ? 0 : 1;
        }

        Assert.Equal(5 / 6.0, UniformTransport.MeanCost(costs), 1e-9);
    }

    /// <summary>Makes the copies, and tries all ways to pair each copied row with a copied column.</summary>
    private static double OfAllAssignments(double[,] costs)
    {
        int rows = costs.GetLength(0), columns = costs.GetLength(1);
        int copies = Enumerable.Range(1, rows * columns).First(count => count % rows == 0 && count % columns == 0);
        var least = new Dictionary<int, double> { [0] = 0 };
        for (int copy = 0; copy < copies; copy++)
        {
            // The set of columns that are already taken, as bits, is all that matters from the earlier rows.
            var next = new Dictionary<int, double>();
            foreach ((int taken, double sum) in least)
            {
                for (int column = 0; column < copies; column++)
                {
                    if ((taken & (1 << column)) == 0)
                    {
                        double total = sum + costs[copy * rows / copies, column * columns / copies];
                        int now = taken | (1 << column);
                        next[now] = Math.Min(total, next.GetValueOrDefault(now, double.PositiveInfinity));
                    }
                }
            }

            least = next;
        }

        return least.Values.Single() / copies;
    }
}
