import ApusFiles
import ApusTensor

/// Questions of the form "what is to c as b is to a?", in sections.
public struct AnalogyQuestions: Sendable {
  public struct Section: Hashable, Sendable {
    public let name: String
    /// Four words each, the last of which is the answer.
    public let questions: [[String]]
  }

  public let sections: [Section]

  /// The questions in a file of the form of Mikolov's `questions-words.txt`: four words a line, sections begin with a colon.
  ///
  /// Throws a ``FileError`` that names the line which is neither.
  public init(contentsOf path: String) throws(FileError) {
    var sections: [Section] = []
    var (name, questions): (String, [[String]]) = ("", [])
    func finish() {
      if !questions.isEmpty { sections.append(Section(name: name, questions: questions)) }
    }
    for (number, line) in try File.readText(path).split(whereSeparator: \.isNewline).enumerated() {
      if line.hasPrefix(":") {
        finish()
        name = line.dropFirst().split(separator: " ").joined(separator: " ")
        questions = []
        continue
      }
      let words = line.lowercased().split { $0 == " " || $0 == "\t" }.map(String.init)
      guard words.count == 4 else { throw .malformed(path, "line \(number + 1) has \(words.count) words, expected 4") }
      questions.append(words)
    }
    finish()
    self.sections = sections
  }
}

/// Pairs of words and how alike people find them.
public struct SimilarityJudgements: Sendable {
  public let pairs: [(one: String, other: String, score: Double)]

  /// The pairs in a file of two words and a number a line, such as WordSim-353 and SimLex-999; lines that begin with `#` and
  /// a heading are passed over.
  ///
  /// Throws a ``FileError`` that names the line which is none.
  public init(contentsOf path: String) throws(FileError) {
    var pairs: [(one: String, other: String, score: Double)] = []
    for (number, line) in try File.readText(path).split(whereSeparator: \.isNewline).enumerated()
    where !line.hasPrefix("#") {
      let fields = line.lowercased().split { $0 == "\t" || $0 == "," }.map(String.init)
      guard fields.count >= 3, let score = Double(fields[2]) else {
        if number == 0 { continue }
        throw .malformed(path, "line \(number + 1) is not two words and a number")
      }
      pairs.append((fields[0], fields[1], score))
    }
    self.pairs = pairs
  }
}

extension WordVectors {
  /// How many questions were answered rightly.
  public struct AnalogyResult: Hashable, Sendable {
    public let section: String
    public let correct: Int
    /// How many could be asked: all four words are known.
    public let asked: Int

    public init(section: String, correct: Int, asked: Int) {
      (self.section, self.correct, self.asked) = (section, correct, asked)
    }
  }

  /// How many analogies are answered rightly, section by section: the nearest word but the three that are given must be the
  /// fourth. Questions with unknown words are passed over.
  public func evaluate(_ questions: AnalogyQuestions) -> [AnalogyResult] {
    let targets = directions.transposed().evaluated()
    return questions.sections.map { section in
      let known = section.questions.compactMap { words -> [Int]? in
        let numbers = words.compactMap { number(of: $0) }
        return numbers.count == 4 ? numbers : nil
      }
      var correct = 0
      // So many at once that the scores take some tens of megabytes.
      let batch = max(1, 8_000_000 / max(1, words.count))
      for first in stride(from: 0, to: known.count, by: batch) {
        let asked = known[first..<min(first + batch, known.count)]
        let vectors = asked.flatMap { analogyVector($0[0], $0[1], $0[2]) }
        let scores = Tensor(vectors, shape: [asked.count, dimensions]).matmul(targets).scalars(Float.self)
        for (row, question) in asked.enumerated() {
          var (best, bestScore) = (-1, -Float.infinity)
          for word in 0..<words.count {
            let score = scores[row * words.count + word]
            if score > bestScore, word != question[0], word != question[1], word != question[2] {
              (best, bestScore) = (word, score)
            }
          }
          if best == question[3] { correct += 1 }
        }
      }
      return AnalogyResult(section: section.name, correct: correct, asked: known.count)
    }
  }

  /// Spearman's rank correlation of the words' similarities with people's judgements, and of how many pairs; pairs with
  /// unknown words are passed over. Nil where fewer than two are known.
  public func evaluate(_ judgements: SimilarityJudgements) -> (correlation: Double, pairs: Int)? {
    let known = judgements.pairs.compactMap { pair in
      similarity(pair.one, pair.other).map { (Double($0), pair.score) }
    }
    guard known.count >= 2 else { return nil }
    return (rankCorrelation(known.map(\.0), known.map(\.1)), known.count)
  }
}

/// Pearson's correlation of ranks, equal values sharing the mean of theirs (Spearman 1904).
func rankCorrelation(_ x: [Double], _ y: [Double]) -> Double {
  let (a, b) = (ranks(x), ranks(y))
  let mean = Double(x.count + 1) / 2
  let product = zip(a, b).reduce(0) { $0 + ($1.0 - mean) * ($1.1 - mean) }
  let squares = [a, b].map { $0.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } }
  return squares.contains(0) ? 0 : product / (squares[0] * squares[1]).squareRoot()
}

private func ranks(_ values: [Double]) -> [Double] {
  let order = values.indices.sorted { values[$0] < values[$1] }
  var ranks = [Double](repeating: 0, count: values.count)
  var first = 0
  while first < order.count {
    var last = first
    while last + 1 < order.count, values[order[last + 1]] == values[order[first]] { last += 1 }
    for place in first...last { ranks[order[place]] = Double(first + last) / 2 + 1 }
    first = last + 1
  }
  return ranks
}
