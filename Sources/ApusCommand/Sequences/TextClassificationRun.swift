import Apus
import ApusDatasets
import ApusFiles
import ApusTokenizers

/// Learning what texts are about.
struct TextClassificationRun: RecipeRun {
  let configuration: RunConfiguration
  let model: Module
  let task: TrainingTask
  let batches: any BatchLoader
  let testBatches: any BatchLoader
  static let exampleName = "texts"
  private let tokenizer: Tokenizer

  init(
    _ recipe: Recipe, _ work: TextClassificationWork, _ configuration: RunConfiguration, _ directory: RunDirectory,
    _ reading: DataReading
  ) throws {
    let texts = try TextAccess.labeled(path: configuration.dataDirectory)
    var configuration = configuration
    configuration.dataset = texts.name
    configuration.classNames = texts.classNames
    tokenizer =
      File.exists(directory.tokenizerPath)
      ? try Tokenizer(contentsOf: directory.tokenizerPath)
      : .words(
        of: texts.train.map(\.text).joined(separator: "\n"), limit: work.vocabulary, lowercases: true,
        specialTokens: ["<pad>", "[UNK]"])
    let (words, context) = (tokenizer, work.context)
    func examples(_ texts: [LabeledTexts.Example]) -> [SequenceExample] {
      texts.map { SequenceExample(Array(words.numbers(of: $0.text).prefix(context)), [Int32($0.label)]) }
    }
    let loader = SequenceBatches(
      examples(texts.train), batchSize: configuration.batchSize, padding: [0, 0], seed: configuration.seed)
    batches = LabelBatches(loader)
    testBatches = LabelBatches(SequenceBatches(examples(texts.test), batchSize: 256, padding: [0, 0]))
    var key = RandomKey(configuration.seed)
    let network = work.makeModel(tokenizer.vocabularySize, texts.classNames.count, context, &key)
    let how = try Optimization(
      network, configuration, batchCount: loader.batchCount, directory.configurationPath)
    task = .classification(
      network, how.optimizer, scheduler: how.scheduler, average: how.average, clipping: how.clipping,
      precision: how.precision, labelSmoothing: configuration.extras.labelSmoothing ?? 0,
      metrics: [Accuracy(), ConfusionMatrix(classes: texts.classNames.count, noting: [(.f1, .macro)])])
    model = network
    self.configuration = how.configuration
  }

  var counts: (training: Int, test: Int) { (batches.exampleCount, testBatches.exampleCount) }

  func epochText(_ measures: Measures) -> String {
    "loss \((measures["loss"] ?? .nan).fixed(4)) accuracy \((measures["accuracy"] ?? .nan).percent())"
  }

  func resultText(_ measures: Measures) -> String {
    "test accuracy \((measures["accuracy"] ?? .nan).percent()), macro F1 \((measures["macro_f1"] ?? .nan).percent())"
  }

  func writeCompanions(to directory: RunDirectory) throws { try tokenizer.write(to: directory.tokenizerPath) }
}

/// Sequences with one label each: the labels `[batch]`, not `[batch, time]`.
private struct LabelBatches: BatchLoader {
  let batches: SequenceBatches

  init(_ batches: SequenceBatches) { self.batches = batches }

  var exampleCount: Int { batches.exampleCount }
  var batchCount: Int { batches.batchCount }

  func epoch(_ epoch: Int, startingAt first: Int) -> Prefetched<Batch> {
    batches.epoch(epoch, startingAt: first) { batch in
      let labels = batch.tensors[1].scalars(Int32.self)
      let time = batch.tensors[1].shape[1]
      return Batch(
        [batch.tensors[0], Tensor(stride(from: 0, to: labels.count, by: time).map { labels[$0] })], count: batch.count)
    }
  }
}
