import Apus

extension Command {
  static let summary = Command(
    name: "summary", summary: "Show a model layer by layer", operands: "RECIPE|RUN|ARCHITECTURE", operandCount: 0...1,
    options: [
      Option(name: "batch-size", value: "N", help: "examples in the batch that is shown (default 1)"),
      Option(name: "published", help: "the architecture as published, where a recipe has the same name"),
      Option(name: "list", help: "list the architectures"),
      Option(name: "json", help: "print one JSON object"),
    ],
    details: "`apus recipes` names the recipes, `apus summary --list` the architectures in their published forms."
  ) { arguments in
    if arguments.has("list") { return listArchitectures() }
    guard let name = arguments.operands.first else {
      throw UsageError("expected a recipe, a run or an architecture (apus summary --list)")
    }
    let subject = try SummarySubject(name, isPublished: arguments.has("published"))
    let batch = try arguments.integer("batch-size", in: Limits.batchSize) ?? 1
    let example = subject.makeExample(batch)
    let table = SummaryTable(summary: example.summary)
    let shapes = example.inputs.map(\.shape)
    if arguments.has("json") { return Terminal.print(table.json(subject.name, input: shapes[0]).serialized()) }
    Terminal.print("\(subject.name): input \(shapes.map { "\($0)" }.joined(separator: " and "))")
    table.lines.forEach(Terminal.print)
  }

  private static func listArchitectures() {
    let width = Architecture.all.map(\.name.count).max() ?? 0
    for architecture in Architecture.all {
      Terminal.print("\(architecture.name.padded(width))  \(architecture.summary)")
    }
  }
}

/// What is summarised: the model of a recipe or a run, or an architecture as it was published.
private struct SummarySubject {
  let name: String
  let makeExample: (_ batch: Int) -> ModelExample

  init(_ name: String, isPublished: Bool) throws {
    let architecture = Architecture.named(name)
    if !isPublished, Recipe.named(name) == nil, architecture == nil, File.exists(name) || File.isDirectory(name) {
      let run = try TrainedRun(name)
      self.name = run.recipe.name
      if case .languageModel = run.recipe.work {
        let trained = try TrainedLanguageModel(run)
        makeExample = { ModelExample(trained.model, .ones([$0, trained.time], dtype: .int32)) }
        return
      }
      let (inputShape, model) = try SummarySubject.loaded(run)
      makeExample = { ModelExample(model, .zeros(Shape([$0] + inputShape))) }
      return
    }
    self.name = name
    if !isPublished, let recipe = Recipe.named(name) {
      if case .table = recipe.work {
        throw Failure("the model of recipe \(name) depends on its table: name a run of it")
      }
      makeExample = { batch in
        var key = RandomKey(0)
        return recipe.work.makeExample(batch: batch, key: &key)
      }
      return
    }
    guard let architecture else {
      let known = Architecture.all.map(\.name) + (isPublished ? [] : Recipe.all.map(\.name))
      throw UsageError(unknown: isPublished ? "architecture" : "model", name, among: known, help: "apus summary --list")
    }
    makeExample = { batch in
      var key = RandomKey(0)
      return architecture.makeExample(batch: batch, key: &key)
    }
  }

  /// The model of a run, and the shape of one of its inputs.
  private static func loaded(_ run: TrainedRun) throws -> (Shape, any Layer) {
    switch run.recipe.work {
    case .classification:
      let trained = try TrainedClassifier(run)
      return (trained.inputShape, trained.model)
    case .segmentation:
      let trained = try TrainedSegmenter(run)
      return (trained.inputShape, trained.model)
    case .table:
      let trained = try TrainedTable(run)
      return ([trained.encoding.inputCount], trained.model)
    case .imageModel:
      let trained = try TrainedImageModel(run)
      return (trained.work.imageShape, trained.model)
    case .languageModel, .translation, .punctuation, .textClassification, .forecast:
      throw Failure("\(run.directory.path): name its recipe, \(run.recipe.name), to see the layers")
    }
  }
}

/// A model's summary as a table, or as JSON.
private struct SummaryTable {
  let summary: ModelSummary

  private var columns: [[String]] {
    [["layer", "kind", "output", "parameters", "multiply-adds", "memory"]]
      + summary.rows.map { row in
        [
          String(repeating: "  ", count: row.depth) + name(row), row.kind, row.output.map { "\($0)" } ?? "",
          row.parameters.grouped, row.multiplyAdds.grouped, row.activationBytes.inBytes,
        ]
      }
  }

  /// The path of a layer inside of the module above it.
  private func name(_ row: ModelSummary.Row) -> String {
    let parents = summary.rows.filter { $0.isGroup && $0.depth < row.depth && row.path.hasPrefix($0.path + ".") }
    let parent = parents.max { $0.path.count < $1.path.count }
    return parent.map { String(row.path.dropFirst($0.path.count + 1)) } ?? row.path
  }

  var lines: [String] {
    let cells = columns
    let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    let table = cells.map { row in
      row.enumerated().map { $0 < 3 ? $1.padded(widths[$0]) : $1.leftPadded(widths[$0]) }.joined(separator: "  ")
    }
    let buffers = summary.bufferCount > 0 ? ", \(summary.bufferCount.grouped) more numbers that are not trained" : ""
    return [table[0], String(repeating: "-", count: table[0].count)] + table.dropFirst() + [
      "",
      "\(summary.parameterCount.grouped) parameters\(buffers) (\(summary.stateBytes.inBytes))",
      "\(summary.multiplyAdds.grouped) multiply-adds (\((2 * summary.multiplyAdds).grouped) floating-point operations)",
      "\(summary.activationBytes.inBytes) of outputs",
      "\(summary.hiddenLayerCount) hidden layers" + (summary.hiddenLayerCount >= 2 ? ": a deep net" : ""),
    ]
  }

  func json(_ name: String, input: Shape) -> JSONValue {
    let layers = summary.rows.map { row -> JSONValue in
      [
        "name": .string(row.path), "kind": .string(row.kind), "depth": .integer(Int64(row.depth)),
        "is_group": .bool(row.isGroup), "output": row.output.map { sizes($0) } ?? .null,
        "parameters": .integer(Int64(row.parameters)), "multiply_adds": .integer(Int64(row.multiplyAdds)),
        "activation_bytes": .integer(Int64(row.activationBytes)),
      ]
    }
    return [
      "recipe": .string(name), "input": sizes(input), "parameters": .integer(Int64(summary.parameterCount)),
      "buffers": .integer(Int64(summary.bufferCount)), "state_bytes": .integer(Int64(summary.stateBytes)),
      "multiply_adds": .integer(Int64(summary.multiplyAdds)), "flops": .integer(Int64(2 * summary.multiplyAdds)),
      "activation_bytes": .integer(Int64(summary.activationBytes)),
      "hidden_layers": .integer(Int64(summary.hiddenLayerCount)), "layers": .array(layers),
    ]
  }

  private func sizes(_ shape: Shape) -> JSONValue { .array(shape.map { .integer(Int64($0)) }) }
}

extension Int {
  /// A size in memory: `18.8 kB`.
  fileprivate var inBytes: String {
    switch self {
    case ..<1_000: "\(self) B"
    case ..<1_000_000: "\((Double(self) / 1e3).fixed(1)) kB"
    case ..<1_000_000_000: "\((Double(self) / 1e6).fixed(1)) MB"
    default: "\((Double(self) / 1e9).fixed(2)) GB"
    }
  }
}
