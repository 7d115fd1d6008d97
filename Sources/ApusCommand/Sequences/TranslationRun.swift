import Apus
import ApusDatasets
import ApusFiles
import ApusTokenizers

/// Learning to translate sentences.
struct TranslationRun: RecipeRun {
  let configuration: RunConfiguration
  var model: Module { network }
  let task: TrainingTask
  let batches: any BatchLoader
  let testBatches: any BatchLoader
  static let exampleName = "sentences"
  let network: any Translator
  let sides: TranslationSides
  private let pairs: ParallelCorpus
  private let context: Int

  init(
    _ recipe: Recipe, _ work: TranslationWork, _ configuration: RunConfiguration, _ directory: RunDirectory,
    _ reading: DataReading
  ) throws {
    pairs = try TextAccess.pairs(recipe.dataset, path: configuration.dataDirectory)
    var configuration = configuration
    configuration.dataset = pairs.name
    sides =
      try TranslationSides(in: directory)
      ?? TranslationSides(learnedFrom: pairs.train, vocabulary: work.vocabulary)
    context = work.context
    let (sides, context) = (sides, work.context)
    func examples(_ pairs: [ParallelCorpus.Pair]) -> [SequenceExample] {
      pairs.map { SequenceExample(sides.source($0.source), sides.target($0.target)) }
        .filter { $0.sequences.allSatisfy { $0.count <= context } }
    }
    let (training, test) = (examples(pairs.train), examples(pairs.validation))
    guard !training.isEmpty, !test.isEmpty else {
      throw Failure(
        "\(pairs.name): \(training.count) sentences to train on and \(test.count) to judge by of at most "
          + "\(context) tokens, expected some")
    }
    let padding = [Int32](repeating: Int32(TranslationWork.padding), count: 2)
    let loader = SequenceBatches(
      training, batchSize: configuration.batchSize, padding: padding, seed: configuration.seed)
    batches = loader
    testBatches = SequenceBatches(
      test.sorted { $0.sequences[0].count < $1.sequences[0].count }, batchSize: configuration.batchSize,
      padding: padding)
    var key = RandomKey(configuration.seed)
    network = work.makeModel(
      sides.sourceTokenizer.vocabularySize, sides.targetTokenizer.vocabularySize, context, &key)
    let how = try Optimization(
      network, configuration, batchCount: loader.batchCount, directory.configurationPath)
    task = .translation(
      network, how.optimizer, scheduler: how.scheduler, average: how.average, clipping: how.clipping,
      labelSmoothing: configuration.extras.labelSmoothing ?? 0)
    self.configuration = how.configuration
  }

  var counts: (training: Int, test: Int) { (batches.exampleCount, testBatches.exampleCount) }

  func epochText(_ measures: Measures) -> String {
    let perplexity = measures["perplexity"].map { "  perplexity \($0.fixed(2))" } ?? ""
    return "loss \((measures["loss"] ?? .nan).fixed(4))\(perplexity)"
  }

  func resultText(_ measures: Measures) -> String {
    "test loss \((measures["loss"] ?? .nan).fixed(4)), perplexity \((measures["perplexity"] ?? .nan).fixed(2))"
  }

  /// BLEU of what the model writes of the test's sentences, the likeliest word at each step.
  func scores(_ arguments: ParsedArguments) throws -> [(name: String, value: Double)] {
    let search = TranslationSearch(model: network, sides: sides, context: context)
    let translations = try search.translate(pairs.test.map(\.source))
    var bleu = BLEU()
    for (translation, pair) in zip(translations, pairs.test) {
      bleu.add(BLEU.words(of: sides.sentence(translation)), reference: BLEU.words(of: pair.target))
    }
    return [("BLEU", bleu.value)]
  }

  func writeCompanions(to directory: RunDirectory) throws { try sides.write(to: directory) }
}

/// How sentences are translated: the likeliest word at each step, or a search with several beams. Those that are longer
/// than the model takes are cut.
struct TranslationSearch {
  let model: any Translator
  let sides: TranslationSides
  let context: Int
  var beams = 1

  /// Tokens of the target's language.
  func translate(_ sentences: [String]) throws -> [[Int]] {
    try model.translations(
      of: sentences.map { Array(sides.source($0).prefix(context)) }, begin: TranslationWork.begin,
      end: TranslationWork.end, limit: context - 1, beams: beams)
  }
}

/// How the sentences of both languages become numbers.
struct TranslationSides {
  let sourceTokenizer: Tokenizer
  let targetTokenizer: Tokenizer

  init(learnedFrom pairs: [ParallelCorpus.Pair], vocabulary: Int) throws {
    let marks = TranslationWork.marks
    func learned(_ sentences: [String]) throws -> Tokenizer {
      .bytePairs(
        of: sentences.joined(separator: "\n"), vocabularySize: vocabulary,
        specialTokens: [marks.padding, marks.begin, marks.end])
    }
    sourceTokenizer = try learned(pairs.map(\.source))
    targetTokenizer = try learned(pairs.map(\.target))
  }

  /// Those of a run; nil before it has any.
  init?(in directory: RunDirectory) throws {
    let (source, target) = (directory.sourceTokenizerPath, directory.targetTokenizerPath)
    guard File.exists(source), File.exists(target) else { return nil }
    sourceTokenizer = try Tokenizer(contentsOf: source)
    targetTokenizer = try Tokenizer(contentsOf: target)
  }

  func write(to directory: RunDirectory) throws {
    try sourceTokenizer.write(to: directory.sourceTokenizerPath)
    try targetTokenizer.write(to: directory.targetTokenizerPath)
  }

  func source(_ sentence: String) -> [Int32] { sourceTokenizer.numbers(of: sentence) + [Int32(TranslationWork.end)] }

  func target(_ sentence: String) -> [Int32] {
    [Int32(TranslationWork.begin)] + targetTokenizer.numbers(of: sentence) + [Int32(TranslationWork.end)]
  }

  func sentence(_ translation: [Int]) -> String { targetTokenizer.decode(translation) }
}

extension RunDirectory {
  var sourceTokenizerPath: String { path + "/source-tokenizer.json" }
  var targetTokenizerPath: String { path + "/target-tokenizer.json" }
}
