import ApusFiles
import ApusModels
import ApusTensor
import ApusTokenizers

/// A model that writes, with the tokenizer that makes tokens of text.
///
/// ```swift
/// let generator = try TextGenerator(directory: "gpt2")
/// print(try generator.generate(["Swifts sleep"], .greedy)[0][0].text)
/// ```
public struct TextGenerator {
  public let model: any AutoregressiveModel
  public let tokenizer: Tokenizer
  /// Tokens at which the model ends a text, beside those of the options.
  public var stopTokens: Set<Int>
  /// What stands before an empty prompt.
  public var startToken: Int?

  public init(
    _ model: any AutoregressiveModel, _ tokenizer: Tokenizer, stopTokens: Set<Int> = [], startToken: Int? = nil
  ) {
    var plain = tokenizer
    // A prompt is neither cut nor filled up.
    (plain.truncation, plain.padding) = (nil, nil)
    (self.model, self.tokenizer) = (model, plain)
    (self.stopTokens, self.startToken) = (stopTokens, startToken)
  }

  /// A model as Hugging Face lays it out: `config.json`, weights as safetensors, `tokenizer.json`.
  ///
  /// - Parameter dtype: The type that weights get; nil keeps the file's.
  /// - Throws: ``FileError`` that names the file, and what is wrong with it.
  public init(directory: String, dtype: DType? = .float32) throws(FileError) {
    let tokenizer = try Tokenizer(contentsOf: directory.appendingPath("tokenizer.json"))
    let pretrained = try PretrainedLanguageModel(directory: directory, dtype: dtype)
    self.init(
      pretrained.model, tokenizer, stopTokens: pretrained.stopTokens, startToken: pretrained.startToken)
  }

  /// What the model wrote after a prompt.
  public struct Text: Hashable, Sendable {
    /// Up to the stop token or the stop text, without it.
    public let text: String
    public let tokens: [Int]
    /// Why it is no longer; nil where a stop text ended it.
    public let ending: GeneratedSequence.Ending?
    /// The logarithm of the model's probability of the tokens.
    public let logProbability: Double
  }

  /// The tokens of a prompt.
  public func tokens(of prompt: String) -> [Int] {
    let ids = tokenizer.encode(prompt).ids
    return ids.isEmpty ? startToken.map { [$0] } ?? [] : ids
  }

  /// What the model writes after each prompt: for each prompt as many texts as `options.samples`.
  ///
  /// - Parameters:
  ///   - stopTexts: Texts that end what is written, wherever tokens begin and end.
  ///   - onText: Told each piece of text as soon as it is certain, with the number of its prompt and of its sample; what it
  ///     returns says whether that text goes on.
  /// - Throws: ``GenerationError`` where prompts or options cannot be, or the model's logits are not numbers.
  public func generate(
    _ prompts: [String], _ options: GenerationOptions = GenerationOptions(), stopTexts: [String] = [],
    onText: (_ prompt: Int, _ sample: Int, _ text: String) -> Bool = { _, _, _ in true }
  ) throws(GenerationError) -> [[Text]] {
    var options = options
    options.stopTokens.formUnion(stopTokens)
    let (tokens, samples) = (prompts.map(self.tokens(of:)), options.samples)
    var assemblies = tokens.flatMap { prompt in
      (0..<max(0, samples)).map { _ in Assembly(tokenizer, prompt, stopTexts) }
    }
    func tell(_ row: Int, _ piece: String) -> Bool { piece.isEmpty || onText(row / samples, row % samples, piece) }
    let sequences = try model.generate(tokens, options) { prompt, sample, token in
      let row = prompt * samples + sample
      return tell(row, assemblies[row].append(token)) && !assemblies[row].stops.isFound
    }
    return prompts.indices.map { prompt in
      sequences[prompt].indices.map { sample in
        let (row, sequence) = (prompt * samples + sample, sequences[prompt][sample])
        _ = tell(row, assemblies[row].finish())
        let isStopped = assemblies[row].stops.isFound
        return Text(
          text: assemblies[row].text, tokens: sequence.tokens, ending: isStopped ? nil : sequence.ending,
          logProbability: sequence.logProbability)
      }
    }
  }

  /// The text that the model writes after a prompt, piece by piece as it is certain.
  ///
  /// - Throws: ``GenerationError`` where the prompt or options cannot be.
  public func text(
    after prompt: String, _ options: GenerationOptions = GenerationOptions(), stopTexts: [String] = []
  ) throws(GenerationError) -> TextStream {
    var options = options
    options.stopTokens.formUnion(stopTokens)
    let ids = tokens(of: prompt)
    return TextStream(try model.tokens(after: ids, options), Assembly(tokenizer, ids, stopTexts))
  }

  /// The best texts after each prompt, up to `search.width` of them, the best first, and their scores.
  ///
  /// - Throws: ``GenerationError`` where prompts or options cannot be, or the model's logits are not numbers.
  public func beamSearch(
    _ prompts: [String], _ search: BeamSearch = BeamSearch()
  ) throws(GenerationError) -> [[(text: String, hypothesis: BeamSearch.Hypothesis)]] {
    var search = search
    search.stopTokens.formUnion(stopTokens)
    let tokens = prompts.map(self.tokens(of:))
    return zip(tokens, try model.beamSearch(tokens, search)).map { prompt, hypotheses in
      hypotheses.map { hypothesis in
        var assembly = Assembly(tokenizer, prompt, [])
        for token in hypothesis.tokens { _ = assembly.append(token) }
        _ = assembly.finish()
        return (assembly.text, hypothesis)
      }
    }
  }
}

/// A text while it is written.
struct Assembly {
  private var decoder: IncrementalDecoder
  private(set) var stops: StopTexts
  private(set) var text = ""

  init(_ tokenizer: Tokenizer, _ prompt: [Int], _ stopTexts: [String]) {
    decoder = IncrementalDecoder(tokenizer, after: prompt)
    stops = StopTexts(stopTexts)
  }

  /// What is certain with one more token.
  mutating func append(_ token: Int) -> String { add(stops.append(decoder.append(token))) }

  /// What is left.
  mutating func finish() -> String {
    let rest = stops.append(decoder.finish())
    return add(rest + stops.finish())
  }

  private mutating func add(_ piece: String) -> String {
    text += piece
    return piece
  }
}

/// Pieces of a text as a model writes it. Each is computed when it is asked for; the stream can be gone through once.
public struct TextStream: AsyncSequence, AsyncIteratorProtocol {
  public typealias Element = String
  public typealias Failure = GenerationError

  private var tokens: TokenStream
  private var assembly: Assembly
  private var isFinished = false

  init(_ tokens: TokenStream, _ assembly: Assembly) { (self.tokens, self.assembly) = (tokens, assembly) }

  public func makeAsyncIterator() -> TextStream { self }

  public mutating func next() async throws(GenerationError) -> String? { try await next(isolation: nil) }

  /// The next piece; nil at the end.
  public mutating func next(isolation actor: isolated (any Actor)?) async throws(GenerationError) -> String? {
    while !isFinished {
      let token = assembly.stops.isFound ? nil : try await tokens.next(isolation: actor)
      isFinished = token == nil
      let piece = token.map { assembly.append($0) } ?? assembly.finish()
      if !piece.isEmpty { return piece }
    }
    return nil
  }
}
