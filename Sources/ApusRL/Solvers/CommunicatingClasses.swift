extension TransitionRows {
  /// The classes of states that lead to each other (Tarjan 1972), by their first states. Rows are states.
  var communicatingClasses: [CommunicatingClass] {
    var search = ClassSearch(self)
    return search.run()
  }

  /// The states from which some of the given ones can be reached, those themselves included.
  func reaching(_ goals: Set<Int>) -> [Bool] {
    // Ways are followed back.
    var sources = [[Int32]](repeating: [], count: count)
    for state in 0..<count {
      for entry in entries(state) where probabilities[entry] > 0 {
        sources[Int(successors[entry])].append(Int32(state))
      }
    }
    var isReached = [Bool](repeating: false, count: count)
    var open = goals.sorted()
    for state in open { isReached[state] = true }
    while let state = open.popLast() {
      for source in sources[state] where !isReached[Int(source)] {
        isReached[Int(source)] = true
        open.append(Int(source))
      }
    }
    return isReached
  }
}

/// Tarjan's search with a stack of its own: chains are longer than the system's.
private struct ClassSearch {
  private let rows: TransitionRows
  private var indices: [Int]
  private var lowest: [Int]
  private var isOpen: [Bool]
  private var open: [Int] = []
  private var found: [[Int]] = []
  private var counter = 0

  init(_ rows: TransitionRows) {
    self.rows = rows
    indices = [Int](repeating: -1, count: rows.count)
    lowest = indices
    isOpen = [Bool](repeating: false, count: rows.count)
  }

  mutating func run() -> [CommunicatingClass] {
    for state in 0..<rows.count where indices[state] < 0 { visit(state) }
    var owner = [Int](repeating: 0, count: rows.count)
    for (number, states) in found.enumerated() { for state in states { owner[state] = number } }
    let classes = found.enumerated().map { number, states in
      let isClosed = states.allSatisfy { state in
        rows.entries(state).allSatisfy { rows.probabilities[$0] == 0 || owner[Int(rows.successors[$0])] == number }
      }
      return CommunicatingClass(states: states.sorted(), isClosed: isClosed, period: period(states, number, owner))
    }
    return classes.sorted { $0.states[0] < $1.states[0] }
  }

  private mutating func enter(_ state: Int) {
    (indices[state], lowest[state]) = (counter, counter)
    counter += 1
    open.append(state)
    isOpen[state] = true
  }

  private mutating func visit(_ root: Int) {
    enter(root)
    var path = [(state: root, entry: rows.entries(root).lowerBound)]
    while let (state, entry) = path.last {
      if entry < rows.entries(state).upperBound {
        path[path.count - 1].entry += 1
        if rows.probabilities[entry] == 0 { continue }
        let next = Int(rows.successors[entry])
        if indices[next] < 0 {
          enter(next)
          path.append((next, rows.entries(next).lowerBound))
        } else if isOpen[next] {
          lowest[state] = min(lowest[state], indices[next])
        }
        continue
      }
      path.removeLast()
      if let above = path.last?.state { lowest[above] = min(lowest[above], lowest[state]) }
      guard lowest[state] == indices[state] else { continue }
      var states: [Int] = []
      while let last = open.popLast() {
        isOpen[last] = false
        states.append(last)
        if last == state { break }
      }
      found.append(states)
    }
  }

  /// The greatest common divisor of depth(state) + 1 − depth(next) over all steps within the class (Denardo 1977).
  private func period(_ states: [Int], _ number: Int, _ owner: [Int]) -> Int {
    var depth: [Int: Int] = [states[0]: 0]
    var queue = [states[0]]
    var place = 0
    var divisor = 0
    while place < queue.count {
      let state = queue[place]
      place += 1
      for entry in rows.entries(state) where rows.probabilities[entry] > 0 {
        let next = Int(rows.successors[entry])
        guard owner[next] == number else { continue }
        if let known = depth[next] {
          divisor = Self.commonDivisor(divisor, (depth[state]! + 1 - known).magnitude)
        } else {
          depth[next] = depth[state]! + 1
          queue.append(next)
        }
      }
    }
    return divisor
  }

  private static func commonDivisor(_ a: Int, _ b: UInt) -> Int {
    var (a, b) = (a, Int(b))
    while b != 0 { (a, b) = (b, a % b) }
    return a
  }
}
