import ApusData

/// A car that is too weak to climb out of its valley at once (Moore 1990), pushed left (0), not at all (1) or right (2),
/// with the dynamics of Gymnasium's MountainCar-v0. A reward of −1 a step until the flag.
public struct MountainCar: DiscreteControlEnvironment {
  public static let observationSize = 2
  public static let actionCount = 3
  public let timeLimit: Int? = 200
  /// Place and speed.
  public var state = [-0.5, 0]

  public init() {}

  public mutating func reset(_ random: inout SplitMix64) -> [Float] {
    state = [random.next(in: -0.6 ... -0.4), 0]
    return state.map { Float($0) }
  }

  public mutating func step(_ action: Int, _ random: inout SplitMix64) -> EnvironmentStep<[Float]> {
    var (place, speed) = (state[0], state[1])
    speed += Double(action - 1) * 0.001 + cosine(3 * place) * -0.0025
    speed = min(max(speed, -0.07), 0.07)
    place = min(max(place + speed, -1.2), 0.6)
    if place == -1.2, speed < 0 { speed = 0 }
    state = [place, speed]
    return EnvironmentStep(state.map { Float($0) }, reward: -1, isTerminated: place >= 0.5 && speed >= 0)
  }
}

/// The same with a force from −1 to 1, which costs a tenth of its square, and 100 for the flag: the dynamics of
/// Gymnasium's MountainCarContinuous-v0, which keeps its state in single precision.
public struct ContinuousMountainCar: ContinuousControlEnvironment {
  public static let observationSize = 2
  public static let largestAction = 1.0
  public let timeLimit: Int? = 999
  /// Place and speed.
  public var state = [-0.5, 0]

  public init() {}

  public mutating func reset(_ random: inout SplitMix64) -> [Float] {
    state = [random.next(in: -0.6 ... -0.4), 0]
    return state.map { Float($0) }
  }

  public mutating func step(_ action: Double, _ random: inout SplitMix64) -> EnvironmentStep<[Float]> {
    var (place, speed) = (Float(state[0]), Float(state[1]))
    let force = Float(min(max(action, -1), 1))
    speed += force * 0.0015 - Float(0.0025 * cosine(Double(3 * place)))
    speed = min(max(speed, -0.07), 0.07)
    place = min(max(place + speed, -1.2), 0.6)
    if place == -1.2, speed < 0 { speed = 0 }
    state = [Double(place), Double(speed)]
    let isThere = place >= 0.45 && speed >= 0
    return EnvironmentStep(
      [place, speed], reward: (isThere ? 100 : 0) - 0.1 * action * action, isTerminated: isThere)
  }
}
