import CApusKernels

/// Stretches of states whose transitions are the same but for where each begins, as in a grid: found once, so that a
/// sweep reads values and little else.
struct DecisionPatterns {
  /// Of one state: actions with their transitions, counted from it.
  private struct Pattern: Hashable {
    /// How far the states are that it leads to.
    var near: [Int32] = []
    /// `[actions, near]`: probabilities, discounted.
    var weights: [Double] = []
    /// Of each action, −∞ where it cannot be taken.
    var rewards: [Double] = []
  }

  private(set) var stretches: [apus_decision_stretch] = []
  private(set) var nearStarts: [Int32] = [0]
  private(set) var near: [Int32] = []
  private(set) var weights: [Double] = []
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
    rewards given: [Double], discount: Double, numberSize: Int
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
      let near = end - state < Self.fewestStates ? [] : Set(entries.map { successors[$0] - Int32(state) }).sorted()
      guard (1...Int(APUS_DECISION_NEAR)).contains(near.count) else {
        add(first: state)
        state = end
        continue
      }
      var pattern = Pattern(near: near, weights: [Double](repeating: 0, count: actions * near.count))
      for action in 0..<actions {
        let row = state * actions + action
        for entry in Int(rowStarts[row])..<Int(rowStarts[row + 1]) {
          let place = near.firstIndex(of: successors[entry] - Int32(state))!
          pattern.weights[action * near.count + place] += discount * chances[entry]
        }
      }
      func reward(_ state: Int, _ action: Int) -> Double {
        let row = state * actions + action
        return acts(state) && rowStarts[row] == rowStarts[row + 1] ? -.infinity : given[row]
      }
      pattern.rewards = (0..<actions).map { reward(state, $0) }
      let isUniform = (state..<end).allSatisfy { other in
        !acts(other) || (0..<actions).allSatisfy { reward(other, $0) == pattern.rewards[$0] }
      }
      var place = -1
      if !isUniform {
        place = rewards.count
        for action in 0..<actions { rewards += (state..<end).map { reward($0, action) } }
        pattern.rewards = [Double](repeating: 0, count: actions)
      }
      let number = numbers[pattern] ?? add(pattern)
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

  private mutating func add(_ pattern: Pattern) -> Int32 {
    let number = Int32(nearStarts.count - 1)
    near += pattern.near
    nearStarts.append(Int32(near.count))
    weights += pattern.weights
    patternRewards += pattern.rewards
    return number
  }
}

/// Patterns in the kernels' memory, numbers as `Real`.
final class DecisionPatternMemory<Real: BinaryFloatingPoint & BitwiseCopyable> {
  private let stretches: Memory<apus_decision_stretch>
  private let nearStarts: Memory<Int32>
  private let near: Memory<Int32>
  private let weights: Memory<Real>
  private let patternRewards: Memory<Real>
  private let rewards: Memory<Real>
  private let acting: Memory<UInt8>
  private let count: Int

  init(_ patterns: DecisionPatterns) {
    count = patterns.stretches.count - 1
    stretches = Memory(patterns.stretches)
    (nearStarts, near) = (Memory(patterns.nearStarts), Memory(patterns.near))
    weights = Memory(patterns.weights) { Real($0) }
    patternRewards = Memory(patterns.patternRewards) { Real($0) }
    rewards = Memory(patterns.rewards) { Real($0) }
    acting = Memory(patterns.acting)
  }

  /// Valid as long as this lives.
  var pointers: apus_decision_patterns {
    apus_decision_patterns(
      stretches: count, at: stretches.start, near_starts: nearStarts.start, near: near.start,
      weights: UnsafeRawPointer(weights.start), pattern_rewards: UnsafeRawPointer(patternRewards.start),
      rewards: UnsafeRawPointer(rewards.start), acting: acting.start)
  }
}
