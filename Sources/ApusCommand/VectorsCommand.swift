import Apus
import ApusCPU
import ApusDatasets
import ApusDrawing
import ApusEmbeddings

extension Command {
  static let vectors = Command(
    name: "vectors", summary: "Learn vectors of words from text, and ask, judge and draw them",
    operands: "train TEXT | nearest|analogy|evaluate|map VECTORS [WORD…]",
    operandCount: 2...2000,
    options: [
      Option(name: "model", value: "NAME", help: "skip-gram, cbow or svd (train, default skip-gram)"),
      Option(name: "dimensions", value: "N", help: "numbers of a vector (train, default 100)"),
      Option(name: "window", value: "N", help: "how far apart words may be (train, default 5)"),
      Option(name: "negative", value: "N", help: "words of noise (train, default 5)"),
      Option(name: "hierarchical", help: "a tree of words instead of noise (train)"),
      Option(name: "epochs", value: "N", help: "how often the text is read (train, default 5)"),
      Option(name: "learning-rate", value: "X", help: "at the start (train, default 0.025)"),
      Option(name: "subsample", value: "X", help: "share from which words are thinned (train, default 0.001)"),
      Option(name: "minimum-count", value: "N", help: "rarer words are left out (train, default 5)"),
      Option(name: "limit", value: "N", help: "how many words at most (train)"),
      Option(name: "keep-case", help: "tell capitals from small letters (train)"),
      Option(name: "seed", value: "N", help: "of random numbers (train, default 1)"),
      Option(name: "threads", value: "N", help: "with 1 the same seed gives the same vectors (train)"),
      Option(name: "out", value: "FILE", help: "vectors: .bin or, as text, .txt; map: .svg or .png"),
      Option(name: "count", value: "N", help: "how many words (nearest, analogy: 10; map: 200)"),
      Option(name: "questions", value: "FILE", help: "analogies, four words a line (evaluate)"),
      Option(name: "similarity", value: "FILE", help: "two words and a score a line (evaluate)"),
      Option(name: "method", value: "NAME", help: "tsne or pca (map, default tsne)"),
      Option(name: "perplexity", value: "X", help: "about how many neighbours (map, tsne, default 30)"),
      Option(name: "json", help: "print numbers as JSON (nearest, analogy, evaluate)"),
      Option(name: "quiet", help: "print results only (train)"),
    ],
    details: """
      TEXT is a file, a folder of .txt files or a data set (king-james-bible, gcide, wordnet-glosses),
      several with commas between. Vectors are files of word2vec's, of its binary or its text form.
      """
  ) { arguments in
    let operands = Array(arguments.operands.dropFirst())
    let counts = ["train": 1...1, "nearest": 2...2, "analogy": 4...4, "evaluate": 1...1, "map": 1...2000]
    let word = arguments.operands[0]
    guard let count = counts[word] else {
      throw UsageError(unknown: "word", word, among: counts.keys.sorted(), help: "apus vectors --help")
    }
    guard count.contains(operands.count) else {
      throw UsageError("vectors \(word) takes \(count.lowerBound) more words (apus vectors --help)")
    }
    switch word {
    case "train": try trainVectors(operands[0], arguments)
    case "nearest": try showNeighbors(operands, arguments)
    case "analogy": try showNeighbors(operands, arguments)
    case "evaluate": try evaluateVectors(operands[0], arguments)
    default: try drawVectors(operands[0], Array(operands.dropFirst()), arguments)
    }
  }

  // MARK: Training

  /// What `apus train` learns vectors by, under these names.
  static let vectorModels = ["word2vec": "skip-gram", "svd-embeddings": "svd"]

  /// `apus train word2vec --data TEXT`: with the options that mean something there.
  static func trainVectors(_ arguments: ParsedArguments, model: String) throws {
    let known: Set = ["data", "epochs", "learning-rate", "seed", "out", "threads", "quiet"]
    for option in train.options where !known.contains(option.name) {
      if arguments.string(option.name) != nil || arguments.has(option.name) {
        throw UsageError("--\(option.name) does not go with \(arguments.operands[0]) (apus vectors --help)")
      }
    }
    try trainVectors(arguments.string("data") ?? TextDataset.kingJamesBible.name, arguments, model: model)
  }

  /// Learns vectors of the words of a text and writes them.
  static func trainVectors(_ source: String, _ arguments: ParsedArguments, model defaultModel: String = "skip-gram")
    throws
  {
    let models = ["skip-gram", "cbow", "svd"]
    let model = arguments.string("model") ?? defaultModel
    guard models.contains(model) else {
      throw UsageError(unknown: "model", model, among: models, help: "apus vectors --help")
    }
    let out = arguments.string("out") ?? "vectors.bin"
    guard out.hasSuffix(".bin") || out.hasSuffix(".txt") else {
      throw UsageError("--out \(out): expected a name that ends in .bin or .txt")
    }
    let minimum = try arguments.integer("minimum-count", in: 1...1_000_000_000) ?? 5
    let limit = try arguments.integer("limit", in: 2...10_000_000)
    if let threads = try arguments.integer("threads", in: Limits.threads) { CPUBackend.threads = threads }
    let text = try source.split(separator: ",").map { try TextCorpus.load(String($0)).text }.joined(separator: "\n")
    let corpus = WordCorpus(text, minimumCount: minimum, limit: limit, lowercases: !arguments.has("keep-case"))
    guard corpus.words.count > 1 else { throw Failure("\(source): no two words occur \(minimum) times") }
    if !arguments.has("quiet") {
      Terminal.note(
        "\(corpus.words.count.grouped) words, \(corpus.tokenCount.grouped) of \(corpus.textLength.grouped) read")
    }
    let vectors =
      model == "svd" ? try factorize(corpus, arguments) : try predict(corpus, isSkipGram: model != "cbow", arguments)
    try vectors.write(to: out, isBinary: out.hasSuffix(".bin"))
    Terminal.print(out)
  }

  private static func factorize(_ corpus: WordCorpus, _ arguments: ParsedArguments) throws -> WordVectors {
    for option in ["negative", "epochs", "learning-rate", "subsample"] where arguments.string(option) != nil {
      throw UsageError("--\(option) does not go with --model svd")
    }
    var learner = SingularValueEmbedding()
    learner.dimensions = try arguments.integer("dimensions", in: 1...2000) ?? learner.dimensions
    learner.window = try arguments.integer("window", in: 1...100) ?? learner.window
    learner.seed = try arguments.seed("seed") ?? learner.seed
    guard corpus.words.count >= learner.dimensions else {
      throw Failure("\(corpus.words.count) words are fewer than \(learner.dimensions) dimensions (--dimensions)")
    }
    return learner.train(corpus)
  }

  private static func predict(
    _ corpus: WordCorpus, isSkipGram: Bool, _ arguments: ParsedArguments
  ) throws -> WordVectors {
    var learner = Word2Vec(isSkipGram ? .skipGram : .cbow)
    learner.dimensions = try arguments.integer("dimensions", in: 1...10_000) ?? learner.dimensions
    learner.window = try arguments.integer("window", in: 1...1000) ?? learner.window
    learner.epochs = try arguments.integer("epochs", in: Limits.epochs) ?? learner.epochs
    learner.learningRate = try arguments.positiveNumber("learning-rate") ?? learner.learningRate
    learner.finalLearningRate = min(learner.finalLearningRate, learner.learningRate)
    learner.subsampling = try arguments.positiveNumber("subsample") ?? learner.subsampling
    learner.seed = try arguments.seed("seed") ?? learner.seed
    let negative = try arguments.integer("negative", in: 1...1000)
    if arguments.has("hierarchical") {
      if negative != nil { throw UsageError("--negative and --hierarchical exclude each other") }
      learner.output = .hierarchicalSoftmax
    } else {
      learner.output = .negativeSampling(negative ?? 5)
    }
    Interruption.watch()
    let clock = ContinuousClock()
    let start = clock.now
    var last: Word2Vec.Progress?
    let vectors = learner.train(corpus, isReproducible: CPUBackend.threads == 1) { progress in
      last = progress
      if !arguments.has("quiet") {
        let rate = Double(progress.words) / (clock.now - start).seconds
        Terminal.status(
          Progress.bar(
            "epoch \(progress.epoch)/\(learner.epochs)", progress.words, of: progress.total,
            "\(Int(rate).grouped) words/s", width: Terminal.width))
      }
      return !Interruption.wasRequested
    }
    Terminal.clearLine()
    if Interruption.wasRequested { throw Interrupted() }
    if !arguments.has("quiet"), let last {
      let seconds = (clock.now - start).seconds
      Terminal.note(
        "\(seconds.fixed(1)) s, \(Int(Double(last.words) / seconds).grouped) words/s, "
          + "\(CPUBackend.threads) threads (\(CPUBackend.instructionSet))")
    }
    return vectors
  }

  // MARK: Asking

  private static func showNeighbors(_ operands: [String], _ arguments: ParsedArguments) throws {
    let vectors = try WordVectors(contentsOf: operands[0])
    let words = Array(operands.dropFirst())
    if let word = words.first(where: { vectors.number(of: $0) == nil }) {
      let hint = nearest(word, vectors.words.prefix(50_000).filter { abs($0.count - word.count) < 2 })
      throw Failure("\(operands[0]): it has no word '\(word)'" + (hint.map { ", did you mean \($0)?" } ?? ""))
    }
    let count = try arguments.integer("count", in: 1...1_000_000) ?? 10
    let neighbors =
      words.count == 1
      ? vectors.nearest(to: words[0], count: count) : vectors.analogy(words[0], words[1], words[2], count: count)
    guard let neighbors else { return }
    if arguments.has("json") {
      return Terminal.print(
        JSONValue.array(
          neighbors.map { ["word": .string($0.word), "similarity": .number(Double($0.similarity))] }
        ).serialized())
    }
    for neighbor in neighbors { Terminal.print("\(Double(neighbor.similarity).fixed(4))  \(neighbor.word)") }
  }

  private static func evaluateVectors(_ path: String, _ arguments: ParsedArguments) throws {
    let (questions, pairs) = (arguments.string("questions"), arguments.string("similarity"))
    guard questions != nil || pairs != nil else {
      throw UsageError("evaluate needs --questions or --similarity, a file (apus vectors --help)")
    }
    let vectors = try WordVectors(contentsOf: path)
    var json: JSONObject = [:]
    var lines: [String] = []
    if let questions {
      let results = vectors.evaluate(try AnalogyQuestions(contentsOf: questions))
      let total = WordVectors.AnalogyResult(
        section: "total", correct: results.reduce(0) { $0 + $1.correct }, asked: results.reduce(0) { $0 + $1.asked })
      for result in results + [total] {
        let share = result.asked == 0 ? 0 : Double(result.correct) / Double(result.asked)
        lines.append("\((share * 100).fixed(2)) %  \(result.correct) of \(result.asked)  \(result.section)")
        json[result.section] = [
          "correct": .integer(Int64(result.correct)), "asked": .integer(Int64(result.asked)),
        ]
      }
    }
    if let pairs {
      guard let result = vectors.evaluate(try SimilarityJudgements(contentsOf: pairs)) else {
        throw Failure("\(pairs): no two pairs of it are known")
      }
      lines.append("\(result.correlation.fixed(4))  rank correlation of \(result.pairs) pairs")
      json["rank_correlation"] = .number(result.correlation)
      json["pairs"] = .integer(Int64(result.pairs))
    }
    Terminal.print(arguments.has("json") ? JSONValue.object(json).serialized() : lines.joined(separator: "\n"))
  }

  // MARK: Drawing

  private static func drawVectors(_ path: String, _ words: [String], _ arguments: ParsedArguments) throws {
    let out = arguments.string("out") ?? "embedding-map.svg"
    try Figure.checkName(out)
    let method = arguments.string("method") ?? "tsne"
    guard ["tsne", "pca"].contains(method) else {
      throw UsageError(unknown: "method", method, among: ["tsne", "pca"], help: "apus vectors --help")
    }
    let count = try arguments.integer("count", in: 5...5000) ?? 200
    let figure = try EmbeddingMap.figure(
      path, words: words, count: count, isTSNE: method == "tsne",
      perplexity: try arguments.positiveNumber("perplexity") ?? 30)
    try figure.write(to: out)
    Terminal.print(out)
  }
}

extension Duration {
  fileprivate var seconds: Double { max(1e-9, Double(components.seconds) + Double(components.attoseconds) * 1e-18) }
}
