import ApusCore

/// Decides in which order work is done so that little memory is alive at a time: what frees at least as much as it takes
/// is done as soon as it can be; otherwise the order of the graph is kept.
struct Schedule {
  /// One thing to do: the values it reads and makes, and the instructions it consists of.
  struct Work {
    let reads: Set<Int>
    let makes: [Int]
    let members: [Int]
  }

  private let work: [Work]
  /// Bytes of memory that each value takes until it has been read for the last time; 0 for what the caller keeps.
  private let sizes: [Int: Int]
  /// The work that makes each value, and the work that waits for each.
  private var readers: [Int: Int] = [:]
  private var dependents: [[Int]]
  private var missing: [Int]

  init(_ graph: Graph, _ work: [Work]) {
    self.work = work
    let kept = Set(graph.outputs)
    var sizes: [Int: Int] = [:]
    var maker: [Int: Int] = [:]
    dependents = work.map { _ in [] }
    missing = work.map { _ in 0 }
    for (number, item) in work.enumerated() {
      for value in item.members { maker[value] = number }
      for value in item.makes {
        sizes[value] = kept.contains(value) ? 0 : graph.instructions[value].types.reduce(0) { $0 + $1.byteCount }
      }
    }
    for (number, item) in work.enumerated() {
      for value in item.reads { readers[value, default: 0] += 1 }
      let before = Set(item.reads.map { maker[$0]! })
      missing[number] = before.count
      for source in before { dependents[source].append(number) }
    }
    self.sizes = sizes
  }

  /// Has `number` done after the others, of which it reads nothing; not at all where one of them needs its result.
  mutating func put(_ number: Int, after others: Set<Int>) {
    guard others.isDisjoint(with: following(number)) else { return }
    for other in others where !dependents[other].contains(number) {
      dependents[other].append(number)
      missing[number] += 1
    }
  }

  /// The work itself and all that waits for it.
  private func following(_ number: Int) -> Set<Int> {
    var found: Set = [number]
    var stack = [number]
    while let item = stack.popLast() {
      for dependent in dependents[item] where found.insert(dependent).inserted { stack.append(dependent) }
    }
    return found
  }

  /// The better of two orders. The graph's own keeps what was written together together; but of a training step it has
  /// the gradients of the weights last, when all that they are made from would have to be kept.
  func order() -> [Int] {
    let orders = [Preference.graphOrder, .newest].map { preference in
      var copy = self
      return copy.order(preferring: preference)
    }
    // A little is no reason: what is written in place afterwards is not known here.
    return peak(orders[1]) * 8 < peak(orders[0]) * 7 ? orders[1] : orders[0]
  }

  /// What decides between works that all need more memory than they free.
  private enum Preference {
    case graphOrder
    /// What could not be done before, and of that what is nearest to an end.
    case newest
  }

  private mutating func order(preferring preference: Preference) -> [Int] {
    let heights = preference == .newest ? heights() : []
    var ready = work.indices.filter { missing[$0] == 0 }
    var readySince = [Int](repeating: 0, count: work.count)
    var order: [Int] = []
    order.reserveCapacity(work.count)
    while !ready.isEmpty {
      var best = 0
      var bestKey = (Int.max, 0, 0, 0)
      for (place, number) in ready.enumerated() {
        let growth = growth(work[number])
        // All that grows is alike.
        var key = (growth > 0 ? 1 : growth, 0, 0, work[number].members[0])
        if preference == .newest, growth > 0 { (key.1, key.2) = (-readySince[number], heights[number]) }
        if place == 0 || key < bestKey { (best, bestKey) = (place, key) }
      }
      let number = ready.remove(at: best)
      order.append(number)
      for value in work[number].reads { readers[value]! -= 1 }
      for dependent in dependents[number] {
        missing[dependent] -= 1
        if missing[dependent] == 0 {
          ready.append(dependent)
          readySince[dependent] = order.count
        }
      }
    }
    return order
  }

  /// How many works must follow one another after each.
  private func heights() -> [Int] {
    var heights = [Int](repeating: 0, count: work.count)
    var missing = missing
    var order = work.indices.filter { missing[$0] == 0 }
    var next = 0
    while next < order.count {
      for dependent in dependents[order[next]] {
        missing[dependent] -= 1
        if missing[dependent] == 0 { order.append(dependent) }
      }
      next += 1
    }
    for number in order.reversed() {
      heights[number] = dependents[number].reduce(0) { max($0, heights[$1] + 1) }
    }
    return heights
  }

  /// The most bytes that are alive at once.
  private func peak(_ order: [Int]) -> Int {
    var readers = readers
    var (alive, peak) = (0, 0)
    for number in order {
      alive += work[number].makes.reduce(0) { $0 + sizes[$1]! }
      peak = max(peak, alive)
      for value in work[number].reads {
        readers[value]! -= 1
        if readers[value] == 0 { alive -= sizes[value] ?? 0 }
      }
    }
    return peak
  }

  private func growth(_ item: Work) -> Int {
    let taken = item.makes.reduce(0) { $0 + sizes[$1]! }
    let freed = item.reads.reduce(0) { $0 + (readers[$1] == 1 ? sizes[$1] ?? 0 : 0) }
    return taken - freed
  }
}
