using Microsoft.ML.Data;

namespace Consensus.ML.Transforms.Columns;

/// <summary>Vectors of ML.NET rows and arrays.</summary>
internal static class Vectors
{
    /// <summary>Copies an array into a row's buffer. The array is copied because a reader of the column may change the buffer.</summary>
    public static void Copy(ReadOnlySpan<float> from, ref VBuffer<float> to)
    {
        VBufferEditor<float> editor = VBufferEditor.Create(ref to, from.Length);
        from.CopyTo(editor.Values);
        to = editor.Commit();
    }

    /// <summary>All values, zeros of a sparse vector included.</summary>
    public static T[] ToArray<T>(in VBuffer<T> from)
    {
        var values = new T[from.Length];
        from.CopyTo(values);
        return values;
    }
}
