using System.IO.Compression;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Data")]

namespace Consensus.ML.MLNet
{
    /// <summary>
    /// The only place that uses internals of ML.NET. A third-party trainer needs them, and the public API does not offer them: the
    /// environment behind a catalog, and the settings of the <see cref="MLContext"/> behind an environment.
    /// </summary>
    internal static class MLNetInternals
    {
        /// <summary>The host environment behind <c>mlContext.Transforms</c>.</summary>
        /// <exception cref="InvalidOperationException">
        /// This ML.NET has other internals; the message names its version and the one that works.
        /// </exception>
        public static IHostEnvironment Environment(this TransformsCatalog catalog) => EnvironmentOf(catalog);

        /// <summary>The host environment behind <c>mlContext.Data</c>.</summary>
        /// <exception cref="InvalidOperationException">
        /// This ML.NET has other internals; the message names its version and the one that works.
        /// </exception>
        public static IHostEnvironment Environment(this DataOperationsCatalog catalog) => EnvironmentOf(catalog);

        /// <summary>The host environment behind <c>mlContext.Model</c>.</summary>
        /// <exception cref="InvalidOperationException">
        /// This ML.NET has other internals; the message names its version and the one that works.
        /// </exception>
        public static IHostEnvironment Environment(this ModelOperationsCatalog catalog) => EnvironmentOf(catalog);

        /// <summary>The host environment behind an <see cref="MLContext"/>.</summary>
        /// <exception cref="InvalidOperationException">
        /// This ML.NET has other internals; the message names its version and the one that works.
        /// </exception>
        public static IHostEnvironment Environment(this MLContext context) => context.Transforms.Environment();

        /// <summary><see cref="MLContext.GpuDeviceId"/>: the CUDA device asked for, or null for the CPU.</summary>
        public static int? GpuDeviceId(this IHostEnvironment environment) => (environment as IHostEnvironmentInternal)?.GpuDeviceId;

        /// <summary><see cref="MLContext.FallbackToCpu"/>: whether the CPU may take over from a GPU that is not there.</summary>
        public static bool FallbackToCpu(this IHostEnvironment environment) =>
            (environment as IHostEnvironmentInternal)?.FallbackToCpu ?? true;

        /// <summary>The seed given to the <see cref="MLContext"/>, if any.</summary>
        public static int? Seed(this IHostEnvironment environment) => (environment as IHostEnvironmentInternal)?.Seed;

        /// <summary>Whether cancellation was requested on the <see cref="MLContext"/> behind the environment.</summary>
        public static bool IsCanceled(this IHostEnvironment environment) => (environment as ICancelable)?.IsCanceled ?? false;

        /// <summary>
        /// The unpacked length in bytes of an entry of a step's folder in a model zip, from the zip's directory. ML.NET unpacks the whole
        /// entry to a temporary file before it returns it, and .NET ends an entry at this length in any case. If several entries have the
        /// name, this is the largest length. Null if there is no such entry, or if this version of ML.NET keeps its archive elsewhere: the
        /// caller then finds the length after unpacking.
        /// </summary>
        public static long? UnpackedLength(this ModelLoadContext context, string name)
        {
            ZipArchive archive;
            try
            {
                archive = Archive(context.Repository);
            }
            catch (MissingFieldException)
            {
                return null;
            }

            string path = Uniform(Path.Combine(context.Directory ?? "", name));
            return archive.Entries.Where(entry => Uniform(entry.FullName) == path).Max(entry => (long?)entry.Length);

            static string Uniform(string path) => path.Replace('\\', '/');
        }

        /// <summary>A column of a <see cref="SchemaShape"/>, whose constructor is not public.</summary>
        public static SchemaShape.Column ShapeColumn(string name, SchemaShape.Column.VectorKind kind, DataViewType itemType) =>
            new(name, kind, itemType, isKey: false);

        /// <summary>The result of one fold of a cross-validation, whose constructor is not public.</summary>
        public static TrainCatalogBase.CrossValidationResult<T> FoldResult<T>(
            ITransformer model,
            T metrics,
            IDataView scoredHoldOutSet,
            int fold)
            where T : class => new(model, metrics, scoredHoldOutSet, fold);

        /// <summary>What a trainer needs and can do, as ML.NET describes it; the constructor is not public.</summary>
        public static TrainerInfo TrainerInfo(
            bool normalization,
            bool calibration,
            bool caching,
            bool validation,
            bool incremental) => new(normalization, calibration, caching, validation, incremental, supportTest: false);

        private static IHostEnvironment EnvironmentOf(object catalog)
        {
            MLNetCheck.Ensure();
            return CheckedEnvironmentOf(catalog);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static IHostEnvironment CheckedEnvironmentOf(object catalog) => ((IInternalCatalog)catalog).Environment;

        /// <summary>
        /// A model's header. It holds the assembly's simple name. With the full name, an older version of this library would refuse a model
        /// only because a newer version wrote it.
        /// </summary>
        public static Microsoft.ML.VersionInfo VersionInfo(string signature, string loader, Assembly? assembly = null) =>
            new(modelSignature: signature, verWrittenCur: 0x00010001, verReadableCur: 0x00010001, verWeCanReadBack: 0x00010001,
                loaderAssemblyName: (assembly ?? typeof(MLNetInternals).Assembly).GetName().Name!, loaderSignature: loader);

        [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_archive")]
        private static extern ref ZipArchive Archive(RepositoryReader reader);
    }
}

namespace System.Runtime.CompilerServices
{
    /// <summary>The runtime knows this attribute by name: an assembly that has it may use the internals of the named assembly.</summary>
    [AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
    internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
    {
        public string AssemblyName { get; } = assemblyName;
    }
}
