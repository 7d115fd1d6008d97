import ApusTensor

extension AutoregressiveModel {
  /// What the model writes after each prompt: for each prompt as many sequences as `options.samples`.
  ///
  /// Prompts may have different lengths: each goes on as it would by itself.
  ///
  /// ```swift
  /// let text = try model.generate([[464, 3797]], .greedy)[0][0].tokens
  /// ```
  ///
  /// - Parameters:
  ///   - prompts: Tokens, at least one each.
  ///   - onToken: Told each token as it is written, with the number of its prompt and of its sample; what it returns says
  ///     whether that sequence goes on.
  /// - Throws: ``GenerationError`` where prompts or options cannot be, or the model's logits are not numbers.
  public func generate(
    _ prompts: [[Int]], _ options: GenerationOptions = GenerationOptions(),
    onToken: (_ prompt: Int, _ sample: Int, _ token: Int) -> Bool = { _, _, _ in true }
  ) throws(GenerationError) -> [[GeneratedSequence]] {
    try run(GenerationLoop(self, prompts, options, state: nil), prompts, options, onToken)
  }

  /// What the model writes after each prompt, from a state that has seen something before.
  ///
  /// - Parameters:
  ///   - state: For a model that translates, one that has read a source for each prompt. It must have room for all tokens.
  ///   - onToken: Told each token as it is written, with the number of its prompt and of its sample; what it returns says
  ///     whether that sequence goes on.
  /// - Throws: ``GenerationError`` where prompts or options cannot be, or the model's logits are not numbers.
  public func generate(
    _ prompts: [[Int]], _ options: GenerationOptions = GenerationOptions(), from state: State,
    onToken: (_ prompt: Int, _ sample: Int, _ token: Int) -> Bool = { _, _, _ in true }
  ) throws(GenerationError) -> [[GeneratedSequence]] {
    try run(GenerationLoop(self, prompts, options, state: state), prompts, options, onToken)
  }

  private func run(
    _ loop: GenerationLoop<Self>, _ prompts: [[Int]], _ options: GenerationOptions,
    _ onToken: (_ prompt: Int, _ sample: Int, _ token: Int) -> Bool
  ) throws(GenerationError) -> [[GeneratedSequence]] {
    while let tokens = try loop.next() {
      for (row, token) in tokens.enumerated() {
        guard let token else { continue }
        if !onToken(row / options.samples, row % options.samples, token) { loop.finish(row, .interrupted) }
      }
    }
    return prompts.indices.map { Array(loop.results[($0 * options.samples)..<(($0 + 1) * options.samples)]) }
  }

  /// What the model writes after a prompt, token by token as it is written.
  ///
  /// ```swift
  /// for try await token in try model.tokens(after: prompt) { … }
  /// ```
  ///
  /// - Throws: ``GenerationError`` where the prompt or options cannot be.
  public func tokens(
    after prompt: [Int], _ options: GenerationOptions = GenerationOptions()
  ) throws(GenerationError) -> TokenStream {
    var options = options
    options.samples = 1
    let loop = try GenerationLoop(self, [prompt], options, state: nil)
    return TokenStream { () throws(GenerationError) -> Int? in try loop.next()?[0] }
  }
}

/// Tokens of one text as a model writes them. Each is computed when it is asked for; the stream can be gone through once.
public struct TokenStream: AsyncSequence, AsyncIteratorProtocol {
  public typealias Element = Int
  public typealias Failure = GenerationError

  private let produce: () throws(GenerationError) -> Int?

  init(_ produce: @escaping () throws(GenerationError) -> Int?) { self.produce = produce }

  public func makeAsyncIterator() -> TokenStream { self }

  public mutating func next() async throws(GenerationError) -> Int? { try produce() }

  /// The next token; nil at the end.
  public mutating func next(isolation actor: isolated (any Actor)?) async throws(GenerationError) -> Int? {
    try produce()
  }
}
