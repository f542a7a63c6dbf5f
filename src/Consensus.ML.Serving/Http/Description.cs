using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.OpenApi;

namespace Consensus.ML.Serving.Http;

/// <summary>Describes the endpoints for OpenAPI, which cannot see what code reads from a body or a query by itself.</summary>
internal static class Description
{
    // What any request with an image may be refused with.
    private static readonly int[] Refusals =
    [
        StatusCodes.Status400BadRequest, StatusCodes.Status408RequestTimeout, StatusCodes.Status413PayloadTooLarge,
        StatusCodes.Status415UnsupportedMediaType, StatusCodes.Status429TooManyRequests, StatusCodes.Status503ServiceUnavailable,
        StatusCodes.Status504GatewayTimeout,
    ];

    public static IEndpointConventionBuilder DescribeMaps(this IEndpointConventionBuilder endpoint) =>
        endpoint
            .Named("predictMaps", "Predict the maps of an image or a volume.",
                "The body is an image file (NIfTI, PNG, TIFF, JPEG, BMP, GIF), or a form with the field 'image'; several files are the "
                + "channels of one image. The format is recognised by its content. Accept chooses the form of the answer. For research; "
                + "not a medical device.")
            .WithMetadata(
                new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(MapsAnswer), [.. AnswerFormat.MediaTypes]))
            .Refusing([.. Refusals, StatusCodes.Status406NotAcceptable])
            .WithImage(MapQuery.All);

    public static IEndpointConventionBuilder DescribeImages(this IEndpointConventionBuilder endpoint) =>
        endpoint
            .Named("decodeImage", "Decode an image or a volume without predicting it.", "For programs that cannot read the image's format.")
            .WithMetadata(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(ImageAnswer), ["application/json"]))
            .Refusing(Refusals)
            .WithImage([.. MapQuery.All.Where(option => option.Name == "axis")]);

    public static IEndpointConventionBuilder DescribeModel(this IEndpointConventionBuilder endpoint) =>
        endpoint
            .Named("describeModel", "Describe the model that is served, and the bounds of the server.", null)
            .WithMetadata(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(ModelAnswer), ["application/json"]))
            .Refusing([StatusCodes.Status503ServiceUnavailable]);

    private static T Named<T>(this T endpoint, string name, string summary, string? description)
        where T : IEndpointConventionBuilder
    {
        endpoint.WithName(name);
        endpoint.WithSummary(summary);

        // Only endpoints that know their method are described, which those that take the whole request do not by themselves.
        endpoint.Finally(built => built.Metadata.Add(built.RequestDelegate!.Method));
        return description is null ? endpoint : endpoint.WithDescription(description);
    }

    private static IEndpointConventionBuilder Refusing(this IEndpointConventionBuilder endpoint, int[] statuses)
    {
        foreach (int status in statuses.Order())
        {
            endpoint.WithMetadata(new ProducesResponseTypeMetadata(
                status, typeof(Microsoft.AspNetCore.Mvc.ProblemDetails), ["application/problem+json"]));
        }

        return endpoint;
    }

    /// <summary>Adds the body and the options of the query.</summary>
    private static IEndpointConventionBuilder WithImage(this IEndpointConventionBuilder endpoint, IReadOnlyList<QueryOption> options) =>
        endpoint.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.Parameters ??= [];
            foreach (QueryOption option in options)
            {
                operation.Parameters.Add(new OpenApiParameter
                {
                    Name = option.Name,
                    In = ParameterLocation.Query,
                    Description = option.Description,
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                });
            }

            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = RequestBody.MediaTypes.ToDictionary(type => type, Body, StringComparer.Ordinal),
            };
            return Task.CompletedTask;
        });

    private static OpenApiMediaType Body(string mediaType)
    {
        var file = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" };
        return new()
        {
            Schema = mediaType != "multipart/form-data" ? file : new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal)
                {
                    [RequestBody.Field] = new OpenApiSchema { Type = JsonSchemaType.Array, Items = file },
                },
                Required = new HashSet<string>(StringComparer.Ordinal) { RequestBody.Field },
            },
        };
    }
}
