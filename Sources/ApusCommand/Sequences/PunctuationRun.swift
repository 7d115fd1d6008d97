import Apus
import ApusFiles
import ApusTokenizers

/// Learning which mark follows each word of a text, from the words alone.
struct PunctuationRun: RecipeRun {
  let configuration: RunConfiguration
  let model: Module
  let task: TrainingTask
  let batches: any BatchLoader
  let testBatches: any BatchLoader
  static let exampleName = "stretches"
  private let tokenizer: Tokenizer

  init(
    _ recipe: Recipe, _ work: TaggingWork, _ configuration: RunConfiguration, _ directory: RunDirectory,
    _ reading: DataReading
  ) throws {
    let corpus = try TextAccess.load(recipe.dataset, path: configuration.dataDirectory, testShare: 0.1)
    let (training, test) = (PunctuatedText(corpus.train), PunctuatedText(corpus.validation))
    var configuration = configuration
    configuration.dataset = corpus.name
    configuration.classNames = PunctuatedText.marks.map { $0.isEmpty ? "none" : $0 }
    tokenizer =
      File.exists(directory.tokenizerPath)
      ? try Tokenizer(contentsOf: directory.tokenizerPath)
      : .words(
        of: training.words.joined(separator: " "), limit: work.vocabulary, specialTokens: ["<pad>", "[UNK]"])
    guard !training.words.isEmpty, !test.words.isEmpty else {
      throw Failure("\(corpus.name): \(training.words.count + test.words.count) words, expected more to learn from")
    }
    let padding: [Int32] = [0, Int32(PunctuatedText.ignored)]
    let loader = SequenceBatches(
      training.examples(time: work.time, tokenizer), batchSize: configuration.batchSize, padding: padding,
      seed: configuration.seed, isAligned: true)
    batches = loader
    testBatches = SequenceBatches(
      test.examples(time: work.time, tokenizer), batchSize: 64, padding: padding, isAligned: true)
    var key = RandomKey(configuration.seed)
    let network = work.makeModel(tokenizer.vocabularySize, PunctuatedText.marks.count, &key)
    let how = try Optimization(
      network, configuration, batchCount: loader.batchCount, directory.configurationPath)
    task = .tagging(
      network, how.optimizer, tags: PunctuatedText.marks.count, scheduler: how.scheduler, average: how.average,
      clipping: how.clipping, labelSmoothing: configuration.extras.labelSmoothing ?? 0,
      ignoredLabel: PunctuatedText.ignored)
    model = network
    self.configuration = how.configuration
  }

  var counts: (training: Int, test: Int) { (batches.exampleCount, testBatches.exampleCount) }

  func epochText(_ measures: Measures) -> String {
    let accuracy = measures["accuracy"].map { "  accuracy \($0.percent())" } ?? ""
    return "loss \((measures["loss"] ?? .nan).fixed(4))\(accuracy)"
  }

  func resultText(_ measures: Measures) -> String {
    "test accuracy \((measures["accuracy"] ?? .nan).percent()), macro F1 \((measures["macro_f1"] ?? .nan).percent())"
  }

  func writeCompanions(to directory: RunDirectory) throws { try tokenizer.write(to: directory.tokenizerPath) }
}

/// The words of a text in lower case, and the mark after each.
struct PunctuatedText {
  /// What may follow a word; an empty one is nothing.
  static let marks = ["", ",", ".", ";", ":", "?", "!"]
  static let ignored = -100
  private(set) var words: [String] = []
  private(set) var tags: [Int32] = []

  init(_ text: String) {
    for piece in text.split(whereSeparator: \.isWhitespace) {
      let word = piece.filter { $0.isLetter || $0 == "'" || $0 == "’" || $0 == "-" }.lowercased()
      guard word.contains(where: \.isLetter) else { continue }
      let mark = piece.last { !")]\"”".contains($0) }.map(String.init) ?? ""
      words.append(word)
      tags.append(Int32(Self.marks.firstIndex(of: mark) ?? 0))
    }
  }

  /// Stretches of so many words and their tags.
  func examples(time: Int, _ tokenizer: Tokenizer) -> [SequenceExample] {
    let unknown = tokenizer.id("[UNK]") ?? 1
    return stride(from: 0, to: words.count, by: time).map { start in
      let end = min(start + time, words.count)
      return SequenceExample(
        words[start..<end].map { Int32(tokenizer.id($0) ?? unknown) }, Array(tags[start..<end]))
    }
  }
}
