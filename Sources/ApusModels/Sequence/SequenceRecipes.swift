import ApusNN
import ApusTensor

extension Recipe {
  /// Translating, tagging, classifying texts, and continuing series.
  static let sequences: [Recipe] = [
    .recurrentTranslation("seq2seq", .none, "without attention"),
    .recurrentTranslation("seq2seq-bahdanau", .bahdanau, "with Bahdanau's attention"),
    .recurrentTranslation("seq2seq-luong", .luong, "with Luong's attention"),
    .transformerTranslation, .taggerOfPunctuation, .transformerClassification, .forecast, .keywords,
  ]

  static let forecast = Recipe(
    name: "forecast", summary: "GRU of 64 units that continues a series: the columns of a CSV table, a row a time",
    dataset: "",
    work: .forecast(
      ForecastWork(window: 30) { features, key in
        RecurrentRegressor(.gru, features: features, hidden: 64, outputs: 1, key: &key)
      }), epochs: 30, batchSize: 32, learningRate: 2e-3, optimizer: "adamw", schedule: .cosine, weightDecay: 0.01)

  /// Words that are spoken, as pictures of their sound.
  static let keywords = Recipe(
    name: "keywords", summary: "small convolutional network on spoken words: WAV files, a folder for each word",
    dataset: "spoken-words", inputShape: [98, 40, 1], epochs: 12, batchSize: 64, learningRate: 3e-3,
    optimizer: "adamw", schedule: .oneCycle, weightDecay: 0.01, augmentation: "crop:6"
  ) { classes, key in KeywordNet(classes: classes, key: &key) }

  private static func recurrentTranslation(
    _ name: String, _ attention: RecurrentTranslator.Attention, _ with: String
  ) -> Recipe {
    translation(name, "GRU encoder and decoder \(with)", epochs: 20, learningRate: 3e-3) { source, target, _, key in
      RecurrentTranslator(
        attention, sourceVocabulary: source, targetVocabulary: target, features: 128, hidden: 192, dropout: 0.3,
        padding: TranslationWork.padding, key: &key)
    }
  }

  static let transformerTranslation = translation(
    "transformer-translate", "transformer of 3 and 3 layers, 192 wide,", epochs: 20, learningRate: 2e-3
  ) { source, target, context, key in
    TransformerTranslator(
      sourceVocabulary: source, targetVocabulary: target, context: context, width: 192, layers: 3, heads: 4,
      hidden: 512, dropout: 0.2, padding: TranslationWork.padding, key: &key)
  }

  private static func translation(
    _ name: String, _ summary: String, epochs: Int, learningRate: Double,
    _ makeModel: @escaping @Sendable (Int, Int, Int, inout RandomKey) -> any Translator
  ) -> Recipe {
    var recipe = Recipe(
      name: name, summary: "\(summary) on messages of programs, English to French", dataset: "gettext-en-fr",
      work: .translation(TranslationWork(vocabulary: 4000, context: 40, makeModel: makeModel)), epochs: epochs,
      batchSize: 64, learningRate: learningRate, optimizer: "adamw", schedule: .oneCycle, weightDecay: 0.01,
      labelSmoothing: 0.1)
    recipe.clipNorm = 1
    return recipe
  }

  static let taggerOfPunctuation: Recipe = {
    var recipe = Recipe(
      name: "birnn-tagger", summary: "bidirectional LSTM that puts marks between the words of the King James Bible",
      dataset: "king-james-bible",
      work: .punctuation(
        TaggingWork(vocabulary: 8000, time: 64) { vocabulary, tags, key in
          SequenceTagger(
            .lstm, vocabulary: vocabulary, tags: tags, features: 100, hidden: 128, dropout: 0.3, key: &key)
        }), epochs: 3, batchSize: 32, learningRate: 2e-3, optimizer: "adamw", schedule: .cosine, weightDecay: 0.01)
    recipe.clipNorm = 1
    return recipe
  }()

  static let transformerClassification: Recipe = {
    var recipe = Recipe(
      name: "transformer-classify", summary: "transformer encoder that says what WordNet's definitions are about",
      dataset: "wordnet-glosses",
      work: .textClassification(
        TextClassificationWork(vocabulary: 20_000, context: 32) { vocabulary, classes, context, key in
          TransformerClassifier(
            vocabulary: vocabulary, classes: classes, context: context, width: 128, layers: 2, heads: 4, dropout: 0.2,
            key: &key)
        }), epochs: 4, batchSize: 64, learningRate: 1e-3, optimizer: "adamw", schedule: .oneCycle, weightDecay: 0.01)
    recipe.clipNorm = 1
    return recipe
  }()
}
