/// A world drawn as text: what the lines of a map and those before it mean is said in `Documentation/DecisionProcesses.md`.
public enum GridWorld {
  /// The process that a map describes.
  ///
  /// ```
  /// reward: -0.04
  /// slip: 0.8 0.1 0.1
  ///
  /// . . . +1
  /// . # . -1
  /// S . . .
  /// ```
  ///
  /// - Throws: A ``ModelError`` that names the line.
  public static func process(_ text: String) throws(ModelError) -> MarkovDecisionProcess {
    let map = try GridMap(text)
    return try map.process()
  }
}

/// What a cell that has a word of its own does.
struct SpecialCell {
  enum Kind: Equatable {
    case free
    /// Ends an episode that enters it.
    case end
    /// Every action leads to the cell of that word.
    case jump(String)
    /// Who enters it begins again.
    case start
  }

  var kind: Kind
  /// In place of a step's: for entering it, or for the jump.
  var reward: Double?
}

/// The lines of a text, read.
struct GridMap {
  var reward = 0.0
  /// For a step against the border or a wall, where that differs.
  var bump: Double?
  var discount = 1.0
  var moves: [GridLayout.Move] = [.up, .right, .down, .left]
  /// How likely it is to go forward, to the left, to the right and back of what was meant.
  var slip: [Double] = [1, 0, 0, 0]
  /// How many cells up each column blows.
  var wind: [Int] = []
  var cells: [String: SpecialCell] = [:]
  var rows: [[String]] = []

  init(_ text: String) throws(ModelError) {
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let content = line.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)[0]
      let words = content.split { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "," }.map(String.init)
      guard let first = words.first else { continue }
      do throws(ModelError) {
        if content.contains(":") {
          guard rows.isEmpty else { throw ModelError("what is said of the map stands before it") }
          try read(content)
        } else {
          rows.append(words.count == 1 && first.count > 1 && Double(first) == nil ? first.map(String.init) : words)
        }
      } catch {
        throw ModelError("line \(number + 1): \(error)")
      }
    }
    try check()
  }

  private mutating func read(_ line: Substring) throws(ModelError) {
    let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let key = parts[0].split(separator: " ").joined(separator: " ")
    let words = parts[1].split { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "," }.map(String.init)
    func numbers(_ counts: ClosedRange<Int>) throws(ModelError) -> [Double] {
      let values = words.compactMap { Double($0) }.filter(\.isFinite)
      guard values.count == words.count, counts.contains(values.count) else {
        throw ModelError(
          "\(key): \(words.joined(separator: " ")), expected \(counts.upperBound == 1 ? "a number" : "numbers")")
      }
      return values
    }
    switch key {
    case "reward": reward = try numbers(1...1)[0]
    case "bump": bump = try numbers(1...1)[0]
    case "discount":
      discount = try numbers(1...1)[0]
      guard 0...1 ~= discount else { throw ModelError("discount: \(discount), expected 0 to 1") }
    case "slip":
      slip = try numbers(1...4)
      slip += [Double](repeating: 0, count: 4 - slip.count)
      let sum = slip.reduce(0, +)
      guard (sum - 1).magnitude <= sumTolerance, slip.allSatisfy({ $0 >= 0 }) else {
        throw ModelError("slip: the probabilities sum to \(sum), expected 1", sum: sum)
      }
    case "wind": wind = try numbers(1...10_000).map { Int(clamping: Int64($0.rounded())) }
    case "moves": moves = try Self.moves(words)
    default:
      guard key.hasPrefix("cell ") else {
        throw ModelError("\(key): expected reward, bump, discount, slip, wind, moves or cell")
      }
      cells[String(key.dropFirst(5))] = try Self.cell(words)
    }
  }

  private static func moves(_ words: [String]) throws(ModelError) -> [GridLayout.Move] {
    var moves: [GridLayout.Move] = []
    for word in words {
      switch word {
      case "4": moves += [.up, .right, .down, .left]
      case "8": moves += GridLayout.Move.all.dropLast()
      case "9": moves += GridLayout.Move.all
      default:
        guard let move = GridLayout.Move.all.first(where: { $0.name == word }) else {
          throw ModelError(
            "moves: \"\(word)\", expected 4, 8, 9 or "
              + GridLayout.Move.all.map(\.name).joined(separator: ", "))
        }
        moves.append(move)
      }
    }
    guard !moves.isEmpty, Set(moves).count == moves.count else { throw ModelError("moves: expected some, each once") }
    return moves
  }

  /// `end, reward 1`
  private static func cell(_ words: [String]) throws(ModelError) -> SpecialCell {
    var words = words[...]
    var cell: SpecialCell
    switch words.popFirst() {
    case "free": cell = SpecialCell(kind: .free)
    case "end": cell = SpecialCell(kind: .end)
    case "start": cell = SpecialCell(kind: .start)
    case "jump":
      guard let goal = words.popFirst() else { throw ModelError("jump: expected the word of a cell") }
      cell = SpecialCell(kind: .jump(goal))
    case let word: throw ModelError("a cell that is \"\(word ?? "")\", expected free, end, start or jump")
    }
    if let word = words.popFirst() {
      guard word == "reward", let number = words.popFirst().flatMap({ Double($0) }), words.isEmpty else {
        throw ModelError("a cell with \"\(word)\", expected \"reward\" and a number")
      }
      cell.reward = number
    }
    return cell
  }

  private func check() throws(ModelError) {
    guard let first = rows.first else { throw ModelError("the map has no rows") }
    if let row = rows.firstIndex(where: { $0.count != first.count }) {
      throw ModelError("row \(row + 1) of the map has \(rows[row].count) cells, the first has \(first.count)")
    }
    guard wind.isEmpty || wind.count == first.count else {
      throw ModelError("wind: \(wind.count) numbers for \(first.count) columns")
    }
    if slip[1...].contains(where: { $0 > 0 }) {
      guard Set(moves).isSubset(of: [.up, .right, .down, .left]) else {
        throw ModelError("slip: expected moves up, right, down and left only")
      }
    }
    for word in Set(rows.joined()) where ![".", "S", "#"].contains(word) && Double(word) == nil {
      guard let cell = cells[word] else {
        throw ModelError("the map has cells \"\(word)\", of which no line says what they are")
      }
      if case .jump(let goal) = cell.kind, rows.joined().filter({ $0 == goal }).count != 1 {
        throw ModelError("cell \(word): jumps to \"\(goal)\", which is not in the map just once")
      }
      if cell.kind == .start, !rows.joined().contains("S") {
        throw ModelError("cell \(word): leads to the start, and the map has no S")
      }
    }
  }
}

extension GridMap {
  func process() throws(ModelError) -> MarkovDecisionProcess {
    let (height, width) = (rows.count, rows[0].count)
    let marks = rows.flatMap { $0 }
    var states: [Int?] = []
    var count = 0
    for mark in marks {
      states.append(mark == "#" ? nil : count)
      if mark != "#" { count += 1 }
    }
    let hasExit = marks.contains { Double($0) != nil }
    let placed = states.indices.filter { states[$0] != nil }
    let starts = placed.filter { marks[$0] == "S" }.map { states[$0]! }
    let end = count
    func outcomes(_ state: Int, _ action: Int) -> [MarkovDecisionProcess.Outcome] {
      guard state < placed.count else { return [] }
      let place = placed[state]
      let mark = marks[place]
      // An exit: whatever is done there brings its number, and that was all.
      if let reward = Double(mark) { return [.init(1, end, reward: reward)] }
      switch cells[mark]?.kind {
      case .end: return []
      case .jump(let goal):
        return [.init(1, states[marks.firstIndex(of: goal)!]!, reward: cells[mark]!.reward ?? reward)]
      case .free, .start, nil: break
      }
      // To the left of what was meant, as meant, to the right, back: Gymnasium's order.
      let turns = [(-1, slip[1]), (0, slip[0]), (1, slip[2]), (2, slip[3])].filter { $0.1 > 0 }
      return turns.map { turn, probability in
        let (next, reward) = arrival(place, moves[action].turned(turn), width, height, marks)
        if cells[marks[next]]?.kind == .start {
          return .init(probability, starts[0], reward: reward)
        }
        return .init(probability, states[next]!, reward: reward)
      }
    }
    do {
      var process = try MarkovDecisionProcess(states: count + (hasExit ? 1 : 0), actions: moves.count, outcomes)
      process.actionNames = moves.map(\.name)
      process.initialStates = starts
      process.usualDiscount = discount
      process.stateNames = placed.map { "\($0 / width),\($0 % width)" } + (hasExit ? ["end"] : [])
      process.layout = GridLayout(rows: height, columns: width, states: states, marks: marks, moves: moves)
      return process
    } catch let error as ModelError {
      throw error
    } catch {
      throw ModelError("\(error)")
    }
  }

  /// The cell that a move leads to, and what it brings.
  private func arrival(
    _ place: Int, _ move: GridLayout.Move, _ width: Int, _ height: Int, _ marks: [String]
  ) -> (place: Int, reward: Double) {
    let (row, column) = (place / width, place % width)
    let blown = wind.isEmpty ? 0 : wind[column]
    let (down, right) = (row + move.down, column + move.right)
    var isBump = !(0..<height ~= down && 0..<width ~= right)
    var next = min(max(down - blown, 0), height - 1) * width + min(max(right, 0), width - 1)
    if marks[next] == "#" { (next, isBump) = (place, true) }
    if isBump, let bump { return (next, bump) }
    return (next, cells[marks[next]].flatMap { if case .jump = $0.kind { nil } else { $0.reward } } ?? reward)
  }
}
