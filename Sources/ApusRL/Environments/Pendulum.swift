import ApusData

/// A pendulum that is swung up by a torque from −2 to 2, with the dynamics of Gymnasium's Pendulum-v1. The reward is less
/// the further it is from standing still on its head; it is never over.
public struct Pendulum: ContinuousControlEnvironment {
  public static let observationSize = 3
  public static let largestAction = 2.0
  public let timeLimit: Int? = 200
  /// The angle from standing on its head, and its speed.
  public var state = [Double.pi, 0]

  public init() {}

  public mutating func reset(_ random: inout SplitMix64) -> [Float] {
    state = [random.next(in: -.pi ... .pi), random.next(in: -1...1)]
    return observation
  }

  private var observation: [Float] { [cosine(state[0]), sine(state[0]), state[1]].map { Float($0) } }

  public mutating func step(_ action: Double, _ random: inout SplitMix64) -> EnvironmentStep<[Float]> {
    let (angle, speed) = (state[0], state[1])
    let torque = min(max(action, -2), 2)
    let full = 2 * Double.pi
    let fromTop = angle + .pi - full * ((angle + .pi) / full).rounded(.down) - .pi
    let cost = fromTop * fromTop + 0.1 * speed * speed + 0.001 * torque * torque
    let turned = min(max(speed + (15 * sine(angle) + 3 * torque) * 0.05, -8), 8)
    state = [angle + turned * 0.05, turned]
    return EnvironmentStep(observation, reward: -cost, isTerminated: false)
  }
}
