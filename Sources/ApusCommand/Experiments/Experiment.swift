import Apus
import ApusFiles

/// Something classical that `apus experiment` runs, with the numbers it gives.
struct Experiment: Sendable {
  let name: String
  let summary: String
  let run: @Sendable (_ seed: UInt64) throws -> Report

  /// What came out: for people, and for programs.
  struct Report {
    var lines: [String] = []
    var json: JSONObject = [:]
  }

  /// All experiments, in the order in which `apus experiment --list` names them.
  static let all: [Experiment] = [
    .perceptron, .booleanFunctions, .exclusiveOr, .towers, .taylor, .sigmoidNeuron, .vanishingGradients, .biasVariance,
    .earlyStopping, .bagging, .coAdaptation, .pretraining, .segmentation, .adding, .copying,
    .ganModes, .planeDiffusion,
  ]
}

extension Command {
  static let experiment = Command(
    name: "experiment", summary: "Run a classical experiment and print its numbers", operands: "NAME",
    operandCount: 0...1,
    options: [
      Option(name: "seed", value: "N", help: "of random numbers (default 1)"),
      Option(name: "json", help: "print one JSON object"),
      Option(name: "list", help: "list the experiments"),
    ],
    details: "`apus experiment --list` names what can be run; `apus figure` draws most of it."
  ) { arguments in
    if arguments.has("list") {
      let width = Experiment.all.map(\.name.count).max() ?? 0
      for experiment in Experiment.all { Terminal.print("\(experiment.name.padded(width))  \(experiment.summary)") }
      return
    }
    guard let name = arguments.operands.first else {
      throw UsageError("expected the name of an experiment (apus experiment --list)")
    }
    guard let experiment = Experiment.all.first(where: { $0.name == name }) else {
      throw UsageError(
        unknown: "experiment", name, among: Experiment.all.map(\.name), help: "apus experiment --list")
    }
    let seed = try arguments.seed("seed") ?? 1
    let report = try experiment.run(seed)
    guard arguments.has("json") else { return report.lines.forEach(Terminal.print) }
    var json: JSONObject = ["experiment": .string(name), "seed": .string(String(seed))]
    for (key, value) in report.json { json[key] = value }
    Terminal.print(JSONValue.object(json).serialized())
  }
}

extension JSONValue {
  static func numbers(_ values: [Double]) -> JSONValue { .array(values.map { .number($0) }) }
  static func integers(_ values: [Int]) -> JSONValue { .array(values.map { .integer(Int64($0)) }) }
  static func integer(_ value: Int) -> JSONValue { .integer(Int64(value)) }
}

extension [Double] {
  /// With so many significant digits each.
  func listed(_ digits: Int = 3) -> String { map { $0.significant(digits) }.joined(separator: ", ") }
}

extension Double {
  /// With so many significant digits, in powers of ten where that is shorter.
  func significant(_ digits: Int = 3) -> String {
    guard isFinite, self != 0 else { return self == 0 ? "0" : "\(self)" }
    var (mantissa, exponent) = (magnitude, 0)
    while mantissa >= 10 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
    while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
    if (-4..<6).contains(exponent) { return fixed(Swift.max(0, digits - 1 - exponent)) }
    return (self < 0 ? "-" : "") + mantissa.fixed(digits - 1) + "e\(exponent)"
  }
}
