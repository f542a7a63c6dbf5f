using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Consensus.ML.MLNet;

/// <summary>The steps of an <see cref="EstimatorChain{TLastTransformer}"/>, which ML.NET keeps private.</summary>
internal abstract class EstimatorChainAccess
{
    /// <summary>The chain's steps, in their order.</summary>
    public abstract IReadOnlyList<IEstimator<ITransformer>> Steps { get; }

    /// <summary>Opens a chain; null where the estimator is a single step.</summary>
    /// <exception cref="InvalidOperationException">This ML.NET has other internals; the message names the version that works.</exception>
    public static EstimatorChainAccess? TryOpen(IEstimator<ITransformer> estimator)
    {
        Type type = estimator.GetType();
        if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(EstimatorChain<>))
        {
            return null;
        }

        MLNetCheck.Ensure();
        return (EstimatorChainAccess)Activator.CreateInstance(typeof(Typed<>).MakeGenericType(type.GetGenericArguments()), estimator)!;
    }

    /// <summary>A chain with other steps. It caches them and keeps them in the model as this chain does.</summary>
    /// <param name="steps">As many steps as this chain has.</param>
    public abstract IEstimator<ITransformer> WithSteps(IEnumerable<IEstimator<ITransformer>> steps);

    // The type of the last step is only known at run time.
    private sealed class Typed<TLastTransformer>(EstimatorChain<TLastTransformer> chain) : EstimatorChainAccess
        where TLastTransformer : class, ITransformer
    {
        public override IReadOnlyList<IEstimator<ITransformer>> Steps => StepsOf(chain);

        public override IEstimator<ITransformer> WithSteps(IEnumerable<IEstimator<ITransformer>> steps) =>
            Create(HostOf(chain), [.. steps], ScopesOf(chain), CachePointsOf(chain));

        // MLNetCheck.PrivateMembers lists these members; a test compares the list with this code.
        [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_estimators")]
        private static extern ref IEstimator<ITransformer>[] StepsOf(EstimatorChain<TLastTransformer> chain);

        [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_host")]
        private static extern ref IHost HostOf(EstimatorChain<TLastTransformer> chain);

        [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_scopes")]
        private static extern ref TransformerScope[] ScopesOf(EstimatorChain<TLastTransformer> chain);

        [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_needCacheAfter")]
        private static extern ref bool[] CachePointsOf(EstimatorChain<TLastTransformer> chain);

        [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
        private static extern EstimatorChain<TLastTransformer> Create(
            IHostEnvironment environment,
            IEstimator<ITransformer>[] steps,
            TransformerScope[] scopes,
            bool[] cachePoints);
    }
}
