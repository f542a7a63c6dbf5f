using Consensus.Imaging;
using Consensus.Imaging.Cases;
using Consensus.Imaging.Formats.Nifti;
using Consensus.Imaging.Labels;
using Consensus.ML.Datasets;
using Consensus.ML.MLNet;
using Consensus.ML.Segmentation;
using Microsoft.Data.Analysis;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Consensus.ML;

// What ml.Data gains: cases as rows of paths.
public static partial class ConsensusCatalog
{
    /// <summary>Lists the cases of one task of a QUBIQ folder.</summary>
    /// <remarks>
    /// Columns: Case (Text), Group (Text, here the case's name), ImagePath (Text), AnnotationPaths (vector of Text, one path a rater),
    /// RaterNames (vector of Text, the masks' numbers), cases in numeric order. Files are not read here. A warning in the ML.NET log
    /// names each case that is left out, or that is kept though it has another number of masks than the task.
    /// </remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="root">The folder that holds the set's folder, or is it.</param>
    /// <param name="task">The task.</param>
    /// <param name="split">Training or validation cases.</param>
    /// <param name="missingRaters">
    /// Whether a case with another number of masks than the task is left out, as the paper does, or kept.
    /// </param>
    /// <exception cref="IOException">The folder is missing or holds no case of the task; the message names it.</exception>
    /// <example>
    /// <code>
    /// IDataView cases = ml.Data.LoadFromQubiq("QUBIQ", QubiqTask.BrainGrowth, QubiqSplit.Train);
    /// IDataView validation = ml.Data.LoadFromQubiq("QUBIQ", QubiqTask.BrainGrowth, QubiqSplit.Validation);
    /// </code>
    /// </example>
    public static IDataView LoadFromQubiq(
        this DataOperationsCatalog catalog,
        string root,
        QubiqTask task,
        QubiqSplit split,
        MissingRaters missingRaters = MissingRaters.Drop)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(root);
        ArgumentNullException.ThrowIfNull(task);
        return Load(catalog, QubiqDataset.List(root, task, split, missingRaters), nameof(LoadFromQubiq));
    }

    /// <summary>
    /// Lists the cases of a set that a manifest describes (<see cref="DatasetManifest"/>; data-schemas/dataset.schema.json).
    /// </summary>
    /// <remarks>
    /// Columns: Case (Text), Group (Text, <see cref="RaterCase.Group"/>), ImagePath (Text, or a vector of Text where a case has several
    /// files, one a channel), AnnotationPaths (vector of Text, one path a rater) and RaterNames (vector of Text, who drew each), in the
    /// manifest's order. Files are not read here, but for the headers of volumes that are cut into slices. A warning in the ML.NET log
    /// names each case that is left out for its number of masks (<see cref="DatasetManifest.MissingRaters"/>).
    /// </remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="path">The manifest, usually called <c>dataset.json</c>.</param>
    /// <param name="split">The split, as the manifest calls it; null for all cases.</param>
    /// <exception cref="ArgumentException">There is no such split; the message lists those there are.</exception>
    /// <exception cref="FileNotFoundException">The manifest does not exist.</exception>
    /// <exception cref="InvalidDataException">It has a mistake, or no case of it can be used; the message says where and why.</exception>
    /// <exception cref="IOException">It, or a volume, cannot be opened.</exception>
    /// <example>
    /// <code>
    /// IDataView cases = ml.Data.LoadFromManifest("retina/dataset.json", split: "train");
    /// </code>
    /// </example>
    public static IDataView LoadFromManifest(this DataOperationsCatalog catalog, string path, string? split = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Load(catalog, DatasetManifest.Read(path).List(split), nameof(LoadFromManifest));
    }

    /// <summary>Cases from a table with one column of mask paths for each rater, as <c>DataFrame.LoadCsv</c> reads it.</summary>
    /// <remarks>
    /// Columns: Case, Group, ImagePath, AnnotationPaths and RaterNames as from <see cref="LoadFromCases"/>; the raters are called as
    /// their columns. Files are not read here. A data frame that has these columns itself, the vectors as
    /// <c>VBufferDataFrameColumn&lt;ReadOnlyMemory&lt;char&gt;&gt;</c>, needs no loading: it is a data view.
    /// </remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="frame">The table: a row a case. It is read at once.</param>
    /// <param name="raterColumns">
    /// The columns with the paths of the masks, in the order of the raters. An empty cell is a rater who did not draw the case.
    /// </param>
    /// <param name="caseColumn">The column with the names of the cases.</param>
    /// <param name="imageColumns">The columns with the paths of the images, one a channel; null for one called ImagePath.</param>
    /// <param name="folder">The folder that relative paths start from; null for the current one.</param>
    /// <param name="groupColumn">
    /// The column that says which cases belong together, such as that of the patients (<see cref="RaterCase.Group"/>; an empty cell: to
    /// no other). Null for none.
    /// </param>
    /// <exception cref="ArgumentException">
    /// There is no such column, the message lists those there are; or a rater is given twice.
    /// </exception>
    /// <exception cref="InvalidDataException">
    /// A row has no name or no image, or a name that holds a control character; the message names it.
    /// </exception>
    /// <example>
    /// <code>
    /// DataFrame table = DataFrame.LoadCsv("cases.csv");   // Case, ImagePath, Ann, Ben, Cleo
    /// IDataView cases = ml.Data.LoadFromDataFrame(table, raterColumns: ["Ann", "Ben", "Cleo"]);
    /// </code>
    /// </example>
    public static IDataView LoadFromDataFrame(
        this DataOperationsCatalog catalog,
        DataFrame frame,
        IReadOnlyList<string> raterColumns,
        string caseColumn = "Case",
        IReadOnlyList<string>? imageColumns = null,
        string? folder = null,
        string? groupColumn = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentNullException.ThrowIfNull(raterColumns);
        ArgumentException.ThrowIfNullOrEmpty(caseColumn);
        return CaseRows.Load(
            catalog, [.. FrameCases.Read(frame, caseColumn, groupColumn, imageColumns ?? ["ImagePath"], raterColumns, folder ?? "")]);
    }

    /// <summary>
    /// Cases that a program has put together itself, as rows: one image and its masks each, from any place and in any format that is read.
    /// </summary>
    /// <remarks>
    /// Columns: Case (Text), Group (Text, <see cref="RaterCase.Group"/>), ImagePath (Text, or a vector of Text where a case has
    /// several files, one a channel), AnnotationPaths (vector of Text, one path a rater) and RaterNames (vector of Text, who drew
    /// each). Files are not read here.
    /// </remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="cases">The cases; their order is kept.</param>
    /// <exception cref="InvalidDataException">
    /// The name of a case or of a rater holds a control character or half a character; the message shows it.
    /// </exception>
    /// <example>
    /// <code>
    /// RaterCase one = new("eye01", "eye01.jpg", ["eye01_Ann.png", "eye01_Ben.png"]) { RaterNames = ["Ann", "Ben"] };
    /// IDataView cases = ml.Data.LoadFromCases([one]);
    /// </code>
    /// </example>
    public static IDataView LoadFromCases(this DataOperationsCatalog catalog, IEnumerable<RaterCase> cases)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(cases);
        return CaseRows.Load(catalog, [.. cases]);
    }

    /// <summary>The slices of a volume as rows, for a trained model to predict.</summary>
    /// <remarks>
    /// Columns: Case (Text, the file's name and the slice's number), Group (Text, the volume's path) and ImagePath (Text, a
    /// <see cref="SliceAddress"/>), in the order of the slices. The header is read here, the values when the rows are; rows read in turn
    /// do not unpack the volume each time. <see cref="NiftiFile.WriteVolume"/> puts predicted slices back into a volume.
    /// </remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="path">A NIfTI volume: X×Y×Z, with up to <see cref="ImageLimits.MaximumChannels"/> channels on one further axis.</param>
    /// <param name="axis">
    /// The axis that is cut: 0, 1 or 2 of the stored array; the other two become rows and columns. Null for the one of length 1, and of a
    /// volume for the third. A model that was trained on volumes wants theirs (<see cref="SegmentationTransformer.VolumeAxes"/>), and
    /// refuses slices along another.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The axis is not 0, 1 or 2.</exception>
    /// <exception cref="FileNotFoundException">The file does not exist.</exception>
    /// <exception cref="InvalidDataException">
    /// It is no NIfTI file or cannot be cut into slices; the message names it and says why.
    /// </exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <example>
    /// <code>
    /// IDataView slices = ml.Data.LoadFromVolume("scan.nii.gz", axis: 2);
    /// float[][] softMaps = [.. model.Transform(slices).GetColumn&lt;float[]&gt;("SoftMap")];
    /// </code>
    /// </example>
    public static IDataView LoadFromVolume(this DataOperationsCatalog catalog, string path, int? axis = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentException.ThrowIfNullOrEmpty(path);
        return CaseRows.Load(catalog, NiftiFile.ListSlices(path, axis));
    }

    private static IDataView Load(DataOperationsCatalog catalog, CaseListing listing, string caller)
    {
        using (IChannel channel = catalog.Environment().Register(caller).Start("List"))
        {
            foreach (string warning in listing.Warnings)
            {
                channel.Warning(MessageSensitivity.UserData, warning);
            }
        }

        return CaseRows.Load(catalog, listing.Cases);
    }
}
