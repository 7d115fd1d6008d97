import ApusCore

/// A part of a graph that a backend runs at once: one operation, or elementwise ones of one shape and reductions of what
/// they make.
public struct Group: Sendable {
  /// Positions in ascending order.
  public var members: [Int]
  /// Whether the members run as one fused program.
  public let isFused: Bool
}

/// How a reduction cuts what it reduces, taken as a `[outer, reduced, inner]` array. Those of one group cut alike.
public struct ReductionExtents: Hashable, Sendable {
  public let outer, reduced, inner: Int

  public init(outer: Int, reduced: Int, inner: Int) {
    (self.outer, self.reduced, self.inner) = (outer, reduced, inner)
  }
}

extension Op {
  /// Whether each element of the result depends on the elements at the same place of operands of the same shape.
  public var isElementwise: Bool {
    switch self {
    case .unary, .binary, .compare, .select, .convert: true
    case .value, .parameter, .constant, .iota, .randomBits, .identity, .stopGradient, .broadcastInDim, .reshape,
      .transpose, .slice, .pad, .concatenate, .reverse, .reduce, .argReduce, .dotGeneral, .convolution, .reduceWindow,
      .selectAndScatter, .bitcastConvert, .dynamicSlice, .dynamicUpdateSlice, .gather, .scatter, .cumulative, .argSort,
      .barrier, .scan, .whileLoop, .conditional, .custom, .block, .output:
      false
    }
  }
}

/// Cuts a graph into groups and orders them so that each follows what it reads.
///
/// `excluded` instructions are in no group: they are done elsewhere (as part of a product, or as a mere view). `opaque`
/// ones are groups of their own, elementwise or not. A group of elementwise instructions also takes in the `reductions`
/// of its values, which then need not be stored.
///
/// - Parameter overwrites: Results that may be written over a parameter: the group that makes one follows all others that
///   read the parameter, if that can be.
public func fusionGroups(
  _ graph: Graph, excluding excluded: Set<Int> = [], opaque: Set<Int> = [],
  reductions: [Int: ReductionExtents] = [:], overwrites: [Overwrite] = []
) -> [Group] {
  var grouping = Grouping(graph, excluded, opaque, reductions)
  grouping.formGroups()
  return grouping.ordered(overwrites)
}

/// A result that may take the place of a parameter, both by position.
public struct Overwrite: Sendable {
  public let parameter: Int
  public let result: Int

  public init(parameter: Int, result: Int) { (self.parameter, self.result) = (parameter, result) }
}

private struct Grouping {
  let graph: Graph
  let excluded: Set<Int>
  let opaque: Set<Int>
  let reductions: [Int: ReductionExtents]
  var users: [[Int]]
  /// The group of each instruction, named by its last member; -1 for none.
  var groupOf: [Int]
  var members: [Int: [Int]] = [:]
  /// For each position, the least one in any group that has a member there or later: what can be led back to.
  private var earliest: [Int]
  /// In which search each instruction was last seen.
  private var marks: [Int]
  private var search = 0

  /// More members would need more registers than a program has.
  private static let memberLimit = 20
  /// What a program may reduce.
  private static let reductionLimit = 4
  /// A search that has looked at so many instructions gives up: two values stay apart that might have been fused, but
  /// planning stays linear.
  private static let searchLimit = 1000

  init(_ graph: Graph, _ excluded: Set<Int>, _ opaque: Set<Int>, _ reductions: [Int: ReductionExtents]) {
    self.graph = graph
    self.excluded = excluded
    self.opaque = opaque
    self.reductions = reductions.filter { !excluded.contains($0.key) && !opaque.contains($0.key) }
    users = [[Int]](repeating: [], count: graph.instructions.count)
    for (position, instruction) in graph.instructions.enumerated() {
      for operand in Set(instruction.operands) { users[operand].append(position) }
    }
    groupOf = [Int](repeating: -1, count: graph.instructions.count)
    earliest = Array(graph.instructions.indices)
    marks = [Int](repeating: 0, count: graph.instructions.count)
  }

  /// From the end to the start, each elementwise instruction joins the group of its users where that is sound, and each
  /// reduction a group that reads what it reads.
  mutating func formGroups() {
    for position in graph.instructions.indices.reversed() where !excluded.contains(position) {
      var home = position
      if let shape = programShape(position) {
        let near = isElementwise(position) ? Set(users[position].map { groupOf[$0] }) : neighbours(position)
        // The group nearest to the end sees most of the others' results.
        for group in near.sorted(by: >) where canJoin(position, group, shape) {
          home = group
          break
        }
      }
      groupOf[position] = home
      members[home, default: []].append(position)
      for place in position...home where earliest[place] > position { earliest[place] = position }
    }
  }

  private func isElementwise(_ position: Int) -> Bool {
    graph.instructions[position].op.isElementwise && !opaque.contains(position)
  }

  /// The shape of the program that the instruction can be a part of; nil where it can be of none.
  private func programShape(_ position: Int) -> Shape? {
    if isElementwise(position) { return graph.type(position).shape }
    return reductions[position] == nil ? nil : graph.type(graph.instructions[position].operands[0]).shape
  }

  /// The groups that read what a reduction reads, or what the elementwise instruction before it reads.
  private func neighbours(_ reduction: Int) -> Set<Int> {
    let operand = graph.instructions[reduction].operands[0]
    let sources = [operand] + (isElementwise(operand) ? graph.instructions[operand].operands : [])
    var found: Set<Int> = []
    for user in sources.flatMap({ users[$0] }) where user != reduction {
      if groupOf[user] >= 0 { found.insert(groupOf[user]) }
      // One that is still to be placed, between the source and a group.
      if groupOf[user] < 0, isElementwise(user) { found.formUnion(users[user].map { groupOf[$0] }) }
    }
    found.remove(-1)
    return found
  }

  private mutating func canJoin(_ position: Int, _ group: Int, _ shape: Shape) -> Bool {
    guard group >= 0, members[group]!.count < Grouping.memberLimit, programShape(group) == shape else { return false }
    if let extents = reductions[position] {
      let others = members[group]!.compactMap { reductions[$0] }
      guard others.count < Grouping.reductionLimit, others.allSatisfy({ $0 == extents }) else { return false }
    }
    // A path from here through another group back into this one would be a circle.
    let outside = users[position].filter { groupOf[$0] != group }
    // What a reduction gives is not what the group's other members read.
    if reductions[position] != nil, outside.count < users[position].count { return false }
    return outside.isEmpty || !reach(outside, group)
  }

  /// Whether something in `group` depends on one of the instructions. The way there may lead past the group's last
  /// member and back, through an earlier member of another group.
  private mutating func reach(_ starts: [Int], _ group: Int) -> Bool {
    search += 1
    var stack = starts.filter { leadsBack($0, behind: group) }
    for start in starts { marks[start] = search }
    var visited = 0
    while let position = stack.popLast() {
      visited += 1
      if groupOf[position] == group || visited > Grouping.searchLimit { return true }
      // Whoever shares a group with it waits for all of the group's inputs.
      let together = groupOf[position] >= 0 ? members[groupOf[position]] ?? [position] : [position]
      for member in together {
        for user in users[member] where marks[user] != search {
          marks[user] = search
          if leadsBack(user, behind: group) { stack.append(user) }
        }
      }
    }
    return false
  }

  /// Whether a way from `position` may lead to `limit` or before it: ways go up, except from a member of a group to
  /// another one. Without this question a search would look at all that follows, and planning be quadratic.
  private func leadsBack(_ position: Int, behind limit: Int) -> Bool {
    var place = position
    while place > limit {
      let lower = earliest[place]
      if lower >= place { return false }
      place = lower
    }
    return true
  }

  /// Groups in an order of dependence that keeps little memory alive.
  func ordered(_ overwrites: [Overwrite]) -> [Group] {
    let names = members.keys.sorted()
    let work = names.map { name in
      Schedule.Work(
        reads: sources(name), makes: members[name]!.filter { isSeenOutside($0, name) },
        members: members[name]!.sorted())
    }
    var schedule = Schedule(graph, work)
    let places = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
    for overwrite in overwrites {
      guard let maker = group(making: overwrite.result).map({ places[$0]! }) else { continue }
      let readers = Set(groups(reading: overwrite.parameter).map { places[$0]! })
      schedule.put(maker, after: readers.subtracting([maker]))
    }
    return schedule.order().map { Group(members: work[$0].members, isFused: isProgram(work[$0].members)) }
  }

  /// A lone reduction is better done by itself.
  private func isProgram(_ members: [Int]) -> Bool { members.count > 1 || isElementwise(members[0]) }

  /// Whether a member's value is memory, not only a register of its group's program.
  private func isSeenOutside(_ position: Int, _ group: Int) -> Bool {
    users[position].contains { groupOf[$0] != group } || graph.outputs.contains(position)
  }

  /// The group whose result this is, or a view of it.
  private func group(making position: Int) -> Int? {
    var position = position
    while groupOf[position] < 0 {
      guard let operand = graph.instructions[position].operands.first else { return nil }
      position = operand
    }
    return groupOf[position]
  }

  /// The groups that read a value which no group makes, through excluded instructions too.
  private func groups(reading position: Int) -> Set<Int> {
    var found: Set<Int> = []
    var stack = [position]
    var seen: Set = [position]
    while let value = stack.popLast() {
      for user in users[value] where seen.insert(user).inserted {
        if groupOf[user] >= 0 { found.insert(groupOf[user]) } else { stack.append(user) }
      }
    }
    return found
  }

  /// The values that a group reads, through excluded instructions too.
  private func sources(_ group: Int) -> Set<Int> {
    var found: Set<Int> = []
    var stack = members[group]!.flatMap { graph.instructions[$0].operands }
    var seen = Set(stack)
    while let position = stack.popLast() {
      if groupOf[position] >= 0 {
        if groupOf[position] != group { found.insert(position) }
      } else {
        for operand in graph.instructions[position].operands where seen.insert(operand).inserted {
          stack.append(operand)
        }
      }
    }
    return found
  }
}
