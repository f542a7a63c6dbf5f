using Consensus.ML.Cli;

return CommandLine.Run(args, Terminal.OfThisProcess());
