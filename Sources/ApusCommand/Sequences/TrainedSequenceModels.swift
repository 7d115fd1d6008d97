import Apus
import ApusFiles
import ApusTokenizers

/// A run that learned which token comes next.
struct TrainedLanguageModel {
  let run: TrainedRun
  let model: any Layer
  let tokenizer: Tokenizer
  /// How many tokens it was trained on at a time.
  let time: Int

  init(_ path: String) throws { try self.init(TrainedRun(path)) }

  init(_ run: TrainedRun) throws {
    guard case .languageModel(let work) = run.recipe.work else { throw run.mismatch(expected: "continues texts") }
    let tokenizer = try Tokenizer(contentsOf: run.directory.tokenizerPath)
    self.run = run
    self.tokenizer = tokenizer
    time = work.time
    model = try run.loading { key in
      switch work.model {
      case .recurrent(let makeModel): makeModel(tokenizer.vocabularySize, &key)
      case .transformer(let makeModel): makeModel(tokenizer.vocabularySize, work.time, &key)
      }
    }
  }
}

/// A run that learned to translate.
struct TrainedTranslator {
  let run: TrainedRun
  let model: any Translator
  let sides: TranslationSides
  /// The longest sentence, in tokens.
  let context: Int

  init(_ path: String) throws {
    run = try TrainedRun(path)
    guard case .translation(let work) = run.recipe.work else { throw run.mismatch(expected: "translates") }
    guard let sides = try TranslationSides(in: run.directory) else {
      throw Failure("\(run.directory.sourceTokenizerPath): is missing; without it sentences cannot be read")
    }
    self.sides = sides
    context = work.context
    var key = RandomKey(0)
    model = work.makeModel(
      sides.sourceTokenizer.vocabularySize, sides.targetTokenizer.vocabularySize, work.context, &key)
    try run.directory.loadModel(into: model)
  }

  func translate(_ sentences: [String], beams: Int = 1) throws -> [[Int]] {
    try TranslationSearch(model: model, sides: sides, context: context, beams: beams).translate(sentences)
  }
}

/// A run that learned which mark follows each word.
struct TrainedTagger {
  let model: any Layer
  private let tokenizer: Tokenizer
  private let time: Int

  init(_ run: TrainedRun) throws {
    guard case .punctuation(let work) = run.recipe.work else {
      throw run.mismatch(expected: "puts marks between words")
    }
    let tokenizer = try Tokenizer(contentsOf: run.directory.tokenizerPath)
    (self.tokenizer, time) = (tokenizer, work.time)
    model = try run.loading { work.makeModel(tokenizer.vocabularySize, PunctuatedText.marks.count, &$0) }
  }

  /// Texts in lower case with the likeliest marks; those that they have are not looked at.
  func marked(_ texts: [String]) -> [String] {
    let read = texts.map { PunctuatedText($0) }
    let stretches = read.map { $0.examples(time: time, tokenizer) }
    let batches = SequenceBatches(
      stretches.flatMap(\.self), batchSize: 64, padding: [0, Int32(PunctuatedText.ignored)], isAligned: true)
    let network = compile(updating: [model]) { (batch: [Tensor]) in [model(batch[0]).argMax(axis: -1)] }
    var tags: [[Int32]] = []
    for batch in batches.epoch(0) {
      let time = batch.tensors[0].shape[1]
      let found = Phase.with(.inference) { network([batch.tensors[0]]) }[0].cast(to: .int32).scalars(Int32.self)
      tags += stride(from: 0, to: found.count, by: time).map { Array(found[$0..<$0 + time]) }
    }
    var next = 0
    return zip(read, stretches).map { text, stretches in
      let all = stretches.enumerated().flatMap { tags[next + $0].prefix($1.sequences[0].count) }
      next += stretches.count
      return zip(text.words, all).map { $0 + PunctuatedText.marks[Int($1)] }.joined(separator: " ")
    }
  }
}

/// A run that learned what texts are about.
struct TrainedTextClassifier {
  let run: TrainedRun
  let model: any Layer
  private let tokenizer: Tokenizer
  private let context: Int

  init(_ run: TrainedRun) throws {
    guard case .textClassification(let work) = run.recipe.work else { throw run.mismatch(expected: "classifies texts") }
    let tokenizer = try Tokenizer(contentsOf: run.directory.tokenizerPath)
    (self.run, self.tokenizer, context) = (run, tokenizer, work.context)
    model = try run.loading {
      work.makeModel(tokenizer.vocabularySize, run.configuration.classNames.count, work.context, &$0)
    }
  }

  /// How likely each class is for each text.
  func probabilities(_ texts: [String]) throws -> [[Double]] {
    let examples = texts.map { SequenceExample(Array(tokenizer.numbers(of: $0).prefix(context))) }
    let network = compile(updating: [model]) { (batch: [Tensor]) in [model(batch[0]).softmax()] }
    var rows: [[Double]] = []
    for batch in SequenceBatches(examples, batchSize: 64, padding: [0]).epoch(0) {
      let shares = Phase.with(.inference) { network([batch.tensors[0]]) }[0]
      rows += (0..<batch.count).map { shares[$0].doubles() }
    }
    if rows.contains(where: { !$0.allSatisfy(\.isFinite) }) {
      throw Failure("\(run.directory.modelPath): the model answers with NaN: it is not usable")
    }
    return rows
  }
}
