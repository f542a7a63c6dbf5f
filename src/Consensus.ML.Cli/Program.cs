using Consensus.ML.Cli;
using Consensus.ML.Cli.Shell;

return CommandLine.Run(args, Terminal.OfThisProcess());
