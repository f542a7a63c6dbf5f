// A trained model inside an ASP.NET Core application: images in, maps out.
//
//   dotnet run -c Release --project samples/Server -- model.zip [--urls http://127.0.0.1:5080]
//   curl --data-binary @scan.nii.gz "http://127.0.0.1:5080/segmentation/maps?maps=soft,levels"

using Consensus.ML.Serving;
using Microsoft.AspNetCore.Builder;

if (args is not [string model, ..])
{
    Console.Error.WriteLine("Usage: Server model.zip [--urls http://ADDRESS:PORT]");
    return 2;
}

WebApplicationBuilder builder = WebApplication.CreateBuilder(args[1..]);
builder.Services.AddConsensusModel(options =>
{
    options.ModelPath = model;
    options.QueueLength = 8;
    options.TimeLimit = TimeSpan.FromSeconds(30);
});
WebApplication app = builder.Build();
app.MapConsensus("/segmentation");   // add .RequireAuthorization() to say who may call
app.MapHealthChecks("/health");
app.Run();
return 0;
