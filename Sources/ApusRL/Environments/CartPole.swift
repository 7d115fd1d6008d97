import ApusData

/// A pole on a cart that is pushed left (0) or right (1) so that it does not fall (Barto, Sutton & Anderson 1983), with
/// the dynamics of Gymnasium's CartPole-v1. A reward of 1 a step; it is over when the cart is 2.4 or the pole 12° off.
public struct CartPole: DiscreteControlEnvironment {
  public static let observationSize = 4
  public static let actionCount = 2
  public let timeLimit: Int? = 500
  /// Place, speed, angle, angular speed.
  public var state = [0.0, 0, 0, 0]

  private static let (gravity, poleMass, totalMass, halfLength) = (9.8, 0.1, 1.1, 0.5)
  private static let (force, seconds) = (10.0, 0.02)
  private static let largestAngle = 12 * 2 * Double.pi / 360

  public init() {}

  public mutating func reset(_ random: inout SplitMix64) -> [Float] {
    state = (0..<4).map { _ in random.next(in: -0.05...0.05) }
    return state.map { Float($0) }
  }

  public mutating func step(_ action: Int, _ random: inout SplitMix64) -> EnvironmentStep<[Float]> {
    var (place, speed, angle, turn) = (state[0], state[1], state[2], state[3])
    let (cos, sin, moment) = (cosine(angle), sine(angle), Self.poleMass * Self.halfLength)
    let push = ((action == 1 ? Self.force : -Self.force) + moment * turn * turn * sin) / Self.totalMass
    let inertia = Self.halfLength * (4.0 / 3 - Self.poleMass * cos * cos / Self.totalMass)
    let angular = (Self.gravity * sin - cos * push) / inertia
    let linear = push - moment * angular * cos / Self.totalMass
    place += Self.seconds * speed
    speed += Self.seconds * linear
    angle += Self.seconds * turn
    turn += Self.seconds * angular
    state = [place, speed, angle, turn]
    let isOver = place.magnitude > 2.4 || angle.magnitude > Self.largestAngle
    return EnvironmentStep(state.map { Float($0) }, reward: 1, isTerminated: isOver)
  }
}
