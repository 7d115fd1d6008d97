import ApusDrawing
import ApusFiles

/// A picture that `apus figure` can make.
struct FigureRecipe: Sendable {
  let name: String
  let summary: String
  /// What may or must be named after the figure's name.
  var subject = Subject.none
  let make: @Sendable (FigureOptions) throws -> Figure

  /// All figures, in the order in which `apus figure --list` names them.
  static let all: [FigureRecipe] = [
    .exclusiveOr, .sigmoid, .taylor, .towers, .network, .optimizers, .schedules, .weightDecay, .biasVariance,
    .earlyStopping, .dropout, .activations, .gradientFlow, .convolution, .pooling, .unrolled, .recurrentGradients,
    .curves, .confusion, .attention, .gates, .wordModels, .embeddingMap, .reconstructions, .denoising, .traversal,
    .features, .ganModes, .planeDiffusion, .samples, .stages, .decisionGraph, .gridWorld,
  ]

  enum Subject: Sendable {
    case none
    /// Such as a run directory.
    case required(String)
    /// One of these names.
    case choice([String])
  }

  /// Whether what was named after the figure's name is what it takes.
  func check(subject given: String?) throws {
    switch (subject, given) {
    case (.none, let given?): throw UsageError("'\(given)' is one argument too many (apus figure --help)")
    case (.required(let what), nil): throw UsageError("figure \(name): expected \(what) after the name")
    case (.choice(let names), let given?) where !names.contains(given):
      throw UsageError(unknown: "word", given, among: names, help: "apus figure --list")
    default: return
    }
  }

  static func named(_ name: String) throws -> FigureRecipe {
    if let recipe = all.first(where: { $0.name == name }) { return recipe }
    throw UsageError(unknown: "figure", name, among: all.map(\.name), help: "apus figure --list")
  }
}

/// What a figure may depend on besides itself.
struct FigureOptions: Sendable {
  var seed: UInt64 = 1
  /// What the figure shows, where that must be named.
  var subject: String?
  /// What is read in the figure, where it shows a model of texts.
  var text: String?
}

extension JSONValue {
  /// The numbers that a figure draws.
  init(_ figure: Figure, name: String, seed: UInt64) {
    self = [
      "figure": .string(name), "title": .string(figure.title), "seed": .string(String(seed)),
      "facts": .object(JSONObject(figure.facts.map { ($0.name, JSONValue.number($0.value)) })),
      "panels": .array(figure.data.map { JSONValue($0) }),
    ]
  }

  private init(_ panel: PanelData) {
    self = [
      "title": .string(panel.title), "x_label": .string(panel.xLabel), "y_label": .string(panel.yLabel),
      "series": .array(panel.series.map { JSONValue($0) }),
    ]
  }

  private init(_ series: SeriesData) {
    var object: JSONObject = ["name": .string(series.name), "kind": .string(series.kind)]
    for column in series.columns { object[column.name] = .array(column.values.map { .number($0) }) }
    if !series.texts.isEmpty { object["texts"] = .array(series.texts.map { .string($0) }) }
    self = .object(object)
  }
}
