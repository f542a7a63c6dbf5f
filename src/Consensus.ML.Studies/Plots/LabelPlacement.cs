namespace Consensus.ML.Studies.Plots;

/// <summary>Where a label stands: its left end and the middle of its height.</summary>
internal readonly record struct Label(double X, double Y);

/// <summary>
/// Puts names beside points so that names cover neither each other nor the points. Each name in turn gets the place where it overlaps
/// least, and among such places the nearest.
/// </summary>
internal static class LabelPlacement
{
    // Vertical distances from the point, in heights of a letter: first beside the point, then above and below it in turn.
    private static readonly double[] Shifts = [0, -0.9, 0.9, -1.7, 1.7, -2.5, 2.5, -3.4, 3.4, -4.4, 4.4];

    /// <param name="points">The names, and the places of the points in pixels.</param>
    /// <param name="letterWidth">Width of a letter, in pixels.</param>
    /// <param name="letterHeight">Height of a line, in pixels.</param>
    /// <param name="marker">Half the size of a point.</param>
    /// <param name="width">Width of the area, in pixels.</param>
    /// <param name="height">Height of the area, in pixels.</param>
    public static Label[] Place(
        IReadOnlyList<(string Name, double X, double Y)> points,
        double letterWidth,
        double letterHeight,
        double marker,
        double width,
        double height)
    {
        List<Box> taken = [.. points.Select(point => new Box(point.X - marker, point.Y - marker, point.X + marker, point.Y + marker))];
        var labels = new Label[points.Count];
        foreach (int i in Enumerable.Range(0, points.Count).OrderBy(i => points[i].Y).ThenBy(i => points[i].X))
        {
            (string name, double x, double y) = points[i];
            double length = name.Length * letterWidth;
            IEnumerable<Label> candidates = Shifts.SelectMany(shift => new[]
            {
                new Label(x + marker + 5, y + (shift * letterHeight)), new Label(x - marker - 5 - length, y + (shift * letterHeight)),
            });
            Label best = candidates.MinBy(label => Cost(label));
            labels[i] = best;
            taken.Add(Around(best));

            double Cost(Label label)
            {
                Box box = Around(label);
                double outside = Math.Max(0, -box.Left) + Math.Max(0, box.Right - width) + Math.Max(0, -box.Top)
                    + Math.Max(0, box.Bottom - height);
                return taken.Sum(other => other.Overlap(box)) + (100 * outside) + (0.4 * Math.Abs(label.Y - y));
            }

            Box Around(Label label) => new(label.X, label.Y - (letterHeight / 2), label.X + length, label.Y + (letterHeight / 2));
        }

        return labels;
    }

    private readonly record struct Box(double Left, double Top, double Right, double Bottom)
    {
        public double Overlap(Box other) => Math.Max(0, Math.Min(Right, other.Right) - Math.Max(Left, other.Left))
            * Math.Max(0, Math.Min(Bottom, other.Bottom) - Math.Max(Top, other.Top));
    }
}
