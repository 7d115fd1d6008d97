import Apus
import ApusDrawing

extension Command {
  static let learn = Command(
    name: "learn", summary: "Learn a Markov decision process by acting in it", operands: "MODEL", operandCount: 1...1,
    options: [
      Option(name: "method", value: "NAME", help: "how (default q-learning)"),
      Option(name: "episodes", value: "N", help: "how many (default 500)"),
      Option(name: "discount", value: "X", help: "γ, from 0 to 1 (default: the model's)"),
      Option(
        name: "step-size", value: "X", help: "how far values move; 0 for means of all that was seen (default 0.5)"),
      Option(name: "exploration", value: "X", help: "how often actions are random (default 0.1)"),
      Option(name: "trace-decay", value: "X", help: "λ of sarsa-lambda (default 0.9)"),
      Option(name: "time-limit", value: "N", help: "steps after which an episode is cut off (default 1000)"),
      Option(name: "seed", value: "N", help: "of random numbers (default 0)"),
      Option(name: "json", help: "print one JSON object"),
      Option(name: "out", value: "FILE", help: "draw values, actions and rewards, .svg or .png"),
    ],
    details: """
      MODEL is what `apus solve` takes. Methods:
        \(ControlMethod.allCases.map(\.rawValue).joined(separator: ", "))
      """
  ) { arguments in
    let out = arguments.string("out")
    if let out { try Figure.checkName(out) }
    let (learner, method) = try learner(arguments)
    let episodes = try arguments.integer("episodes", in: 1...100_000_000) ?? 500
    let limit = try arguments.integer("time-limit", in: Limits.steps) ?? 1000
    let seed = try arguments.seed("seed") ?? 0
    let model = try DecisionModel(arguments.operands[0])
    var control = learner
    control.discount = try arguments.number("discount", in: 0...1) ?? model.process.usualDiscount
    Interruption.watch()
    let learned = control.learn(ProcessEnvironment(model.process, timeLimit: limit), episodes: episodes, seed: seed) {
      _, _ in !Interruption.wasRequested
    }
    let policy = LearnedPolicy(learned, model.process)
    let tail = learned.returns.suffix(max(1, learned.returns.count / 10))
    let mean = tail.reduce(0, +) / Double(tail.count)
    let text =
      "\(method.rawValue), discount \(control.discount), \(learned.returns.count.grouped) episodes; "
      + "mean reward of the last \(tail.count.grouped): \(mean.significant(4))"
    if arguments.has("json") {
      let members: [(String, JSONValue)] = [
        ("method", .string(method.rawValue)), ("discount", .number(control.discount)),
        ("returns", .numbers(learned.returns)), ("lengths", .array(learned.lengths.map { .integer(Int64($0)) })),
      ]
      Terminal.print(model.json(values: policy.values, actions: policy.actions, members).serialized())
    } else {
      Terminal.print("\(model.name): \(model.sizeText); \(text)\n")
      for line in model.lines(values: policy.values, actions: policy.actions) { Terminal.print(line) }
    }
    guard let out else { return }
    var figure = model.figure(values: policy.values, actions: policy.actions, note: text)
    figure.panels.append(LearnedPolicy.curve(learned.returns))
    (figure.columns, figure.size) = (2, (width: figure.size.width + 460, height: max(380, figure.size.height)))
    try figure.write(to: out)
    if !arguments.has("json") { Terminal.print("\ndrawn in \(out)") }
  }

  private static func learner(_ arguments: ParsedArguments) throws -> (TabularControl, ControlMethod) {
    let name = arguments.string("method") ?? ControlMethod.qLearning.rawValue
    guard let method = ControlMethod(rawValue: name) else {
      throw UsageError(
        unknown: "method", name, among: ControlMethod.allCases.map(\.rawValue), help: "apus learn --help")
    }
    var control = TabularControl(method)
    if let step = try arguments.number("step-size", in: 0...1) { control.stepSize = step == 0 ? nil : step }
    if method == .monteCarlo, arguments.string("step-size") == nil { control.stepSize = nil }
    control.exploration = try arguments.number("exploration", in: 0...1) ?? 0.1
    control.traceDecay = try arguments.number("trace-decay", in: 0...1) ?? 0.9
    return (control, method)
  }
}

/// What was learned, as values and best actions.
private struct LearnedPolicy {
  let values: [Double]
  let actions: (Int) -> [Int]

  init(_ learned: LearnedActionValues, _ process: MarkovDecisionProcess) {
    let best = (0..<process.stateCount).map { state -> [Int] in
      let possible = (0..<process.actionCount).filter { process.canTake($0, in: state) }
      let top = possible.map { learned.value(of: $0, in: state) }.max() ?? 0
      return possible.filter { learned.value(of: $0, in: state) == top }
    }
    values = best.enumerated().map { state, actions in actions.first.map { learned.value(of: $0, in: state) } ?? 0 }
    actions = { best[$0] }
  }

  /// Rewards of episodes, and their mean over about fifty.
  static func curve(_ returns: [Double]) -> Plot {
    let width = max(1, returns.count / 50)
    var means: [Point] = []
    for first in stride(from: 0, to: returns.count, by: width) {
      let part = returns[first..<min(returns.count, first + width)]
      means.append(Point(Double(first) + Double(part.count) / 2, part.reduce(0, +) / Double(part.count)))
    }
    return Plot(
      "rewards while learning", x: Axis("episode"), y: Axis("mean reward"), legend: .none,
      [Line(means, name: "mean reward")])
  }
}
