using System.Text.Json;
using System.Text.Json.Serialization;

namespace Consensus.Imaging.Augmentation;

/// <summary>
/// One random change of a slice: flips, then an affine map about the centre, then a smooth deformation, and a change of grey values. It is
/// a plain value with everything that was drawn. So it can be written as JSON, read back, and applied again with the same result, bit for
/// bit.
/// </summary>
/// <param name="FlipColumns">Whether columns are mirrored.</param>
/// <param name="FlipRows">Whether rows are mirrored.</param>
/// <param name="RotationDegrees">Rotation, in degrees.</param>
/// <param name="ShiftRows">Shift along rows, in whole pixels.</param>
/// <param name="ShiftColumns">Shift along columns, in whole pixels.</param>
/// <param name="Scale">Scale.</param>
/// <param name="Deformation">Smooth displacement; null for none.</param>
/// <param name="Contrast">The factor of the grey values.</param>
/// <param name="Brightness">The value that is added to the grey values after the factor.</param>
/// <param name="Padding">What pixels from outside the slice show.</param>
/// <param name="Interpolation">How grey values between pixels are found.</param>
[method: JsonConstructor]
internal readonly record struct DrawnAugmentation(
    bool FlipColumns,
    bool FlipRows,
    double RotationDegrees,
    int ShiftRows,
    int ShiftColumns,
    double Scale,
    SmoothField? Deformation = null,
    double Contrast = 1,
    double Brightness = 0,
    PaddingMode Padding = PaddingMode.Constant,
    InterpolationMode Interpolation = InterpolationMode.Linear)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        RespectRequiredConstructorParameters = true,
        Converters = { new JsonStringEnumConverter(allowIntegerValues: false) },
    };

    /// <summary>No change.</summary>
    public static DrawnAugmentation None { get; } = new(false, false, 0, 0, 0, 1);

    /// <summary>Draws a change.</summary>
    public static DrawnAugmentation Draw(AugmentationPolicy policy, int height, int width, Random random)
    {
        bool flipColumns = random.NextDouble() < policy.HorizontalFlip, flipRows = random.NextDouble() < policy.VerticalFlip;
        double rotation = Between(-policy.RotationDegrees, policy.RotationDegrees);
        int columns = (int)Math.Round(Between(-policy.Translation * width, policy.Translation * width));
        int rows = (int)Math.Round(Between(-policy.Translation * height, policy.Translation * height));
        double scale = Between(policy.MinimumScale, policy.MaximumScale);

        // A change that the policy does not use draws no random number.
        double contrast = policy.Contrast > 0 ? Between(1 - policy.Contrast, 1 + policy.Contrast) : 1;
        double brightness = policy.Brightness > 0 ? Between(-policy.Brightness, policy.Brightness) : 0;
        SmoothField? deformation = policy.Deformation > 0 ? SmoothField.Draw(policy.Deformation, height, width, random) : null;
        return new(
            flipColumns, flipRows, rotation, rows, columns, scale, deformation, contrast, brightness, policy.Padding, policy.Interpolation);

        double Between(double low, double high) => low + (random.NextDouble() * (high - low));
    }

    /// <summary>Reads a change that <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The text.</param>
    /// <exception cref="InvalidDataException">The text is not a whole record of a change.</exception>
    public static DrawnAugmentation FromJson(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<DrawnAugmentation>(json, Json);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            throw new InvalidDataException(
                $"This is not a recorded change of a slice: {exception.Message.ReplaceLineEndings(" ")}", exception);
        }
    }

    /// <summary>
    /// Writes everything that was drawn as JSON. <see cref="FromJson"/> reads it, and the result changes images and masks in exactly the
    /// same way, bit for bit.
    /// </summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);
}
