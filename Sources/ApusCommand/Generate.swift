import Apus
import ApusDatasets
import ApusLanguage

extension Command {
  static let generate = Command(
    name: "generate", summary: "Let a language model write on from a text, or a model of images make some",
    operands: "RUN|MODEL [PROMPT]", operandCount: 1...2,
    options: [
      Option(name: "max-tokens", value: "N", help: "how many tokens to write at most (default 100)"),
      Option(
        name: "temperature", value: "T",
        help: "below 1 likely tokens become likelier; 0 takes the likeliest (default 1)"),
      Option(name: "top-k", value: "K", help: "draw from the K likeliest tokens alone"),
      Option(name: "top-p", value: "P", help: "draw from the likeliest tokens that together have probability P"),
      Option(name: "repetition-penalty", value: "X", help: "above 1 makes tokens less likely that were there before"),
      Option(name: "beams", value: "N", help: "look for the likeliest text with N beginnings at a time"),
      Option(
        name: "length-penalty", value: "A", help: "divide a beam's score by its length to the power A (default 1)"),
      Option(name: "count", value: "N", help: "how many texts to write (default 1)"),
      Option(name: "stop", value: "TEXT", help: "end before this text (\\n is a new line)"),
      Option(name: "midi", value: "FILE", help: "write the notes of a model of tunes as a MIDI file"),
      Option(name: "seed", value: "N", help: "the same seed makes the same text or images (default 0)"),
      Option(name: "precision", value: "TYPE", help: "of the weights: float32 (default), bfloat16, float16 or stored"),
      Option(name: "json", help: "print one JSON object a text"),
      Option(name: "time", help: "say on standard error how long the prompt and each token took"),
    ] + ImageGeneration.options,
    details: """
      RUN is a run of a recipe that continues texts (apus recipes), MODEL a directory as Hugging Face lays
      it out, of a GPT-2 or a Llama: config.json, the weights as safetensors and tokenizer.json. A single
      text appears as it is written. The prompt - is standard input. Where a model can look at no more, it
      goes on from the last half of what it saw.

      A run of a recipe that makes images takes no prompt: apus generate RUN --samples 64 --out FILE.png.
      """
  ) { arguments in
    if let run = ImageGeneration.run(arguments) { return try ImageGeneration.generate(run, arguments) }
    for option in ImageGeneration.options where arguments.isGiven(option.name) {
      throw UsageError("--\(option.name) is for runs that make images (apus generate --help)")
    }
    guard arguments.operands.count == 2 else {
      throw UsageError("expected RUN|MODEL PROMPT (apus generate --help)")
    }
    let request = try GenerationRequest(arguments)
    let generator = try TextGenerator(runOrModel: arguments.operands[0], dtype: request.dtype)
    let prompt = arguments.operands[1] == "-" ? try StandardInput.text(maximumSize: 1 << 24) : arguments.operands[1]
    if let search = request.search { return try printBeams(generator, prompt, search, request) }
    let isStreamed = request.options.samples == 1 && !request.isJSON
    var watch = GenerationWatch()
    let texts = try generator.generate([prompt], request.options, stopTexts: request.stopTexts) { _, _, piece in
      // The prompt is shown once it is known that something follows.
      if isStreamed { Terminal.write(watch.isFresh ? prompt + piece : piece) }
      watch.see()
      return true
    }[0]
    if isStreamed { Terminal.print(watch.isFresh ? prompt : "") }
    if let path = arguments.string("midi") {
      let melody = Melody(text: prompt + texts[0].text)
      guard !melody.notes.isEmpty else {
        throw Failure("--midi \(path): the model wrote no notes; expected a run of the recipe music")
      }
      try MIDIFile(melody).write(to: path)
    }
    if arguments.has("time") {
      watch.report(prompt: generator.tokens(of: prompt).count, written: texts.map(\.tokens.count).max() ?? 0)
    }
    if isStreamed { return }
    for text in texts {
      print(prompt, text.text, text.logProbability, request, ending: text.ending.map(\.name) ?? "stop_text")
    }
  }

  private static func printBeams(
    _ generator: TextGenerator, _ prompt: String, _ search: BeamSearch, _ request: GenerationRequest
  ) throws {
    let found = try generator.beamSearch([prompt], search)[0]
    for (text, hypothesis) in found.prefix(request.options.samples) {
      let ending = hypothesis.isComplete ? "stop_token" : "maximum_tokens"
      print(prompt, text, hypothesis.logProbability, request, ending: ending)
    }
  }

  private static func print(
    _ prompt: String, _ text: String, _ logProbability: Double, _ request: GenerationRequest, ending: String
  ) {
    guard request.isJSON else { return Terminal.print(prompt + text) }
    let object: JSONValue = [
      "prompt": .string(prompt), "text": .string(text), "log_probability": .number(logProbability),
      "ending": .string(ending),
    ]
    Terminal.print(object.serialized())
  }
}

extension TextGenerator {
  /// A run of a recipe, or a model as Hugging Face lays it out, whose configuration names its type.
  fileprivate init(runOrModel path: String, dtype: DType?) throws {
    guard try JSONValue(contentsOf: path + "/config.json")["model_type"] == nil else {
      try self.init(directory: path, dtype: dtype)
      return
    }
    let trained = try TrainedLanguageModel(path)
    guard let model = trained.model as? any AutoregressiveModel else {
      throw trained.run.mismatch(expected: "continues texts")
    }
    if let dtype, dtype != .float32 {
      for entry in model.parameters { entry.slot.tensor = entry.slot.tensor!.cast(to: dtype) }
    }
    self.init(model, trained.tokenizer)
  }
}

/// What the options of `apus generate` ask for.
private struct GenerationRequest {
  let options: GenerationOptions
  let search: BeamSearch?
  let stopTexts: [String]
  let dtype: DType?
  let isJSON: Bool

  init(_ arguments: ParsedArguments) throws {
    isJSON = arguments.has("json")
    let maximum = try arguments.integer("max-tokens", in: 0...1_000_000) ?? 100
    let penalty = try arguments.positiveNumber("repetition-penalty") ?? 1
    let count = try arguments.integer("count", in: 1...1024) ?? 1
    stopTexts = arguments.string("stop").map { [$0.unescapedLines] } ?? []
    options = GenerationOptions(
      maximumTokens: maximum, temperature: try arguments.number("temperature", in: 0...1_000) ?? 1,
      topK: try arguments.integer("top-k", in: 1...1_000_000_000),
      topP: try arguments.number("top-p", in: Double.leastNonzeroMagnitude...1), repetitionPenalty: penalty,
      samples: count, slidesContext: true, seed: try arguments.seed("seed") ?? 0)
    dtype = try GenerationRequest.dtype(arguments.string("precision") ?? "float32")
    guard let width = try arguments.integer("beams", in: 1...256) else {
      if arguments.string("length-penalty") != nil { throw UsageError("--length-penalty goes with --beams") }
      search = nil
      return
    }
    for name in ["temperature", "top-k", "top-p", "stop"] where arguments.string(name) != nil {
      throw UsageError("--beams looks for the likeliest text: --\(name) does not go with it")
    }
    guard count <= width else {
      throw UsageError("--count \(count): --beams \(width) finds no more than \(width) texts")
    }
    search = BeamSearch(
      width: width, maximumTokens: maximum,
      normalization: .power(try arguments.number("length-penalty", in: -100...100) ?? 1), repetitionPenalty: penalty)
  }

  private static func dtype(_ name: String) throws -> DType? {
    switch name {
    case "float32": return .float32
    case "bfloat16": return .bfloat16
    case "float16": return .float16
    case "stored": return nil
    default:
      throw UsageError(
        unknown: "precision", name, among: ["float32", "bfloat16", "float16", "stored"], help: "apus generate --help")
    }
  }
}

/// How long writing takes.
private struct GenerationWatch {
  private let start = ContinuousClock.now
  private var first: ContinuousClock.Instant?
  private var last: ContinuousClock.Instant?

  /// Whether no text has come yet.
  var isFresh: Bool { first == nil }

  /// A piece of text has come.
  mutating func see() {
    last = .now
    if first == nil { first = last }
  }

  func report(prompt: Int, written: Int) {
    guard let first, let last else { return Terminal.note("no token was written") }
    let (before, after) = ((first - start).seconds, (last - first).seconds)
    let each = after / Double(max(1, written - 1))
    Terminal.note(
      "\(prompt) tokens of the prompt in \(before.fixed(3)) s, then \((each * 1000).fixed(2)) ms a token"
        + (each > 0 ? ", \((1 / each).fixed(1)) tokens/s" : ""))
  }
}

extension Duration {
  fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}

extension GeneratedSequence.Ending {
  fileprivate var name: String {
    switch self {
    case .stopToken: "stop_token"
    case .maximumTokens: "maximum_tokens"
    case .contextLength: "context_length"
    case .interrupted: "interrupted"
    }
  }
}

extension String {
  /// With new lines for `\n`, which shells make it hard to write.
  fileprivate var unescapedLines: String {
    split(separator: "\\n", omittingEmptySubsequences: false).joined(separator: "\n")
  }
}
