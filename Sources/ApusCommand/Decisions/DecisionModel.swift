import Apus

/// A decision process that a command is told, and what it is called.
struct DecisionModel {
  let name: String
  let process: MarkovDecisionProcess

  /// A built-in model of that name, or the model in that file.
  init(_ name: String) throws {
    self.name = name
    if let model = ClassicalModel.named(name) {
      process = model.make()
    } else if let lake = try Self.lake(name) {
      process = lake
    } else if File.exists(name) {
      process = try MarkovDecisionProcess(contentsOf: name)
    } else if name.contains("/") || name.contains(".") {
      throw FileError.malformed(name, "no such file")
    } else {
      throw UsageError(unknown: "model", name, among: ClassicalModel.all.map(\.name), help: "apus solve --list")
    }
  }

  /// `lake:ROWSxCOLUMNS`
  private static func lake(_ name: String) throws -> MarkovDecisionProcess? {
    guard name.hasPrefix("lake:") else { return nil }
    let sizes = name.dropFirst(5).split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard sizes.count == 2, sizes.allSatisfy({ 1...100_000 ~= $0 }) else {
      throw UsageError("model '\(name)': expected two numbers, as lake:100x200")
    }
    return try SlipperyLake.process(rows: sizes[0], columns: sizes[1])
  }

  /// The models that are built in.
  static func list() {
    let width = ClassicalModel.all.map(\.name.count).max() ?? 0
    for model in ClassicalModel.all { Terminal.print("\(model.name.padded(width))  \(model.summary)") }
    Terminal.print("\("lake:RxC".padded(width))  a slippery lake of R × C cells")
  }

  /// How large it is: `12 states, 4 actions`.
  var sizeText: String {
    "\(process.stateCount.grouped) states, \(process.actionCount.grouped) action\(process.actionCount == 1 ? "" : "s")"
  }

  /// What is done in a state, in a few characters: arrows on a grid, else names; empty where it ends.
  func actionText(_ actions: [Int]) -> String {
    let moves = process.layout?.moves ?? []
    if actions.count == process.actionCount, actions.count > 2, moves.allSatisfy({ $0 != nil }) { return "any" }
    if let arrows = actions.map({ $0 < moves.count ? moves[$0]?.arrow : nil }) as? [String] {
      return arrows.joined()
    }
    return actions.map { process.name(action: $0) }.joined(separator: "/")
  }

  /// What is worth how much, and the best actions, as lines.
  func lines(values: [Double], actions: (Int) -> [Int]) -> [String] {
    guard let layout = process.layout else { return list(values, actions) }
    let digits = Self.digits(values)
    let cells = layout.states.map { $0.map { values[$0].fixed(digits) } ?? "#" }
    let arrows = zip(layout.states, layout.marks).map { state, mark in
      state.map { process.isTerminal($0) || Double(mark) != nil ? mark : actionText(actions($0)) } ?? "#"
    }
    return ["values"] + Self.table(cells, layout) + ["", "best actions"] + Self.table(arrows, layout)
  }

  /// Enough digits to tell values apart that are as large as these.
  private static func digits(_ values: [Double]) -> Int {
    let largest = values.reduce(0) { max($0, $1.magnitude) }
    return largest < 10 ? 3 : largest < 100 ? 2 : 1
  }

  private static func table(_ cells: [String], _ layout: GridLayout) -> [String] {
    let width = cells.map(\.count).max() ?? 0
    return (0..<layout.rows).map { row in
      let own = cells[(row * layout.columns)..<((row + 1) * layout.columns)]
      return "  " + own.map { $0.leftPadded(width) }.joined(separator: "  ")
    }
  }

  /// The most states that are listed.
  private static let longestList = 120

  private func list(_ values: [Double], _ actions: (Int) -> [Int]) -> [String] {
    let shown = (0..<min(process.stateCount, Self.longestList))
    let names = shown.map { process.name(state: $0) }
    let width = max(5, names.map(\.count).max() ?? 0)
    var lines = ["\("state".padded(width))  \("value".leftPadded(12))  best actions"]
    for state in shown {
      let best = actions(state)
      lines.append(
        "\(names[state].padded(width))  \(values[state].fixed(6).leftPadded(12))  "
          + (best.isEmpty ? "(ends)" : actionText(best)))
    }
    let rest = process.stateCount - shown.count
    if rest > 0 { lines.append("and \(rest.grouped) more states: --json lists all") }
    return lines
  }

  func json(values: [Double], actions: (Int) -> [Int], _ more: [(String, JSONValue)]) -> JSONValue {
    var object: JSONObject = [
      "model": .string(name), "states": .integer(Int64(process.stateCount)),
      "actions": .array((0..<process.actionCount).map { .string(process.name(action: $0)) }),
    ]
    for (key, value) in more { object[key] = value }
    object["values"] = .numbers(values)
    object["best_actions"] = .array(
      (0..<process.stateCount).map { .array(actions($0).map { .integer(Int64($0)) }) })
    return .object(object)
  }
}
