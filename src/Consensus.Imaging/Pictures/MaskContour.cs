using System.Diagnostics;

namespace Consensus.Imaging.Pictures;

/// <summary>The outline of a binary mask along the edges of its pixels.</summary>
internal static class MaskContour
{
    // Directions of an edge, clockwise on the screen: right, down, left, up.
    private static readonly (int X, int Y)[] Steps = [(1, 0), (0, 1), (-1, 0), (0, -1)];

    /// <summary>
    /// Traces every border between marked and unmarked pixels, clockwise around marked pixels and counter-clockwise around holes. Marked
    /// pixels at the edge of the image have a border there. Pixels that touch only at a corner get separate outlines.
    /// </summary>
    /// <param name="mask">The mask, row by row. A pixel is marked if its value is not 0.</param>
    /// <param name="height">Number of rows.</param>
    /// <param name="width">Number of columns.</param>
    /// <returns>
    /// Closed loops of pixel corners. Neighbouring corners are one unit apart, and the last corner is joined to the first. The top left of
    /// the image is (0, 0), the bottom right is (width, height).
    /// </returns>
    public static List<(int X, int Y)[]> Trace(ReadOnlySpan<byte> mask, int height, int width)
    {
        byte[] edges = Edges(mask, height, width);
        var loops = new List<(int X, int Y)[]>();
        var loop = new List<(int X, int Y)>();
        int stride = width + 1;
        for (int start = 0; start < edges.Length; start++)
        {
            // Every loop has at least one edge that leads to the right, at the top of a marked pixel.
            while ((edges[start] & 1) != 0)
            {
                loop.Clear();
                int at = start, direction = 0;
                do
                {
                    edges[at] &= (byte)~(1 << direction);
                    loop.Add((at % stride, at / stride));
                    at += Steps[direction].X + (stride * Steps[direction].Y);
                    direction = Next(edges[at], direction, isStart: at == start);
                }
                while (direction >= 0);

                loops.Add([.. loop]);
            }
        }

        return loops;
    }

    /// <summary>
    /// For each corner, the edges that begin there, with one bit for each direction. The marked pixel lies on the right of an edge.
    /// </summary>
    private static byte[] Edges(ReadOnlySpan<byte> mask, int height, int width)
    {
        var edges = new byte[(height + 1) * (width + 1)];
        int stride = width + 1;
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                int pixel = (y * width) + x, corner = (y * stride) + x;
                if (mask[pixel] == 0)
                {
                    continue;
                }

                if (y == 0 || mask[pixel - width] == 0)
                {
                    edges[corner] |= 1;
                }

                if (x == width - 1 || mask[pixel + 1] == 0)
                {
                    edges[corner + 1] |= 2;
                }

                if (y == height - 1 || mask[pixel + width] == 0)
                {
                    edges[corner + stride + 1] |= 4;
                }

                if (x == 0 || mask[pixel - 1] == 0)
                {
                    edges[corner + stride] |= 8;
                }
            }
        }

        return edges;
    }

    /// <summary>
    /// The next direction. It turns right if possible, so the outline stays at the same pixel where two pixels touch at a corner. Returns
    /// -1 if the next edge is the first edge of the loop.
    /// </summary>
    private static int Next(byte edges, int direction, bool isStart)
    {
        for (int turn = 1; turn >= -1; turn--)
        {
            int next = (direction + turn + 4) % 4;
            if (isStart && next == 0)
            {
                return -1;
            }

            if ((edges & (1 << next)) != 0)
            {
                return next;
            }
        }

        throw new UnreachableException("An outline of pixels ends nowhere.");
    }
}
