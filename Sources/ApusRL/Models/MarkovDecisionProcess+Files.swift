import ApusFiles

extension MarkovDecisionProcess {
  /// The most bytes of a file.
  private static let largestFile = 1 << 30

  /// The model in a file: JSON if it begins with a brace, else the map of a grid.
  ///
  /// - Throws: A `FileError` that names the file and what is wrong.
  public init(contentsOf path: String) throws {
    let text = try File.readText(path, maximumSize: Self.largestFile)
    do {
      if text.first(where: { !$0.isWhitespace }) == "{" {
        try self.init(JSONValue(contentsOf: path))
      } else {
        self = try GridWorld.process(text)
      }
    } catch let error as ModelError {
      throw FileError.malformed(path, error.description)
    }
  }

  /// The model that a JSON value describes: see `Documentation/decision-process.schema.json`.
  public init(_ json: JSONValue) throws(ModelError) {
    guard let object = json.object else { throw ModelError("expected a JSON object") }
    let known = ["format", "states", "actions", "transitions", "start", "discount"]
    if let key = object.keys.first(where: { !known.contains($0) }) {
      throw ModelError("the field \"\(key)\" is unknown, expected \(known.joined(separator: ", "))")
    }
    guard json["format"]?.string == "apus-decision-process" else {
      throw ModelError("the field \"format\" is not \"apus-decision-process\"")
    }
    let states = try Names(json["states"], "states")
    let actions = try Names(json["actions"], "actions")
    guard let list = json["transitions"]?.array else {
      throw ModelError("the field \"transitions\" is not an array")
    }
    var outcomes = [[Outcome]](repeating: [], count: states.count * actions.count)
    for (number, entry) in list.enumerated() {
      do throws(ModelError) {
        let (state, action) = (try states.number(entry["from"], "from"), try actions.number(entry["action"], "action"))
        let next = try states.number(entry["to"], "to")
        guard let probability = entry["probability"] == nil ? 1 : entry["probability"]?.double else {
          throw ModelError("the field \"probability\" is not a number")
        }
        guard let reward = entry["reward"] == nil ? 0 : entry["reward"]?.double else {
          throw ModelError("the field \"reward\" is not a number")
        }
        outcomes[state * actions.count + action].append(Outcome(probability, next, reward: reward))
      } catch {
        throw ModelError("transition \(number + 1): \(error)")
      }
    }
    do {
      try self.init(states: states.count, actions: actions.count) { outcomes[$0 * actions.count + $1] }
    } catch let error as ModelError {
      throw Self.named(error, states, actions)
    } catch {
      throw ModelError("\(error)")
    }
    (stateNames, actionNames) = (states.names, actions.names)
    if let start = json["start"] {
      var numbers: [Int] = []
      for state in start.array ?? [start] { numbers.append(try states.number(state, "start")) }
      initialStates = numbers
    }
    if let discount = json["discount"] {
      guard let number = discount.double, 0...1 ~= number else {
        throw ModelError("the field \"discount\" is not a number from 0 to 1")
      }
      usualDiscount = number
    }
  }

  /// A mistake with the names of its state and action.
  private static func named(_ error: ModelError, _ states: Names, _ actions: Names) -> ModelError {
    var words: [String] = []
    if let state = error.state, state < states.names.count { words.append("state \(state) is \(states.names[state])") }
    if let action = error.action, action < actions.names.count {
      words.append("action \(action) is \(actions.names[action])")
    }
    guard !words.isEmpty else { return error }
    return ModelError(
      "\(error) (\(words.joined(separator: ", ")))", state: error.state, action: error.action, sum: error.sum)
  }

  /// The model as a JSON value, which ``init(_:)`` reads.
  public var json: JSONValue {
    func list(_ names: [String], _ count: Int) -> JSONValue {
      names.isEmpty ? .integer(Int64(count)) : .array(names.map { .string($0) })
    }
    func name(_ names: [String], _ number: Int) -> JSONValue {
      names.isEmpty ? .integer(Int64(number)) : .string(names[number])
    }
    var entries: [JSONValue] = []
    for state in 0..<stateCount {
      for action in 0..<actionCount {
        for outcome in outcomes(state, action) {
          entries.append([
            "from": name(stateNames, state), "action": name(actionNames, action),
            "to": name(stateNames, outcome.state), "probability": .number(outcome.probability),
            "reward": .number(outcome.reward),
          ])
        }
      }
    }
    return [
      "format": "apus-decision-process", "states": list(stateNames, stateCount),
      "actions": list(actionNames, actionCount), "discount": .number(usualDiscount),
      "start": .array(initialStates.map { name(stateNames, $0) }), "transitions": .array(entries),
    ]
  }
}

/// What states or actions are called in a file: names, or only their number.
private struct Names {
  let names: [String]
  let count: Int
  private let numbers: [String: Int]

  init(_ json: JSONValue?, _ field: String) throws(ModelError) {
    if let count = json?.int, 1...100_000_000 ~= count {
      (names, self.count, numbers) = ([], count, [:])
      return
    }
    guard let list = json?.array, !list.isEmpty, list.allSatisfy({ $0.string != nil }) else {
      throw ModelError("the field \"\(field)\" is neither how many there are nor an array of their names")
    }
    let all = list.compactMap(\.string)
    var numbers: [String: Int] = [:]
    for (number, name) in all.enumerated() where numbers.updateValue(number, forKey: name) != nil {
      throw ModelError("the field \"\(field)\" has the name \"\(name)\" twice")
    }
    (names, count, self.numbers) = (all, all.count, numbers)
  }

  func number(_ json: JSONValue?, _ field: String) throws(ModelError) -> Int {
    if let name = json?.string, let number = numbers[name] { return number }
    if let number = json?.int, 0..<count ~= number { return number }
    throw ModelError(
      "the field \"\(field)\" is \(json?.serialized() ?? "missing"), expected "
        + (names.isEmpty ? "0 to \(count - 1)" : "a name or 0 to \(count - 1)"))
  }
}
