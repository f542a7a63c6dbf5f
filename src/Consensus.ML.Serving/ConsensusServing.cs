using Consensus.ML.Serving.Http;
using Consensus.ML.Serving.Images;
using Consensus.ML.Serving.Page;
using Consensus.ML.Serving.Prediction;
using Consensus.ML.Serving.Queueing;
using Consensus.ML.Serving.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Consensus.ML.Serving;

/// <summary>Adds a trained model to an ASP.NET Core application.</summary>
public static class ConsensusServing
{
    /// <summary>
    /// Adds a model and its queue. The model is loaded when the application starts, and stays loaded; the application does not start where
    /// it cannot be.
    /// </summary>
    /// <param name="services">The services of the application.</param>
    /// <param name="configure">Says which model, and how much the server takes on.</param>
    /// <exception cref="InvalidOperationException">There is a model already.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddConsensusModel(options =>
    /// {
    ///     options.ModelPath = "brain-growth.zip";
    ///     options.TimeLimit = TimeSpan.FromSeconds(20);
    /// });
    /// </code>
    /// </example>
    public static IServiceCollection AddConsensusModel(this IServiceCollection services, Action<ConsensusServingOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        if (services.Any(service => service.ServiceType == typeof(ConsensusService)))
        {
            throw new InvalidOperationException("An application serves one model; a second one needs an application of its own.");
        }

        services.AddOptions<ConsensusServingOptions>().Configure(configure);
        services.AddProblemDetails();
        services.AddMetrics();
        services.TryAddSingleton<ServingMetrics>();
        services.TryAddSingleton<Problems>();
        services.TryAddSingleton<IImageDecoder, ImageDecoder>();
        services.TryAddSingleton<IMapEncoder, MapEncoder>();
        services.TryAddSingleton<Func<ConsensusServingOptions, Func<IMapPredictor>>>(_ => ModelLoading.CreateLoader);
        services.TryAddSingleton<ConsensusService>();
        services.AddHostedService(provider => provider.GetRequiredService<ConsensusService>());
        services.AddHealthChecks().AddCheck<ModelHealth>("consensus-model", tags: [ModelHealth.Tag]);
        return services;
    }

    /// <summary>
    /// Maps the endpoints: POST <c>maps</c> (an image in; its soft map, levels of consensus and uncertainty out), POST <c>images</c> (an
    /// image in, its values out, for programs that cannot read its format) and GET <c>model</c>.
    /// </summary>
    /// <remarks>
    /// Bodies, the queue, the time and the size of answers are bounded by <see cref="ConsensusServingOptions"/>. Nothing of an image is
    /// kept, logged or written to disk. Refusals are ProblemDetails. Who may call is the application's to say, with
    /// <c>RequireAuthorization</c> on the result.
    /// </remarks>
    /// <param name="endpoints">The application.</param>
    /// <param name="prefix">What their paths begin with. Default "/v1".</param>
    /// <returns>The endpoints, for further conventions.</returns>
    /// <exception cref="InvalidOperationException">There is no model: <see cref="AddConsensusModel"/> was not called.</exception>
    /// <example>
    /// <code>
    /// app.MapConsensus("/segmentation").RequireAuthorization();
    /// </code>
    /// </example>
    public static IEndpointConventionBuilder MapConsensus(this IEndpointRouteBuilder endpoints, string prefix = "/v1")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ConsensusService service = endpoints.ServiceProvider.GetService<ConsensusService>()
            ?? throw new InvalidOperationException($"There is no model to serve: call {nameof(AddConsensusModel)} on the services first.");
        Problems problems = endpoints.ServiceProvider.GetRequiredService<Problems>();
        RouteGroupBuilder group = endpoints.MapGroup(prefix).WithTags("Consensus");
        group.MapPost("maps", Run("maps", Maps)).DescribeMaps();
        group.MapPost("images", Run("images", Images)).DescribeImages();
        group.MapGet("model", Run("model", Model)).DescribeModel();
        return group;

        RequestDelegate Run(string name, Func<HttpContext, ConsensusService, Task> work) =>
            context => problems.RunAsync(context, name, () => work(context, service));
    }

    /// <summary>
    /// Maps the page, on which people open images and see their maps. It uses the endpoints of <see cref="MapConsensus"/> at
    /// <c>/v1</c>, needs no file beside the assembly, and loads nothing from elsewhere.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <returns>The endpoints, for further conventions.</returns>
    /// <example>
    /// <code>
    /// app.MapConsensusPage();
    /// </code>
    /// </example>
    public static IEndpointConventionBuilder MapConsensusPage(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        RouteGroupBuilder group = endpoints.MapGroup("/").ExcludeFromDescription();
        string[] methods = [HttpMethods.Get, HttpMethods.Head];
        group.MapMethods("", methods, context => PageEndpoint.WriteAsync(context, null));
        foreach (string name in PageFile.All.Keys)
        {
            group.MapMethods(name, methods, context => PageEndpoint.WriteAsync(context, name));
        }

        return group;
    }

    private static Task Maps(HttpContext context, ConsensusService service)
    {
        ServedModel model = EnsureLoaded(service);
        PredictionRequest request = MapQuery.Read(context.Request.Query, service.Options.MaximumGenerations, model);
        (AnswerKind kind, string mediaType) = AnswerFormat.Choose(context.Request, request.Maps);
        return Work.RunAsync(
            context,
            new(service.Options, service.Queue, service.Metrics, service.Stopping),
            (image, cancellation) => service.Pool.RunAsync(predictor => MapsEndpoint.Predict(
                image, request, kind, predictor, service.Options, service.Decoder, service.Metrics.MapTook, cancellation)),
            predicted => MapsEndpoint.WriteAsync(context, predicted, request, kind, mediaType, service.Encoder));
    }

    private static Task Images(HttpContext context, ConsensusService service)
    {
        ServedModel model = EnsureLoaded(service);
        int? axis = MapQuery.ReadAxis(context.Request.Query);
        var rules = new DecodingRules(axis, model.VolumeAxes, service.Options.MaximumSlices, service.Options.MaximumValues);
        return Work.RunAsync(
            context,
            new(service.Options, service.DisplayQueue, service.Metrics, service.Stopping),
            (image, cancellation) => Task.Run(() => ImagesEndpoint.ToJson(service.Decoder.Decode(image, rules)), cancellation),
            answer => ImagesEndpoint.WriteAsync(context, answer));
    }

    private static Task Model(HttpContext context, ConsensusService service)
    {
        ConsensusServingOptions options = service.Options;
        ServedModel model = EnsureLoaded(service);
        var limits = new LimitsAnswer(
            options.MaximumBodyBytes, options.MaximumValues, options.MaximumSlices, options.MaximumGenerations,
            options.TimeLimit.TotalSeconds);
        return context.Response.WriteAsJsonAsync(ModelAnswer.FromModel(model, limits), Json.Options, context.RequestAborted);
    }

    private static ServedModel EnsureLoaded(ConsensusService service) => service.TryGetModel(out ServedModel? model)
        ? model
        : throw new Refusal(StatusCodes.Status503ServiceUnavailable, "loading", "The model is not loaded yet.")
        {
            RetryAfter = TimeSpan.FromSeconds(2),
        };
}
