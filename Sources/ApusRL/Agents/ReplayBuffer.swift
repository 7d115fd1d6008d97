import ApusData

/// The last steps that were taken, to learn from again (Lin 1992), evenly or by how much they surprised
/// (Schaul et al. 2016, proportional).
struct ReplayBuffer {
  /// Steps as arrays that follow each other.
  struct Batch {
    var places: [Int] = []
    var observations: [Float] = []
    var actions: [Int32] = []
    var rewards: [Float] = []
    var nextObservations: [Float] = []
    var terminated: [Float] = []
    /// Of each step, at most 1.
    var weights: [Float] = []
  }

  private let capacity: Int
  private let size: Int
  private var observations: [Float]
  private var nextObservations: [Float]
  private var actions: [Int32]
  private var rewards: [Float]
  private var terminated: [Float]
  private(set) var count = 0
  private var next = 0
  /// Sums over pairs, pairs of pairs and so on: the root is at 1, step `i` at `leaves + i`. Empty where all are alike.
  private var sums: [Double] = []
  private let leaves: Int
  private let exponent: Double
  private var largest = 1.0

  /// - Parameter exponent: α of the priorities; nil for drawing evenly.
  init(capacity: Int, observationSize: Int, exponent: Double?) {
    (self.capacity, size) = (capacity, observationSize)
    observations = [Float](repeating: 0, count: capacity * observationSize)
    nextObservations = observations
    actions = [Int32](repeating: 0, count: capacity)
    rewards = [Float](repeating: 0, count: capacity)
    terminated = rewards
    self.exponent = exponent ?? 0
    var leaves = 1
    while leaves < capacity { leaves *= 2 }
    self.leaves = leaves
    if exponent != nil { sums = [Double](repeating: 0, count: 2 * leaves) }
  }

  mutating func add(_ seen: [Float], _ action: Int, _ reward: Double, _ after: [Float], isTerminated: Bool) {
    for number in 0..<size {
      observations[next * size + number] = seen[number]
      nextObservations[next * size + number] = after[number]
    }
    actions[next] = Int32(action)
    rewards[next] = Float(reward)
    terminated[next] = isTerminated ? 1 : 0
    if !sums.isEmpty { setPriority(next, largest) }
    next = (next + 1) % capacity
    count = min(count + 1, capacity)
  }

  /// - Parameter correction: β: how far the weights make up for the uneven draws.
  func batch(_ batchSize: Int, correction: Double, _ random: inout SplitMix64) -> Batch {
    var batch = Batch()
    batch.observations.reserveCapacity(batchSize * size)
    batch.nextObservations.reserveCapacity(batchSize * size)
    var shares: [Double] = []
    for number in 0..<batchSize {
      var place = 0
      if sums.isEmpty {
        place = Int(truncatingIfNeeded: random.next() % UInt64(count))
      } else {
        // One of each equal part of the sum.
        place = find((Double(number) + random.nextUnit()) / Double(batchSize) * sums[1])
        shares.append(sums[leaves + place] / sums[1])
      }
      batch.places.append(place)
      batch.observations += observations[(place * size)..<((place + 1) * size)]
      batch.nextObservations += nextObservations[(place * size)..<((place + 1) * size)]
      batch.actions.append(actions[place])
      batch.rewards.append(rewards[place])
      batch.terminated.append(terminated[place])
    }
    if sums.isEmpty {
      batch.weights = [Float](repeating: 1, count: batchSize)
    } else {
      let weights = shares.map { exponential(-correction * logarithm(Double(count) * $0)) }
      let most = weights.max()!
      batch.weights = weights.map { Float($0 / most) }
    }
    return batch
  }

  mutating func code(_ coder: AgentCoder, actions actionCount: Int) throws {
    try coder.code("replay.observations", &observations)
    try coder.code("replay.next_observations", &nextObservations)
    try coder.code("replay.actions", &actions, in: 0...Int32(actionCount - 1))
    try coder.code("replay.rewards", &rewards)
    try coder.code("replay.terminated", &terminated)
    try coder.code("replay.count", &count, in: 0...capacity)
    try coder.code("replay.next", &next, in: 0...(capacity - 1))
    if !sums.isEmpty {
      try coder.code("replay.priorities", &sums)
      try coder.code("replay.largest_priority", &largest)
    }
  }

  /// Sets priorities by the errors of steps.
  mutating func update(_ places: [Int], errors: [Float]) {
    guard !sums.isEmpty else { return }
    for (place, error) in zip(places, errors) {
      let priority = exponential(exponent * logarithm(Double(error.magnitude) + 1e-6))
      largest = max(largest, priority)
      setPriority(place, priority)
    }
  }

  private mutating func setPriority(_ place: Int, _ priority: Double) {
    var node = leaves + place
    sums[node] = priority
    while node > 1 {
      node /= 2
      sums[node] = sums[2 * node] + sums[2 * node + 1]
    }
  }

  private func find(_ share: Double) -> Int {
    var (node, rest) = (1, share)
    while node < leaves {
      node *= 2
      if rest >= sums[node], sums[node + 1] > 0 {
        rest -= sums[node]
        node += 1
      }
    }
    return min(node - leaves, count - 1)
  }
}
