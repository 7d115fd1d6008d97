import Apus
import ApusDrawing
import ApusEmbeddings
import ApusLinearAlgebra

/// Words in the plane, near ones near each other.
enum EmbeddingMap {
  /// Words that say little about what others mean.
  private static let passedOver: Set<String> = [
    "the", "of", "a", "and", "or", "to", "in", "is", "as", "by", "with", "for", "that", "an", "from", "it", "on", "be",
    "are", "which", "at", "not", "his", "was", "he", "also", "this", "one", "its", "i", "but", "have", "they", "their",
    "when", "who", "him", "has", "into", "all", "see", "them", "no", "used", "so", "n", "s", "t", "v", "l", "f", "p",
  ]

  /// - Parameters:
  ///   - words: Those that are drawn; the most frequent ones where there are none.
  ///   - count: How many of these.
  static func figure(
    _ path: String, words: [String], count: Int, isTSNE: Bool, perplexity: Double
  ) throws -> Figure {
    let vectors = try WordVectors(contentsOf: path)
    if let word = words.first(where: { vectors.number(of: $0) == nil }) {
      throw Failure("\(path): it has no word '\(word)'")
    }
    let frequent = vectors.words.lazy.filter { $0.count > 2 && !passedOver.contains($0) }.prefix(count)
    let shown = words.isEmpty ? Array(frequent) : words
    guard shown.count >= 5, vectors.dimensions >= 2 else {
      throw Failure("\(path): a map takes five words or more of two dimensions or more, there are \(shown.count)")
    }
    let numbers = shown.compactMap { vectors.number(of: $0) }
    let points = vectors.directions.take(Tensor(numbers), axis: 0).evaluated()
    let places: Tensor
    var facts: [(name: String, value: Double)] = []
    let note: String
    if isTSNE {
      var layout = TSNE()
      layout.perplexity = max(1, min(perplexity, Double(shown.count - 1) / 3))
      let map = layout(points)
      places = map.points
      facts.append(("divergence", map.divergence))
      note = "t-SNE (van der Maaten & Hinton 2008), perplexity \(layout.perplexity.fixed(0))"
    } else {
      let components = PrincipalComponents(points, count: 2)
      places = components.transformed(points)
      let share = components.varianceShares[..<2].sum().item()
      facts.append(("variance", share))
      note = "The first two principal components: \((share * 100).fixed(0)) % of the variance"
    }
    let flat = places.scalars(Float.self).map { Double($0) }
    let marks = shown.indices.map { Point(flat[2 * $0], flat[2 * $0 + 1]) }
    return Figure(
      "Words by the company they keep", note: note, size: (1000, 800), facts: facts,
      [
        Plot(
          x: Axis(ticks: .none), y: Axis(ticks: .none), legend: .none, hasEqualUnits: true,
          [
            Scatter(marks, radius: 2.5, opacity: 0.7),
            Labels(zip(marks, shown).map { ($0, $1) }, size: 10, offset: Point(4, -3)),
          ])
      ])
  }
}

extension FigureRecipe {
  static let embeddingMap = FigureRecipe(
    name: "embedding-map", summary: "word vectors in the plane (t-SNE)",
    subject: .required("the vectors' file")
  ) { options in
    try EmbeddingMap.figure(options.subject!, words: [], count: 200, isTSNE: true, perplexity: 30)
  }
}
