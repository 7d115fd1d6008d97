import Apus

extension SampleRequest {
  /// The options that say how images are made, of `apus generate` and `apus evaluate`.
  static let options = [
    Command.Option(name: "samples", value: "N", help: "how many images to make (default 64; to judge 1000)"),
    Command.Option(name: "steps", value: "N", help: "of a diffusion or a flow, from noise to image (default 50)"),
    Command.Option(name: "eta", value: "X", help: "of a diffusion: noise drawn anew at each step, 0 to 1 (default 0)"),
    Command.Option(name: "solver", value: "NAME", help: "of a flow: euler (default) or heun"),
    Command.Option(name: "guidance", value: "W", help: "make images more typical of their classes (default 0)"),
    Command.Option(name: "class", value: "NAME", help: "make images of this class (default: each in turn)"),
  ]

  /// The options that are for images made step by step.
  private static let stepwise = ["steps", "eta", "solver", "guidance", "class"]

  /// What the options ask of a model.
  ///
  /// - Parameters:
  ///   - count: How many images unless told.
  ///   - help: The command that tells the options.
  init(
    _ arguments: ParsedArguments, _ model: any ImageSampler, classNames: [String], count: Int, help: String
  ) throws {
    self.init(
      count: try arguments.integer("samples", in: 1...10_000) ?? count, seed: try arguments.seed("seed") ?? 0)
    guard let stepwise = model as? any StepwiseImageSampler else {
      for option in Self.stepwise where arguments.isGiven(option) {
        throw UsageError("--\(option) is for runs that make images step by step (\(help))")
      }
      return
    }
    steps = try arguments.integer("steps", in: 1...100_000)
    if let steps, let most = stepwise.mostSteps, steps > most {
      throw UsageError("--steps \(steps): this diffusion has \(most) steps")
    }
    let isFlow = stepwise.mostSteps == nil
    if isFlow, arguments.isGiven("eta") { throw UsageError("--eta is for diffusions, this is a flow (\(help))") }
    eta = try arguments.number("eta", in: 0...1)
    if let name = arguments.string("solver") {
      guard isFlow else { throw UsageError("--solver is for flows, this is a diffusion (\(help))") }
      let names = SamplingOptions.Solver.allCases.map(\.rawValue)
      guard let solver = SamplingOptions.Solver(rawValue: name) else {
        throw UsageError(unknown: "solver", name, among: names, help: help)
      }
      self.solver = solver
    }
    guidance = try arguments.number("guidance", in: 0...1000)
    if let name = arguments.string("class") {
      let names = classNames.map { $0.lowercased() }
      guard stepwise.classes > 0, let place = names.firstIndex(of: name.lowercased()) else {
        throw UsageError(unknown: "class", name, among: names, help: help)
      }
      label = place
    }
  }
}
