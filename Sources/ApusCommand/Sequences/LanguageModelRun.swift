import Apus
import ApusFiles
import ApusTokenizers

/// Learning which token of a text comes next.
struct LanguageModelRun: RecipeRun {
  let configuration: RunConfiguration
  let model: Module
  let task: TrainingTask
  let batches: any BatchLoader
  let testBatches: any BatchLoader
  static let exampleName = "sequences"
  private let tokenizer: Tokenizer
  private let work: LanguageModelWork
  private let tokens: (training: Int, test: Int)
  private let testCharacters: Int

  init(
    _ recipe: Recipe, _ work: LanguageModelWork, _ configuration: RunConfiguration, _ directory: RunDirectory,
    _ reading: DataReading
  ) throws {
    self.work = work
    let path = configuration.dataDirectory
    let corpus =
      work.unit == .notes
      ? try TextAccess.melodies(path: path, testShare: work.testShare)
      : try TextAccess.load(recipe.dataset, path: path, testShare: work.testShare)
    var configuration = configuration
    configuration.dataset = corpus.name
    let (training, test) = (corpus.train, corpus.validation)
    // A run that goes on has its tokenizer; another one is learned from what is trained on.
    tokenizer =
      File.exists(directory.tokenizerPath)
      ? try Tokenizer(contentsOf: directory.tokenizerPath) : try work.unit.tokenizer(of: training)
    let (trainingTokens, testTokens) = (tokenizer.numbers(of: training), tokenizer.numbers(of: test))
    (tokens, testCharacters) = ((trainingTokens.count, testTokens.count), test.count)
    let batchSize = configuration.batchSize
    let needed = batchSize * work.time + 1
    guard trainingTokens.count >= needed, testTokens.count >= needed else {
      throw Failure(
        "\(corpus.name): \(trainingTokens.count.grouped) tokens to train on and \(testTokens.count.grouped) to judge by, "
          + "expected at least \(needed.grouped) each: a batch of \(batchSize) rows of \(work.time)")
    }

    var key = RandomKey(configuration.seed)
    let vocabulary = tokenizer.vocabularySize
    switch work.model {
    case .recurrent(let makeModel):
      let network = makeModel(vocabulary, &key)
      let streams = TokenStreams(trainingTokens, batchSize: batchSize, time: work.time)
      batches = streams
      testBatches = TokenStreams(testTokens, batchSize: batchSize, time: work.time)
      let how = try Optimization(network, configuration, batchCount: streams.batchCount, directory.configurationPath)
      task = .languageModel(
        carryingStateOf: network, how.optimizer, batchSize: batchSize, validationBatchSize: batchSize,
        scheduler: how.scheduler, average: how.average, clipping: how.clipping, precision: how.precision,
        labelSmoothing: configuration.extras.labelSmoothing ?? 0, initialState: network.initialState(batch:)
      ) { network($0, state: $1) }
      (model, self.configuration) = (network, how.configuration)
    case .transformer(let makeModel):
      let network = makeModel(vocabulary, work.time, &key)
      let windows = DataLoader(
        TokenWindows(trainingTokens, time: work.time), batchSize: batchSize, sampling: .shuffled,
        seed: configuration.seed, dropsLast: true)
      batches = windows
      testBatches = DataLoader(TokenWindows(testTokens, time: work.time), batchSize: batchSize, sampling: .sequential)
      let how = try Optimization(network, configuration, batchCount: windows.batchCount, directory.configurationPath)
      task = .languageModel(
        network, how.optimizer, scheduler: how.scheduler, average: how.average, clipping: how.clipping,
        precision: how.precision, labelSmoothing: configuration.extras.labelSmoothing ?? 0)
      (model, self.configuration) = (network, how.configuration)
    }
  }

  var counts: (training: Int, test: Int) { (batches.exampleCount, testBatches.exampleCount) }

  var sizeText: String {
    "\(tokens.training.grouped) training and \(tokens.test.grouped) test tokens of \(tokenizer.vocabularySize.grouped)"
  }

  func epochText(_ measures: Measures) -> String {
    let perplexity = measures["perplexity"].map { "  perplexity \($0.fixed(2))" } ?? ""
    return "loss \((measures["loss"] ?? .nan).fixed(4))\(perplexity)"
  }

  func resultText(_ measures: Measures) -> String {
    let loss = measures["loss"] ?? .nan
    // Loss is of tokens; a text's length does not depend on how it is cut.
    let bits = loss * 1.442695040888963407 * Double(tokens.test) / Double(testCharacters)
    return "test loss \(loss.fixed(4)), perplexity \((measures["perplexity"] ?? .nan).fixed(2)), "
      + "\(bits.fixed(3)) bits per character"
  }

  func writeCompanions(to directory: RunDirectory) throws { try tokenizer.write(to: directory.tokenizerPath) }
}

extension RunDirectory {
  /// Where a run on texts keeps how they are cut, in the form of Hugging Face's `tokenizers`.
  var tokenizerPath: String { path + "/tokenizer.json" }
}

extension Tokenizer {
  /// The numbers of a text's tokens, without marks around them.
  func numbers(of text: String) -> [Int32] { encode(text, addsSpecialTokens: false).ids.map { Int32($0) } }
}

extension LanguageModelWork.Unit {
  /// A tokenizer learned from a text.
  func tokenizer(of text: String) throws -> Tokenizer {
    switch self {
    case .characters: .characters(of: text)
    case .words(let vocabulary): .words(of: text, limit: vocabulary)
    case .notes: .words(of: text, minimumCount: 2)
    case .bytePairs(let vocabulary): .bytePairs(of: text, vocabularySize: vocabulary)
    }
  }
}
