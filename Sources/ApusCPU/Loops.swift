import ApusCore

/// A loop at run time: the body's plan, and where its memory goes.
struct ScanStep: Sendable {
  let body: Plan
  let carrySizes: [Int]
  /// Bytes of one element of each sequence and of each stacked result.
  let sequenceSizes: [Int]
  let stackedSizes: [Int]
  let constantCount: Int
  let length: Int
  let isReversed: Bool

  private var carryBytes: Int { carrySizes.reduce(0) { $0 + aligned($1) } }
  /// The body's memory, and two sets of carries that take turns.
  var scratchSize: Int { aligned(body.arenaSize) + 2 * carryBytes }

  func run(_ step: Step, _ bases: UnsafePointer<UnsafeMutableRawPointer>, _ scratch: UnsafeMutableRawPointer) {
    let reads = step.reads.map { bases[$0.storage] + $0.byteOffset }
    let writes = step.writes.map { bases[$0.storage] + $0.byteOffset }
    let carryCount = carrySizes.count
    let firstConstant = carryCount + sequenceSizes.count
    if length == 0 {
      for (place, size) in carrySizes.enumerated() { writes[place].copyMemory(from: reads[place], byteCount: size) }
      return
    }
    let turns = carryPlaces(carrySizes, at: scratch + aligned(body.arenaSize))
    var inputs = reads
    var outputs = writes
    for count in 0..<length {
      let position = isReversed ? length - 1 - count : count
      for (place, size) in sequenceSizes.enumerated() {
        inputs[carryCount + place] = reads[carryCount + place] + position * size
      }
      for (place, size) in stackedSizes.enumerated() {
        outputs[carryCount + place] = writes[carryCount + place] + position * size
      }
      for place in 0..<carryCount {
        outputs[place] = count == length - 1 ? writes[place] : turns[count % 2][place]
      }
      for place in firstConstant..<inputs.count { inputs[place] = reads[place] }
      body.execute(inputs, outputs, arena: scratch)
      for place in 0..<carryCount { inputs[place] = outputs[place] }
    }
  }
}

/// Two sets of places for carries, one behind the other.
private func carryPlaces(_ sizes: [Int], at start: UnsafeMutableRawPointer) -> [[UnsafeMutableRawPointer]] {
  var place = start
  return (0..<2).map { _ in
    sizes.map { size in
      defer { place += aligned(size) }
      return place
    }
  }
}

private func aligned(_ size: Int) -> Int { (size + 63) / 64 * 64 }

/// A loop whose condition says when it ends.
struct WhileStep: Sendable {
  let condition: Plan
  let body: Plan
  let carrySizes: [Int]

  private var planSize: Int { aligned(max(condition.arenaSize, body.arenaSize)) }
  var scratchSize: Int { 64 + planSize + 2 * carrySizes.reduce(0) { $0 + aligned($1) } }

  func run(_ step: Step, _ bases: UnsafePointer<UnsafeMutableRawPointer>, _ scratch: UnsafeMutableRawPointer) {
    var inputs = step.reads.map { bases[$0.storage] + $0.byteOffset }
    let arena = scratch + 64
    let turns = carryPlaces(carrySizes, at: arena + planSize)
    var count = 0
    while true {
      condition.execute(inputs, [scratch], arena: arena)
      if scratch.load(as: UInt8.self) == 0 { break }
      body.execute(inputs, turns[count % 2], arena: arena)
      for place in carrySizes.indices { inputs[place] = turns[count % 2][place] }
      count += 1
    }
    for (place, write) in step.writes.enumerated() {
      (bases[write.storage] + write.byteOffset).copyMemory(from: inputs[place], byteCount: carrySizes[place])
    }
  }
}

/// One of two plans.
struct ConditionalStep: Sendable {
  let whenTrue: Plan
  let whenFalse: Plan

  var scratchSize: Int { max(whenTrue.arenaSize, whenFalse.arenaSize) }

  func run(_ step: Step, _ bases: UnsafePointer<UnsafeMutableRawPointer>, _ scratch: UnsafeMutableRawPointer) {
    let reads = step.reads.map { bases[$0.storage] + $0.byteOffset }
    let writes = step.writes.map { bases[$0.storage] + $0.byteOffset }
    let branch = reads[0].load(as: UInt8.self) != 0 ? whenTrue : whenFalse
    branch.execute(Array(reads.dropFirst()), writes, arena: scratch)
  }
}

/// A kernel from outside.
struct CustomStep: Sendable {
  let primitive: any CustomPrimitive
  let operands: [TensorType]
  let results: [TensorType]

  func run(_ step: Step, _ bases: UnsafePointer<UnsafeMutableRawPointer>) {
    let reads = zip(step.reads, operands).map {
      UnsafeRawBufferPointer(start: bases[$0.storage] + $0.byteOffset, count: $1.byteCount)
    }
    let writes = zip(step.writes, results).map {
      UnsafeMutableRawBufferPointer(start: bases[$0.storage] + $0.byteOffset, count: $1.byteCount)
    }
    primitive.run(reads, operands, into: writes)
  }
}
