import ApusData

/// Two links that hang from a bar, of which only the joint between them can be turned, left (0), not at all (1) or right
/// (2), until the end is above the bar (Sutton 1996), with the dynamics of Gymnasium's Acrobot-v1. A reward of −1 a step.
public struct Acrobot: DiscreteControlEnvironment {
  public static let observationSize = 6
  public static let actionCount = 3
  public let timeLimit: Int? = 500
  /// The angle of the first link from hanging down, that of the second to the first, and their speeds.
  public var state = [0.0, 0, 0, 0]

  public init() {}

  public mutating func reset(_ random: inout SplitMix64) -> [Float] {
    state = (0..<4).map { _ in random.next(in: -0.1...0.1) }
    return observation
  }

  /// Cosine and sine of both angles, and the speeds.
  private var observation: [Float] {
    [cosine(state[0]), sine(state[0]), cosine(state[1]), sine(state[1]), state[2], state[3]].map { Float($0) }
  }

  public mutating func step(_ action: Int, _ random: inout SplitMix64) -> EnvironmentStep<[Float]> {
    let next = Self.rungeKutta(SIMD4(state[0], state[1], state[2], state[3]), torque: Double(action - 1), seconds: 0.2)
    state = [
      Self.wrapped(next[0]), Self.wrapped(next[1]), min(max(next[2], -4 * .pi), 4 * .pi),
      min(max(next[3], -9 * .pi), 9 * .pi),
    ]
    let isOver = -cosine(state[0]) - cosine(state[1] + state[0]) > 1
    return EnvironmentStep(observation, reward: isOver ? 0 : -1, isTerminated: isOver)
  }

  /// An angle from −π to π.
  private static func wrapped(_ angle: Double) -> Double {
    var angle = angle
    while angle > .pi { angle -= 2 * .pi }
    while angle < -.pi { angle += 2 * .pi }
    return angle
  }

  /// One step of the classical method of fourth order.
  private static func rungeKutta(_ state: SIMD4<Double>, torque: Double, seconds: Double) -> SIMD4<Double> {
    let half = seconds / 2
    let k1 = derivative(state, torque)
    let k2 = derivative(state + half * k1, torque)
    let k3 = derivative(state + half * k2, torque)
    let k4 = derivative(state + seconds * k3, torque)
    return state + seconds / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
  }

  /// The equations of Sutton & Barto's book for links of mass and length 1.
  private static func derivative(_ state: SIMD4<Double>, _ torque: Double) -> SIMD4<Double> {
    let (center, gravity) = (0.5, 9.8)
    let (angle1, angle2, speed1, speed2) = (state[0], state[1], state[2], state[3])
    let (cos2, sin2) = (cosine(angle2), sine(angle2))
    let d1 = center * center + 1 + center * center + 2 * center * cos2 + 2
    let d2 = center * center + center * cos2 + 1
    let phi2 = center * gravity * cosine(angle1 + angle2 - .pi / 2)
    let coriolis = -center * speed2 * speed2 * sin2 - 2 * center * speed2 * speed1 * sin2
    let phi1 = coriolis + (center + 1) * gravity * cosine(angle1 - .pi / 2) + phi2
    let pull = torque + d2 / d1 * phi1 - center * speed1 * speed1 * sin2 - phi2
    let turn2 = pull / (center * center + 1 - d2 * d2 / d1)
    let turn1 = -(d2 * turn2 + phi1) / d1
    return SIMD4(speed1, speed2, turn1, turn2)
  }
}
