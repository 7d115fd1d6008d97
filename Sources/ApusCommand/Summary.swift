import Apus

extension Command {
  static let summary = Command(
    name: "summary", summary: "Show a model layer by layer", operands: "RECIPE|RUN", operandCount: 1...1,
    options: [
      Option(name: "batch-size", value: "N", help: "examples in the batch that is shown (default 1)"),
      Option(name: "json", help: "print one JSON object"),
    ]
  ) { arguments in
    let (recipe, model) = try subject(arguments.operands[0])
    let batch = try arguments.integer("batch-size", in: Limits.batchSize) ?? 1
    let calls = LayerTrace.record { _ = model(.zeros(Shape([batch] + recipe.inputShape))) }
    let table = SummaryTable(model, calls)
    if arguments.has("json") { return Terminal.print(table.json(recipe.name).serialized()) }
    Terminal.print("\(recipe.name): input \(Shape([batch] + recipe.inputShape))")
    table.lines.forEach(Terminal.print)
  }

  private static func subject(_ name: String) throws -> (Recipe, any Layer) {
    if Recipe.named(name) == nil, File.exists(name) || File.isDirectory(name) {
      let run = try TrainedRun(name)
      return (run.recipe, run.model)
    }
    let recipe = try Recipe.find(name)
    var key = RandomKey(0)
    return (recipe, recipe.makeModel(10, &key))
  }
}

/// The calls of a model's layers with their parameters; a layer called twice has its parameters counted once.
private struct SummaryTable {
  private struct Row {
    let name: String
    let kind: String
    let output: Shape
    let parameters: Int
    let multiplyAdds: Int
  }

  private let rows: [Row]
  private let parameterCount: Int

  init(_ model: any Layer, _ calls: [LayerTrace.Call]) {
    let children = model.namedChildren
    var counted: Set<ObjectIdentifier> = []
    rows = calls.filter { $0.layer != ObjectIdentifier(model) }.map { call in
      let child = children.first { ObjectIdentifier($0.module) == call.layer }
      let isFirst = counted.insert(call.layer).inserted
      return Row(
        name: child?.path ?? "", kind: call.kind, output: call.output,
        parameters: isFirst ? child?.module.parameterCount ?? 0 : 0, multiplyAdds: call.multiplyAdds)
    }
    parameterCount = model.parameterCount
  }

  var lines: [String] {
    let cells =
      [["layer", "kind", "output", "parameters", "multiply-adds"]]
      + rows.map { row in
        [row.name, row.kind, "\(row.output)", row.parameters.grouped, row.multiplyAdds.grouped]
      }
    let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
    let table = cells.map { row in
      row.enumerated().map { $0 < 3 ? $1.padded(widths[$0]) : $1.leftPadded(widths[$0]) }.joined(separator: "  ")
    }
    let work = rows.reduce(0) { $0 + $1.multiplyAdds }
    return [table[0], String(repeating: "-", count: table[0].count)] + table.dropFirst() + [
      "",
      "\(parameterCount.grouped) parameters (\((Double(parameterCount * 4) / 1e6).fixed(2)) MB), "
        + "\(work.grouped) multiply-adds",
    ]
  }

  func json(_ name: String) -> JSONValue {
    let layers = rows.map { row -> JSONValue in
      [
        "name": .string(row.name), "kind": .string(row.kind),
        "output": .array(row.output.map { .integer(Int64($0)) }), "parameters": .integer(Int64(row.parameters)),
        "multiply_adds": .integer(Int64(row.multiplyAdds)),
      ]
    }
    return ["recipe": .string(name), "parameters": .integer(Int64(parameterCount)), "layers": .array(layers)]
  }
}
