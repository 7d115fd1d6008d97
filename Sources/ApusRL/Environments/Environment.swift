import ApusData

/// What is acted in: it says what is seen after each action, and what that was worth (Sutton & Barto 2018, chapter 3).
public protocol Environment: Sendable {
  /// What is seen.
  associatedtype Observation: Sendable
  /// What can be done.
  associatedtype Action: Sendable

  /// After how many steps an episode is cut off, if it is.
  var timeLimit: Int? { get }

  /// Begins an episode.
  mutating func reset(_ random: inout SplitMix64) -> Observation

  /// Does something.
  mutating func step(_ action: Action, _ random: inout SplitMix64) -> EnvironmentStep<Observation>
}

/// What follows an action.
public struct EnvironmentStep<Observation: Sendable>: Sendable {
  public var observation: Observation
  public var reward: Double
  /// Whether the episode is over: nothing of worth comes after. An episode that is cut off is not over.
  public var isTerminated: Bool

  public init(_ observation: Observation, reward: Double, isTerminated: Bool) {
    (self.observation, self.reward, self.isTerminated) = (observation, reward, isTerminated)
  }
}

/// An environment of numbered states and actions.
public protocol TabularEnvironment: Environment where Observation == Int, Action == Int {
  var stateCount: Int { get }
  var actionCount: Int { get }
  /// The actions that can be taken in a state, in order.
  func possibleActions(_ state: Int) -> [Int]
}

/// An environment that is seen as a vector.
public protocol ControlEnvironment: Environment where Observation == [Float] {
  init()
  /// How many numbers an observation has.
  static var observationSize: Int { get }
  /// What the environment is in, in double precision: tests and pictures set and read it.
  var state: [Double] { get set }
}

/// A control environment with numbered actions.
public protocol DiscreteControlEnvironment: ControlEnvironment where Action == Int {
  static var actionCount: Int { get }
}

/// A control environment of one action that is a number.
public protocol ContinuousControlEnvironment: ControlEnvironment where Action == Double {
  /// What actions are cut off at, both ways.
  static var largestAction: Double { get }
}

/// A decision process as something that is acted in.
public struct ProcessEnvironment: TabularEnvironment {
  public let process: MarkovDecisionProcess
  public let timeLimit: Int?
  /// Where it is.
  public private(set) var state = 0
  private let initialStates: [Int]

  /// - Parameter timeLimit: After how many steps an episode is cut off; nil for never.
  public init(_ process: MarkovDecisionProcess, timeLimit: Int? = nil) {
    self.process = process
    self.timeLimit = timeLimit
    initialStates =
      process.initialStates.isEmpty
      ? (0..<process.stateCount).filter { !process.isTerminal($0) } : process.initialStates
  }

  public var stateCount: Int { process.stateCount }
  public var actionCount: Int { process.actionCount }

  public func possibleActions(_ state: Int) -> [Int] {
    (0..<process.actionCount).filter { process.canTake($0, in: state) }
  }

  public mutating func reset(_ random: inout SplitMix64) -> Int {
    state = initialStates.count == 1 ? initialStates[0] : initialStates.randomElement(using: &random) ?? 0
    return state
  }

  public mutating func step(_ action: Int, _ random: inout SplitMix64) -> EnvironmentStep<Int> {
    let row = process.row(state, action)
    let entries = process.transitions.entries(row)
    precondition(!entries.isEmpty, "step: action \(action) cannot be taken in state \(state)")
    var (chosen, rest) = (entries.lowerBound, random.nextUnit())
    for entry in entries {
      chosen = entry
      rest -= process.transitions.probabilities[entry]
      if rest < 0 { break }
    }
    state = Int(process.transitions.successors[chosen])
    let reward = process.outcomeRewards.isEmpty ? process.rewards[row] : process.outcomeRewards[chosen]
    return EnvironmentStep(state, reward: reward, isTerminated: process.isTerminal(state))
  }
}
