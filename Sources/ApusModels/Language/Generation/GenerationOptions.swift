/// How tokens are chosen, and when to stop.
public struct GenerationOptions: Hashable, Sendable {
  /// How many tokens are written at most.
  public var maximumTokens: Int
  /// Tokens that end a text.
  public var stopTokens: Set<Int>
  /// What the logits are divided by before a token is drawn; 0 takes the likeliest each time.
  public var temperature: Double
  /// From how many of the likeliest tokens one is drawn; all unless given.
  public var topK: Int?
  /// The least probability that the tokens to draw from have together; all are drawn from unless given.
  public var topP: Double?
  /// What makes tokens less likely that were there before: above 1. Of 1 it does nothing.
  public var repetitionPenalty: Double
  /// How many texts are written for each prompt.
  public var samples: Int
  /// Whether a text goes on where the model can look at no more: it then looks at the last half of what it could, and at what
  /// follows. Otherwise the text ends.
  public var slidesContext: Bool
  /// The same seed gives the same tokens. Draws depend on it, on the number of the sample and on the place alone: a prompt
  /// goes on in a batch as it does by itself.
  public var seed: UInt64

  public init(
    maximumTokens: Int = 100, stopTokens: Set<Int> = [], temperature: Double = 1, topK: Int? = nil, topP: Double? = nil,
    repetitionPenalty: Double = 1, samples: Int = 1, slidesContext: Bool = false, seed: UInt64 = 0
  ) {
    (self.maximumTokens, self.stopTokens, self.temperature) = (maximumTokens, stopTokens, temperature)
    (self.topK, self.topP, self.repetitionPenalty) = (topK, topP, repetitionPenalty)
    (self.samples, self.slidesContext, self.seed) = (samples, slidesContext, seed)
  }

  /// Takes the likeliest token each time.
  public static var greedy: GenerationOptions { GenerationOptions(temperature: 0) }

  /// What is done to the logits before a token is chosen, in this order.
  public var processors: [LogitsProcessor] {
    var result: [LogitsProcessor] = []
    if repetitionPenalty != 1 { result.append(.repetitionPenalty(repetitionPenalty)) }
    if temperature == 0 { return result }
    if temperature != 1 { result.append(.temperature(temperature)) }
    if let topK { result.append(.topK(topK)) }
    if let topP { result.append(.topP(topP)) }
    return result
  }

  func check() throws(GenerationError) {
    func require(_ condition: Bool, _ problem: String) throws(GenerationError) {
      if !condition { throw GenerationError("generate: \(problem)") }
    }
    try require(maximumTokens >= 0, "maximumTokens \(maximumTokens), expected 0 or more")
    try require(temperature >= 0 && temperature.isFinite, "temperature \(temperature), expected 0 or more")
    try require(topK ?? 1 >= 1, "topK \(topK ?? 1), expected 1 or more")
    try require((topP ?? 1) > 0 && (topP ?? 1) <= 1, "topP \(topP ?? 1), expected above 0 and at most 1")
    try require(
      repetitionPenalty > 0 && repetitionPenalty.isFinite,
      "repetitionPenalty \(repetitionPenalty), expected above 0")
    try require(samples >= 1, "samples \(samples), expected 1 or more")
  }
}

/// What a model wrote.
public struct GeneratedSequence: Hashable, Sendable {
  /// Why it is no longer.
  public enum Ending: Hashable, Sendable {
    /// This stop token came.
    case stopToken(Int)
    /// As many tokens are there as were asked for.
    case maximumTokens
    /// The model cannot look at more.
    case contextLength
    /// Who was told of the tokens wanted no more.
    case interrupted
  }

  /// The tokens after the prompt, without the stop token.
  public var tokens: [Int] = []
  public var ending = Ending.interrupted
  /// The logarithm of the model's probability of these tokens, the stop token among them, after processors.
  public var logProbability = 0.0
}

/// Why nothing can be written; printed as one line.
public struct GenerationError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}
