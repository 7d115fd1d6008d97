import ApusCompiler
import ApusCore
import ApusRuntime

/// A graph as a list of kernel calls over one arena: nothing is decided when it runs.
package struct Plan: Executable {
  package let donations: [Donation]
  private let steps: [Step]
  /// Where each storage lives.
  private let places: [Place]
  private let outputs: [Int]
  private let outputSizes: [Int]
  /// For each result in the order in which memory is asked for, which output it is.
  private let resultOrder: [Int]
  private let constants: Buffer
  /// Bytes of memory that a run takes besides inputs and outputs.
  package let arenaSize: Int
  private let scratchOffset: Int

  private enum Place {
    case arena(offset: Int)
    case input(Int)
    /// One of the plan's own results, by number.
    case output(Int)
    case constant(byteOffset: Int)
  }

  init(_ graph: Graph, donations wanted: [Donation], bringsOutputs: Bool = false) throws(OpError) {
    outputTypes = graph.outputTypes
    var lowering = Lowering(graph, donations: wanted, bringsOutputs: bringsOutputs)
    let outputs = try lowering.lower()
    var lifetimes = Lifetimes(lowering)
    donations = lifetimes.donate(wanted, outputs: outputs.map(\.storage))
    lifetimes.reuseInPlace()

    let requests = lifetimes.requests
    let (offsets, size) = planMemory(requests.map(\.request))
    var places: [Place] = []
    var outputSizes: [Int] = []
    for (number, storage) in lowering.storages.enumerated() {
      let root = lifetimes.root(number)
      switch lowering.storages[root].kind {
      case .input(let index): places.append(.input(index))
      case .constant(let offset): places.append(.constant(byteOffset: offset))
      case .output:
        places.append(.output(outputSizes.count))
        outputSizes.append(storage.byteCount)
      case .arena:
        let request = requests.firstIndex { $0.storage == root }
        places.append(.arena(offset: request.map { offsets[$0] } ?? 0))
      }
    }
    self.places = places
    self.outputSizes = outputSizes
    self.outputs = outputs.map(\.storage)
    var order = [Int](repeating: 0, count: outputSizes.count)
    for (number, view) in outputs.enumerated() {
      if case .output(let index) = places[view.storage] { order[index] = number }
    }
    resultOrder = order
    steps = lowering.steps
    constants = lowering.constants.withUnsafeBytes { Buffer(copying: $0) }
    scratchOffset = (size + 4095) / 4096 * 4096
    arenaSize = scratchOffset + (lowering.steps.map(\.scratch).max() ?? 0)
  }

  /// The types of the results.
  package let outputTypes: [TensorType]

  /// The most scratch memory that one kernel call takes.
  package var scratchSize: Int { steps.map(\.scratch).max() ?? 0 }

  /// What each kernel call computes, in order.
  package var stepLabels: [String] { steps.map(\.label) }

  package func run(_ inputs: [Buffer]) -> [Buffer] {
    let arena = Buffer(byteCount: arenaSize)
    let results = outputSizes.map { Buffer(byteCount: $0) }
    run(inputs.map(\.pointer), results: results.map(\.pointer), arena: arena.pointer)
    return outputs.map { storage in
      switch places[storage] {
      case .input(let index): inputs[index]
      case .output(let index): results[index]
      case .arena, .constant: fatalError("an output in the arena")
      }
    }
  }
}

extension Plan {
  /// Runs a plan whose outputs are all its own: each is written where the caller says.
  func execute(
    _ inputs: [UnsafeMutableRawPointer], _ targets: [UnsafeMutableRawPointer], arena: UnsafeMutableRawPointer
  ) {
    run(inputs, results: resultOrder.map { targets[$0] }, arena: arena)
  }

  private func run(
    _ inputs: [UnsafeMutableRawPointer], results: [UnsafeMutableRawPointer], arena: UnsafeMutableRawPointer
  ) {
    withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: places.count + 1) { bases in
      for (number, place) in places.enumerated() {
        let base: UnsafeMutableRawPointer =
          switch place {
          case .arena(let offset): arena + offset
          case .input(let index): inputs[index]
          case .output(let index): results[index]
          case .constant(let offset): constants.pointer + offset
          }
        bases.initializeElement(at: number, to: base)
      }
      let start = UnsafePointer(bases.baseAddress!)
      let scratch = arena + scratchOffset
      if let profile = Profile.current {
        for step in steps {
          // The parts of a loop are measured by themselves.
          if step.kernel.isLoop {
            step.run(start, scratch: scratch)
          } else {
            profile.measure(step) { step.run(start, scratch: scratch) }
          }
        }
      } else {
        for step in steps { step.run(start, scratch: scratch) }
      }
    }
  }
}

extension Kernel {
  fileprivate var isLoop: Bool {
    switch self {
    case .scan, .whileLoop, .conditional: true
    default: false
    }
  }
}

/// Which values may take over the memory of values that die where they are made.
private struct Lifetimes {
  private let steps: [Step]
  private var storages: [Storage]
  /// The storage whose memory each one uses.
  private var parents: [Int]

  init(_ lowering: Lowering) {
    steps = lowering.steps
    storages = lowering.storages
    parents = Array(lowering.storages.indices)
  }

  func root(_ storage: Int) -> Int {
    var storage = storage
    while parents[storage] != storage { storage = parents[storage] }
    return storage
  }

  /// What the arena must hold.
  var requests: [(storage: Int, request: MemoryRequest)] {
    storages.indices.filter { parents[$0] == $0 && storages[$0].kind == .arena && storages[$0].last >= 0 }
      .map {
        ($0, MemoryRequest(byteCount: storages[$0].byteCount, first: storages[$0].first, last: storages[$0].last))
      }
  }

  /// Lets outputs overwrite donated inputs where the step that makes the output is the last to read the input, element
  /// by element.
  mutating func donate(_ wanted: [Donation], outputs: [Int]) -> [Donation] {
    var inputStorage: [Int: Int] = [:]
    for (number, storage) in storages.enumerated() {
      if case .input(let index) = storage.kind { inputStorage[index] = number }
    }
    return wanted.filter { donation in
      guard let input = inputStorage[donation.input] else { return false }
      let output = outputs[donation.output]
      guard storages[output].kind == .output, parents[output] == output, root(input) == input,
        outputs.filter({ $0 == output }).count == 1, !outputs.contains(input),
        !parents.enumerated().contains(where: { $0.element == input && $0.offset != input })
      else { return false }
      // An input that nothing reads is simply replaced.
      guard storages[input].last >= 0 else { return false }
      let step = storages[output].first
      guard storages[input].last == step, canShare(step, input: input, output: output) else { return false }
      parents[output] = input
      return true
    }
  }

  /// Lets each elementwise result overwrite an operand that dies there.
  mutating func reuseInPlace() {
    for (number, step) in steps.enumerated() {
      switch step.kernel {
      case .elementwise, .copyBytes: break
      case .block(let call) where !call.overwrites.isEmpty: break
      default: continue
      }
      for write in step.writes where storages[write.storage].kind == .arena && parents[write.storage] == write.storage {
        let output = write.storage
        guard storages[output].first == number else { continue }
        for read in step.reads {
          let input = root(read.storage)
          guard input != output, storages[input].kind == .arena, storages[input].last == number,
            canShare(number, input: input, output: output)
          else { continue }
          parents[output] = input
          storages[input].last = storages[output].last
          break
        }
      }
    }
  }

  /// Whether the step reads the input whole, once and in the order in which it writes the output.
  private func canShare(_ number: Int, input: Int, output: Int) -> Bool {
    let step = steps[number]
    guard storages[input].byteCount == storages[output].byteCount else { return false }
    if case .copyBytes = step.kernel { return step.reads[0].byteOffset == 0 }
    if case .block(let call) = step.kernel {
      guard let place = step.writes.firstIndex(where: { $0.storage == output }), let operand = call.overwrites[place]
      else { return false }
      let readers = step.reads.indices.filter { root(step.reads[$0].storage) == input }
      return readers == [operand] && step.reads[operand].byteOffset == 0
    }
    guard case .elementwise(let program) = step.kernel else { return false }
    let readers = step.reads.indices.filter { root(step.reads[$0].storage) == input }
    guard readers.count == 1, step.reads[readers[0]].byteOffset == 0, program.isDense(input: readers[0]) else {
      return false
    }
    guard let place = step.writes.firstIndex(where: { $0.storage == output }) else { return false }
    return program.elementSizesMatch(input: readers[0], output: place)
      && !step.writes.contains { $0.storage != output && root($0.storage) == input }
  }
}
