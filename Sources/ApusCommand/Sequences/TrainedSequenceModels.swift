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
  private let context: Int

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

  func translate(_ sentences: [String]) -> [Translation] {
    TranslationSearch(model: model, sides: sides, context: context).translate(sentences)
  }
}
