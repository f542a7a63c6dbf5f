using System.Runtime.ExceptionServices;
using Consensus.Imaging.Formats.Nifti;

namespace Consensus.ML.Datasets.Phantom;

/// <summary>
/// Writes imaginary patients in the layout and with the channels, raters, sizes and value types of a QUBIQ set, for samples and tests. The
/// data belongs to no patient and needs no licence. The raters differ as real raters do; see <see cref="Write"/>.
/// </summary>
public static class PhantomDataset
{
    private const int LargestCount = 9999;
    private const int SmallestSize = 16;
    private const int LargestSize = 2048;

    /// <summary>
    /// Writes <c>root/&lt;set&gt;/{train,val}/caseNN/</c> with <c>image.nii.gz</c> and one <c>task0T_seg0R.nii.gz</c> for each rater. Each
    /// rater tends to draw large or small in all cases, has smooth deviations that grow where the image is ambiguous, and sometimes misses
    /// a part.
    /// </summary>
    /// <remarks>
    /// The same arguments give the same bytes. The image of a case depends only on the set, split, case number, seed and size, so the tasks
    /// of one set can be written one after the other. Files of the same name are replaced. No file is deleted.
    /// </remarks>
    /// <param name="root">The folder for the set's folder; created if missing.</param>
    /// <param name="task">One of <see cref="QubiqTask.All"/>.</param>
    /// <param name="trainCases">Number of cases in <c>train</c>, 0 to 9999.</param>
    /// <param name="validationCases">Number of cases in <c>val</c>, 0 to 9999.</param>
    /// <param name="seed">Any number.</param>
    /// <param name="size">Rows and columns of every image, 16 to 2048; null for the real set's.</param>
    /// <exception cref="ArgumentException">The task is not one of the seven.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A count or the size is out of range.</exception>
    /// <exception cref="InvalidDataException">
    /// A case in the folder has masks of a different task that were drawn on a different image.
    /// </exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Write(string root, QubiqTask task, int trainCases, int validationCases, int seed, int? size = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        ArgumentNullException.ThrowIfNull(task);
        ArgumentOutOfRangeException.ThrowIfNegative(trainCases);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(trainCases, LargestCount);
        ArgumentOutOfRangeException.ThrowIfNegative(validationCases);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(validationCases, LargestCount);
        if (size is { } side)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(side, SmallestSize, nameof(size));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(side, LargestSize, nameof(size));
        }

        if (!QubiqTask.All.Contains(task))
        {
            throw new ArgumentException(
                $"There are no phantoms of '{task.Name}', only of {string.Join(", ", QubiqTask.All)}.", nameof(task));
        }

        WriteSplit(root, task, "train", trainCases, seed, size);
        WriteSplit(root, task, "val", validationCases, seed, size);
    }

    private static void WriteSplit(string root, QubiqTask task, string split, int cases, int seed, int? size)
    {
        try
        {
            // Every case has its own random numbers, so the order of drawing does not matter.
            Parallel.For(1, cases + 1, number =>
                WriteCase(Path.Combine(root, task.Folders[0], split, $"case{number:00}"), task, split, number, seed, size));
        }
        catch (AggregateException exception)
        {
            // One exception is enough: a full disk fails every case in the same way.
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }
    }

    private static void WriteCase(string folder, QubiqTask task, string split, int number, int seed, int? size)
    {
        string set = task.Folders[0];
        var random = new PhantomRandom(seed, $"{set}/{split}", number);
        int height = size ?? task.Height, width = size ?? task.Width;
        if (size is null && set == QubiqTask.Prostate1.Folders[0] && random.Next() < 0.2)
        {
            // Some of the real prostate cases are longer than the others.
            height = 960;
        }

        var canvas = new PhantomCanvas(height, width, random);
        (PhantomAnatomy anatomy, NiftiDataType type, long[] shape, double spacing, float marked) = set switch
        {
            "brain-growth" =>
                (BrainGrowthPhantom.Draw(canvas, random), NiftiDataType.Int16, new long[] { height, width }, 130.0 / height, 1f),
            "kidney" => (KidneyPhantom.Draw(canvas, random), NiftiDataType.Float64, [height, width], 180.0 / height, 1f),
            "prostate" => (ProstatePhantom.Draw(canvas, random), NiftiDataType.Int16, [height, width, 1], 200.0 / width, 255f),
            "brain-tumor" =>
                (BrainTumorPhantom.Draw(canvas, random), NiftiDataType.Float32, [height, width, task.Channels], 240.0 / height, 1f),
            _ => throw new ArgumentException($"There are no phantoms of '{set}'.", nameof(task)),
        };

        string imagePath = Path.Combine(folder, "image.nii.gz");
        CheckOtherTasks(folder, imagePath, task, anatomy.Pixels);
        NiftiWriter.Write(imagePath, Layout(shape, spacing, type), anatomy.Pixels);

        int index = task.Number - 1;
        byte[][] masks = PhantomRaters.Draw(
            canvas, anatomy.Structures[index], anatomy.Ambiguity[index], task.Raters, seed, task.Name, split, number);
        long[] maskShape = [.. shape.Select((length, axis) => axis < 2 ? length : 1)];
        for (int rater = 0; rater < masks.Length; rater++)
        {
            float[] values = Array.ConvertAll(masks[rater], mark => mark * marked);
            NiftiWriter.Write(
                Path.Combine(folder, $"task{task.Number:00}_seg{rater + 1:00}.nii.gz"),
                Layout(maskShape, spacing, NiftiDataType.UInt8),
                values);
        }
    }

    /// <summary>Checks that a case with masks of a different task keeps its image, because these masks fit no other image.</summary>
    private static void CheckOtherTasks(string folder, string imagePath, QubiqTask task, float[] pixels)
    {
        if (!File.Exists(imagePath))
        {
            return;
        }

        string own = $"task{task.Number:00}_";
        string? other = Directory.EnumerateFiles(folder, "task*_seg*.nii*").Select(Path.GetFileName).Order(StringComparer.Ordinal)
            .FirstOrDefault(name => !name!.StartsWith(own, StringComparison.Ordinal));
        if (other is not null && !NiftiFile.ReadSlice(imagePath).Pixels.AsSpan().SequenceEqual(pixels))
        {
            throw new InvalidDataException(
                $"'{folder}' holds '{other}', drawn on another image than {task.Name} would put there: "
                + "write all tasks of a set with one seed and size, or to another folder.");
        }
    }

    /// <summary>Rows run from front to back and columns from right to left of the patient, as radiologists view an axial slice.</summary>
    private static NiftiLayout Layout(long[] shape, double spacing, NiftiDataType type)
    {
        const double thickness = 3;
        double front = (shape[0] - 1) / 2.0 * spacing, right = (shape[1] - 1) / 2.0 * spacing;
        return new NiftiLayout
        {
            Shape = shape,
            Type = type,
            Orientation = new()
            {
                PixelDimensions = [1, spacing, spacing, thickness, 1, 1, 1, 1],
                SformCode = 1,
                Sform = [0, -spacing, 0, right, -spacing, 0, 0, front, 0, 0, thickness, 0],
            },
        };
    }
}
