import Apus
import ApusCPU
import ApusDrawing
import ApusLinearPrograms

extension Command {
  static let solve = Command(
    name: "solve", summary: "Solve a Markov decision process", operands: "MODEL", operandCount: 0...1,
    options: [
      Option(name: "method", value: "NAME", help: "how (default value-iteration)"),
      Option(name: "discount", value: "X", help: "γ, from 0 to 1 (default: the model's)"),
      Option(name: "tolerance", value: "X", help: "how far values may be from the true ones (default 1e-6)"),
      Option(name: "policy", value: "NAME", help: "uniform: what states are worth when actions are left to chance"),
      Option(name: "horizon", value: "N", help: "the best that can be done in so many steps"),
      Option(name: "threads", value: "N", help: "threads to compute with (default: one per core)"),
      Option(name: "json", help: "print one JSON object"),
      Option(name: "out", value: "FILE", help: "draw values and actions, .svg or .png"),
      Option(name: "list", help: "list the models that are built in"),
    ],
    details: """
      MODEL is a built-in name or a file, JSON or the map of a grid (Documentation/DecisionProcesses.md).
      Methods: \(solutionMethods.dropLast(3).joined(separator: ", ")),
        \(solutionMethods.suffix(3).joined(separator: ", "))
      Actions that are equally good within the bound are all shown.
      """
  ) { arguments in
    if arguments.has("list") { return DecisionModel.list() }
    guard let name = arguments.operands.first else {
      throw UsageError("expected a model (apus solve --list)")
    }
    if let threads = try arguments.integer("threads", in: Limits.threads) { CPUBackend.threads = threads }
    let out = arguments.string("out")
    if let out { try Figure.checkName(out) }
    let request = try SolveRequest(arguments)
    let model = try DecisionModel(name)
    let solved = try request.solve(model)
    if arguments.has("json") {
      Terminal.print(
        model.json(values: solved.solution.values, actions: solved.actions, solved.members).serialized())
    } else {
      Terminal.print("\(model.name): \(model.sizeText); \(solved.text)")
      Terminal.print("")
      for line in model.lines(values: solved.solution.values, actions: solved.actions) { Terminal.print(line) }
    }
    guard let out else { return }
    try model.figure(values: solved.solution.values, actions: solved.actions, note: solved.text).write(to: out)
    if !arguments.has("json") { Terminal.print("\ndrawn in \(out)") }
  }

  static let solutionMethods = SolutionMethod.allCases.map(\.rawValue) + ["linear-programming"]
}

/// What `apus solve` is asked for.
private struct SolveRequest {
  let method: String
  let discount: Double?
  let tolerance: Double
  let isUniform: Bool
  let horizon: Int?

  init(_ arguments: ParsedArguments) throws {
    method = arguments.string("method") ?? SolutionMethod.valueIteration.rawValue
    guard Command.solutionMethods.contains(method) else {
      throw UsageError(unknown: "method", method, among: Command.solutionMethods, help: "apus solve --help")
    }
    discount = try arguments.number("discount", in: 0...1)
    tolerance = try arguments.positiveNumber("tolerance") ?? 1e-6
    let policy = arguments.string("policy")
    guard policy == nil || policy == "uniform" else {
      throw UsageError(unknown: "policy", policy!, among: ["uniform"], help: "apus solve --help")
    }
    isUniform = policy != nil
    horizon = try arguments.integer("horizon", in: 1...1_000_000)
    let isPlain = arguments.string("method") == nil
    if isUniform || horizon != nil, !isPlain || isUniform && horizon != nil {
      throw UsageError("--method, --policy and --horizon exclude each other (apus solve --help)")
    }
  }

  struct Solved {
    let solution: Solution
    let text: String
    let members: [(String, JSONValue)]
    let actions: (Int) -> [Int]
  }

  func solve(_ model: DecisionModel) throws -> Solved {
    let process = model.process
    let discount = discount ?? process.usualDiscount
    do throws(any Error) {
      if isUniform {
        let solution = try process.evaluated(
          Policy(uniformFor: process), discount: discount, limits: SolverLimits(tolerance: tolerance))
        let best = process.solution(solution.values, discount: discount, iterations: solution.iterations)
        return solved(best, "all actions equally likely", discount, bound: solution.bound, solution.iterations)
      }
      if let horizon {
        let result = process.finiteHorizon(horizon, discount: discount)
        return solved(result.solution(stepsToGo: horizon), "\(horizon) steps to go", discount, bound: 0, horizon)
      }
      let solution: Solution
      if let method = SolutionMethod(rawValue: method) {
        solution = try process.solved(by: method, discount: discount, limits: SolverLimits(tolerance: tolerance))
      } else {
        solution = try process.solvedByLinearProgram(discount: discount)
      }
      return solved(solution, method, discount, bound: solution.bound, solution.iterations)
    } catch {
      throw Failure("\(model.name): \(error)")
    }
  }

  private func solved(
    _ solution: Solution, _ way: String, _ discount: Double, bound: Double?, _ iterations: Int
  ) -> Solved {
    let count = method == SolutionMethod.policyIteration.rawValue ? "policies" : "sweeps"
    let near = bound.map { "values within \($0.significant(2)) of the true ones" } ?? "without a bound on the error"
    let text =
      "\(way), discount \(discount), "
      + (method == "linear-programming" || horizon != nil ? near : "\(iterations.grouped) \(count), \(near)")
    let members: [(String, JSONValue)] = [
      ("method", .string(way)), ("discount", .number(discount)), ("iterations", .integer(Int64(iterations))),
      ("bound", bound.map { .number($0) } ?? .null),
    ]
    return Solved(solution: solution, text: text, members: members) { solution.bestActions($0) }
  }
}
