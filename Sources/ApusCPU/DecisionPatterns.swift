import CApusKernels

/// Stretches of states whose transitions are the same but for where each begins, as in a grid: found once, so that a
/// sweep reads values and little else.
struct DecisionPatterns {
  /// Of one state: actions with their transitions, counted from it.
  private struct Pattern: Hashable {
    var counts: [Int32] = []
    var offsets: [Int32] = []
    var probabilities: [Double] = []
    /// Of each action; empty where states of a stretch differ in them.
    var rewards: [Double] = []
  }

  private(set) var stretches: [apus_decision_stretch] = []
  private(set) var starts: [Int32] = [0]
  private(set) var offsets: [Int32] = []
  private(set) var probabilities: [Double] = []
  private(set) var patternRewards: [Double] = []
  private(set) var rewards: [Double] = []
  /// A bit for each state, 0 where it is terminal, and 64 more.
  private(set) var acting: [UInt8]
  /// What is read of states and actions in a sweep, besides values.
  private(set) var bytes: Int

  /// Shorter stretches are not worth a pattern.
  private static let fewestStates = 16

  init(
    states: Int, actions: Int, starts rowStarts: [Int32], successors: [Int32], probabilities chances: [Double],
    rewards given: [Double], numberSize: Int
  ) {
    acting = [UInt8](repeating: 0, count: states / 8 + 9)
    bytes = 0
    for state in 0..<states where rowStarts[state * actions] < rowStarts[(state + 1) * actions] {
      acting[state / 8] |= 1 << (state % 8)
    }
    func acts(_ state: Int) -> Bool { acting[state / 8] >> (state % 8) & 1 == 1 }
    /// Whether a state does what another does, from where it is.
    func isAlike(_ state: Int, _ other: Int) -> Bool {
      let (first, second) = (state * actions, other * actions)
      let shift = rowStarts[second] - rowStarts[first]
      for action in 1...actions where rowStarts[second + action] - rowStarts[first + action] != shift { return false }
      let step = Int32(other - state)
      for entry in Int(rowStarts[first])..<Int(rowStarts[first + actions]) {
        let twin = entry + Int(shift)
        if successors[twin] - successors[entry] != step || chances[twin] != chances[entry] { return false }
      }
      return true
    }

    var numbers: [Pattern: Int32] = [:]
    var state = 0
    while state < states {
      guard acts(state) else {
        add(first: state)
        state += 1
        continue
      }
      let entries = Int(rowStarts[state * actions])..<Int(rowStarts[(state + 1) * actions])
      let furthest = entries.reduce(0) { max($0, Int(successors[$1]) - state) }
      // Terminal states within a stretch are computed as the others are and set to 0, so that what they read is there.
      var (end, next) = (state + 1, state + 1)
      while next < states, next + furthest < states {
        if acts(next) {
          guard isAlike(state, next) else { break }
          end = next + 1
        }
        next += 1
      }
      guard end - state >= Self.fewestStates else {
        add(first: state)
        state = end
        continue
      }
      var pattern = Pattern()
      pattern.counts = ((state * actions)..<((state + 1) * actions)).map { rowStarts[$0 + 1] - rowStarts[$0] }
      pattern.offsets = entries.map { successors[$0] - Int32(state) }
      pattern.probabilities = Array(chances[entries])
      let own = given[(state * actions)..<((state + 1) * actions)]
      let isUniform = (state..<end).allSatisfy { other in
        !acts(other) || given[(other * actions)..<((other + 1) * actions)].elementsEqual(own)
      }
      var place = -1
      if isUniform {
        pattern.rewards = Array(own)
      } else {
        place = rewards.count
        for action in 0..<actions { rewards += (state..<end).map { given[$0 * actions + action] } }
      }
      let number = numbers[pattern] ?? add(pattern, actions)
      numbers[pattern] = number
      stretches.append(apus_decision_stretch(first: Int32(state), pattern: number, rewards: place))
      state = end
    }
    stretches.append(apus_decision_stretch(first: Int32(states), pattern: -1, rewards: -1))
    bytes = acting.count + numberSize * rewards.count
    for (stretch, next) in zip(stretches, stretches.dropFirst()) where stretch.pattern < 0 {
      let (first, last) = (Int(stretch.first) * actions, Int(next.first) * actions)
      bytes += Int(rowStarts[last] - rowStarts[first]) * (4 + numberSize) + (last - first) * (4 + numberSize)
    }
  }

  /// Begins a stretch of states whose own transitions are read, unless they are of one already.
  private mutating func add(first: Int) {
    if let last = stretches.last, last.pattern < 0 { return }
    stretches.append(apus_decision_stretch(first: Int32(first), pattern: -1, rewards: -1))
  }

  private mutating func add(_ pattern: Pattern, _ actions: Int) -> Int32 {
    let number = Int32((starts.count - 1) / actions)
    for count in pattern.counts { starts.append(starts[starts.count - 1] + count) }
    offsets += pattern.offsets
    probabilities += pattern.probabilities
    patternRewards += pattern.rewards.isEmpty ? [Double](repeating: 0, count: actions) : pattern.rewards
    return number
  }
}

/// Patterns in the kernels' memory, numbers as `Real`.
final class DecisionPatternMemory<Real: BinaryFloatingPoint & BitwiseCopyable> {
  private let stretches: Memory<apus_decision_stretch>
  private let starts: Memory<Int32>
  private let offsets: Memory<Int32>
  private let probabilities: Memory<Real>
  private let patternRewards: Memory<Real>
  private let rewards: Memory<Real>
  private let acting: Memory<UInt8>
  private let count: Int

  init(_ patterns: DecisionPatterns) {
    count = patterns.stretches.count - 1
    stretches = Memory(patterns.stretches)
    (starts, offsets) = (Memory(patterns.starts), Memory(patterns.offsets))
    probabilities = Memory(patterns.probabilities) { Real($0) }
    patternRewards = Memory(patterns.patternRewards) { Real($0) }
    rewards = Memory(patterns.rewards) { Real($0) }
    acting = Memory(patterns.acting)
  }

  /// Valid as long as this lives.
  var pointers: apus_decision_patterns {
    apus_decision_patterns(
      stretches: count, at: stretches.start, starts: starts.start, offsets: offsets.start,
      probabilities: UnsafeRawPointer(probabilities.start), pattern_rewards: UnsafeRawPointer(patternRewards.start),
      rewards: UnsafeRawPointer(rewards.start), acting: acting.start)
  }
}
