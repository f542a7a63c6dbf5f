using System.Runtime.InteropServices;
using SkiaSharp;

namespace Consensus.Imaging.Pictures;

/// <summary>
/// Draws the outlines of several masks as smooth lines. The lines are quadratic splines through the middles of the pixels' edges, which
/// are the points of marching squares. A line follows straight edges, cuts the corners of steps, and is never more than 0.36 pixels away
/// from the border of its mask. If several outlines share an edge, they are drawn in turns along it, so that no outline hides another.
/// </summary>
internal static class ContourLines
{
    private const float Turn = 7;
    private const float Casing = 1.3f;

    /// <summary>Draws the outline of every rater's mask.</summary>
    /// <param name="canvas">The canvas.</param>
    /// <param name="masks">The masks.</param>
    /// <param name="lines">A line for each mask.</param>
    /// <param name="area">The place of the image on the canvas.</param>
    /// <param name="thickness">The width of the lines, in pixels of the canvas.</param>
    public static void Draw(SKCanvas canvas, RaterMasks masks, IReadOnlyList<RaterLine> lines, SKRect area, float thickness)
    {
        var outlines = new List<(int X, int Y)[]>[masks.Raters];
        for (int rater = 0; rater < outlines.Length; rater++)
        {
            outlines[rater] = MaskContour.Trace(masks.Rater(rater), masks.Height, masks.Width);
        }

        int stride = masks.Width + 1;
        float scaleX = area.Width / masks.Width, scaleY = area.Height / masks.Height;
        Dictionary<long, Sharing> shared = Shared(outlines, stride);
        var paths = new SKPath[outlines.Length];
        for (int rater = 0; rater < paths.Length; rater++)
        {
            paths[rater] = Path(outlines[rater], lines[rater], shared, stride, Math.Min(scaleX, scaleY));
            paths[rater].Transform(SKMatrix.CreateScaleTranslation(scaleX, scaleY, area.Left, area.Top));
        }

        using var paint = new SKPaint { IsAntialias = true, Style = SKPaintStyle.Stroke, StrokeJoin = SKStrokeJoin.Round };
        (paint.Color, paint.StrokeWidth) = (new SKColor(0, 0, 0, 150), thickness + Casing);
        foreach (SKPath path in paths)
        {
            canvas.DrawPath(path, paint);
        }

        paint.StrokeWidth = thickness;
        for (int rater = 0; rater < paths.Length; rater++)
        {
            paint.Color = lines[rater].Colour;
            canvas.DrawPath(paths[rater], paint);
            paths[rater].Dispose();
        }
    }

    /// <summary>
    /// For each piece, the number of outlines that pass through it, and the position of the piece along the first of them.
    /// </summary>
    private static Dictionary<long, Sharing> Shared(List<(int X, int Y)[]>[] outlines, int stride)
    {
        var shared = new Dictionary<long, Sharing>();
        foreach (List<(int X, int Y)[]> loops in outlines)
        {
            foreach ((int X, int Y)[] loop in loops)
            {
                for (int i = 0; i < loop.Length; i++)
                {
                    ref Sharing piece = ref CollectionsMarshal.GetValueRefOrAddDefault(shared, Key(loop, i, stride), out bool known);
                    piece = known ? piece with { Outlines = piece.Outlines + 1 } : new(1, i, 0);
                }
            }
        }

        return shared;
    }

    /// <summary>
    /// The pieces of an outline that are drawn in its own colour because it is its turn. Coordinates are pixels of the image.
    /// </summary>
    private static SKPath Path(List<(int X, int Y)[]> loops, RaterLine line, Dictionary<long, Sharing> shared, int stride, float scale)
    {
        int turn = Math.Max(1, (int)MathF.Round(Turn / scale));
        var path = new SKPath();
        foreach ((int X, int Y)[] loop in loops)
        {
            bool isDown = false;
            for (int i = 0; i < loop.Length; i++)
            {
                ref Sharing piece = ref CollectionsMarshal.GetValueRefOrNullRef(shared, Key(loop, i, stride));
                bool hasTurn = piece.Position / turn % piece.Outlines == piece.Drawn;
                piece = piece with { Drawn = piece.Drawn + 1 };
                if (!hasTurn || !line.IsDrawn(i * scale))
                {
                    isDown = false;
                    continue;
                }

                // The spline runs through the middles of the pixels' edges.
                (float X, float Y) from = Middle(loop, i - 1), to = Middle(loop, i), beyond = Middle(loop, i + 1);
                if (!isDown)
                {
                    path.MoveTo((from.X + to.X) / 2, (from.Y + to.Y) / 2);
                    isDown = true;
                }

                path.QuadTo(to.X, to.Y, (to.X + beyond.X) / 2, (to.Y + beyond.Y) / 2);
            }
        }

        return path;
    }

    /// <summary>The middle of the edge that begins at a corner of the loop.</summary>
    private static (float X, float Y) Middle((int X, int Y)[] loop, int i)
    {
        (int X, int Y) from = loop[(i + loop.Length) % loop.Length], to = loop[(i + 1) % loop.Length];
        return ((from.X + to.X) / 2f, (from.Y + to.Y) / 2f);
    }

    /// <summary>
    /// A number for the pixel edge under a piece. Two outlines that share the edge get the same number, in either direction.
    /// </summary>
    private static long Key((int X, int Y)[] loop, int i, int stride)
    {
        (int X, int Y) from = loop[i], to = loop[(i + 1) % loop.Length];
        long corner = ((long)Math.Min(from.Y, to.Y) * stride) + Math.Min(from.X, to.X);
        return (2 * corner) + (from.X == to.X ? 1 : 0);
    }

    /// <param name="Outlines">Number of outlines that pass through a piece.</param>
    /// <param name="Position">The number of the piece along the first of these outlines.</param>
    /// <param name="Drawn">Number of these outlines that have been drawn already.</param>
    private readonly record struct Sharing(int Outlines, int Position, int Drawn);
}
