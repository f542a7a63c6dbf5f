using Consensus.Imaging.Storage;
using Consensus.ML.Cli.Shell;
using Microsoft.ML;

namespace Consensus.ML.Cli.Training;

/// <summary>Saves a trained model.</summary>
internal static class ModelWriter
{
    /// <summary>
    /// Writes the model. Training may have taken hours, so a model that cannot be written to its place is kept in the temporary folder.
    /// </summary>
    /// <exception cref="IOException">The model cannot be written to its place; the message says where it was kept.</exception>
    public static void Save(MLContext ml, ITransformer model, DataViewSchema schema, string path)
    {
        try
        {
            Write(path);
        }
        catch (IOException exception)
        {
            string refuge = Path.Combine(Path.GetTempPath(), $"consensus-{Guid.NewGuid():N}.zip");
            try
            {
                Write(refuge);
            }
            catch (IOException)
            {
                throw exception;
            }

            throw new IOException($"{exception.Message.TrimEnd('.')}; the trained model was kept as '{refuge}'.", exception);
        }

        void Write(string file) => Interruption.Write(() => AtomicFile.Write(file, stream => ml.Model.Save(model, schema, stream)));
    }
}
