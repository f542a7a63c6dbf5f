namespace Consensus.Imaging.Metrics;

/// <summary>
/// The cheapest matching of two sets that may have different sizes. Every member of a set has the same weight: both sets are replicated to
/// the least common multiple of their sizes, and the copies are paired one to one. This is optimal transport between two uniform
/// distributions. It is solved exactly by successive shortest paths, without storing the copies. <see cref="MeanCostOfPairs"/> matches
/// without copies, so that members of the larger set stay without a partner.
/// </summary>
internal static class UniformTransport
{
    // A path must be shorter by at least this value. Otherwise, rounding could send the search round a circle of zero cost for ever.
    private const double Gain = 1e-12;

    /// <summary>The mean cost of the matched pairs.</summary>
    /// <param name="costs">Cost of each pair: rows × columns, both at least 1.</param>
    public static double MeanCost(double[,] costs)
    {
        int rows = costs.GetLength(0), columns = costs.GetLength(1);
        long copies = (long)rows / Divisor(rows, columns) * columns;
        var flow = new long[rows, columns];
        long[] free = [.. Enumerable.Repeat(copies / columns, columns)];
        for (int row = 0; row < rows; row++)
        {
            for (long left = copies / rows; left > 0;)
            {
                left -= Assign(costs, flow, free, row, left);
            }
        }

        return Total(costs, flow) / copies;
    }

    /// <summary>
    /// The mean cost of the pairs of the cheapest assignment: each row is paired with a column of its own. If there are more rows than
    /// columns, each column is paired with a row of its own.
    /// </summary>
    /// <param name="costs">Cost of each pair: rows × columns, both at least 1.</param>
    public static double MeanCostOfPairs(double[,] costs)
    {
        int rows = costs.GetLength(0), columns = costs.GetLength(1);
        if (rows > columns)
        {
            var turned = new double[columns, rows];
            for (int row = 0; row < rows; row++)
            {
                for (int column = 0; column < columns; column++)
                {
                    turned[column, row] = costs[row, column];
                }
            }

            return MeanCostOfPairs(turned);
        }

        var flow = new long[rows, columns];
        long[] free = [.. Enumerable.Repeat(1L, columns)];
        for (int row = 0; row < rows; row++)
        {
            Assign(costs, flow, free, row, 1);
        }

        return Total(costs, flow) / rows;
    }

    /// <summary>
    /// Assigns copies of a row along the cheapest path. The path leads to a column. If that column is full, copies of another row move
    /// from it to a second column, and so on, until a column has room.
    /// </summary>
    private static long Assign(double[,] costs, long[,] flow, long[] free, int row, long most)
    {
        int columns = free.Length;
        (double[,] moves, int[,] movers) = Moves(costs, flow);
        var distance = new double[columns];
        int[] before = [.. Enumerable.Repeat(-1, columns)];
        for (int column = 0; column < columns; column++)
        {
            distance[column] = costs[row, column];
        }

        for (bool changed = true; changed;)
        {
            changed = false;
            for (int from = 0; from < columns; from++)
            {
                for (int to = 0; to < columns; to++)
                {
                    if (distance[from] + moves[from, to] < distance[to] - Gain)
                    {
                        (distance[to], before[to], changed) = (distance[from] + moves[from, to], from, true);
                    }
                }
            }
        }

        int end = Enumerable.Range(0, columns).Where(column => free[column] > 0).MinBy(column => distance[column]);
        long amount = Math.Min(most, free[end]);
        for (int column = end; before[column] >= 0; column = before[column])
        {
            amount = Math.Min(amount, flow[movers[before[column], column], before[column]]);
        }

        free[end] -= amount;
        int last = end;
        for (; before[last] >= 0; last = before[last])
        {
            int mover = movers[before[last], last];
            flow[mover, before[last]] -= amount;
            flow[mover, last] += amount;
        }

        flow[row, last] += amount;
        return amount;
    }

    /// <summary>
    /// For each pair of columns, the smallest cost of moving an assigned copy from the one to the other, and the row of that copy.
    /// </summary>
    private static (double[,] Costs, int[,] Rows) Moves(double[,] costs, long[,] flow)
    {
        int columns = costs.GetLength(1);
        var moves = new double[columns, columns];
        var movers = new int[columns, columns];
        for (int from = 0; from < columns; from++)
        {
            for (int to = 0; to < columns; to++)
            {
                moves[from, to] = double.PositiveInfinity;
            }

            for (int row = 0; row < costs.GetLength(0); row++)
            {
                for (int to = 0; flow[row, from] > 0 && to < columns; to++)
                {
                    double cost = costs[row, to] - costs[row, from];
                    if (to != from && cost < moves[from, to])
                    {
                        (moves[from, to], movers[from, to]) = (cost, row);
                    }
                }
            }
        }

        return (moves, movers);
    }

    private static double Total(double[,] costs, long[,] flow)
    {
        double total = 0;
        for (int row = 0; row < costs.GetLength(0); row++)
        {
            for (int column = 0; column < costs.GetLength(1); column++)
            {
                total += flow[row, column] * costs[row, column];
            }
        }

        return total;
    }

    private static int Divisor(int one, int other) => other == 0 ? one : Divisor(other, one % other);
}
