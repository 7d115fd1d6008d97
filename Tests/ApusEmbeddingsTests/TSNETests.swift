import Apus
import ApusEmbeddings
import ApusFiles
import Testing

/// Maps of handwritten digits against scikit-learn's (fixture_tsne.py).
@Suite struct TSNETests {
  private static let fixture = Result {
    let folder = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(
      separator: "/")
    return try JSONValue(contentsOf: folder + "/Fixtures/tsne.json")
  }

  @Test(arguments: [10.0, 30.0])
  func mapsAreAsGoodAsThoseOfScikitLearn(_ perplexity: Double) throws {
    let fixture = try Self.fixture.get()
    let rows = try #require(fixture["points"]?.array).compactMap(\.string)
    let points = Tensor(rows.flatMap { $0.utf8.map { Float($0) - 65 } }, shape: [300, 64])
    var layout = TSNE()
    layout.perplexity = perplexity
    let map = layout(points)
    let expected = try #require(fixture["perplexity \(Int(perplexity))"])
    let divergences = try #require(expected["divergences"]?.array).compactMap(\.double)
    // Where it ends depends on where it begins: scikit-learn's own differ by 4 %.
    let divergence = try #require(divergences.max())
    #expect(map.divergence <= divergence * 1.005, "\(map.divergence) against \(divergences)")
    let trust = try #require(expected["trustworthiness"]?.double)
    let own = Self.trustworthiness(points, map.points, neighbors: 12)
    #expect(own >= trust - 0.005, "\(own) against \(trust)")
    #expect(layout(points).points.scalars() == map.points.scalars())
  }

  /// How little of what is near in the map is far in truth (Venna & Kaski 2001).
  private static func trustworthiness(_ points: Tensor, _ map: Tensor, neighbors: Int) -> Double {
    let count = points.shape[0]
    func orders(_ x: Tensor) -> [[Int]] {
      let x = x.cast(to: .float64)
      let squares = x.squared().sum(axis: 1, keepDims: true)
      let distances = (squares + squares.transposed() - 2 * x.matmul(x.transposed())).scalars(Double.self)
      return (0..<count).map { row in
        (0..<count).filter { $0 != row }.sorted { distances[row * count + $0] < distances[row * count + $1] }
      }
    }
    let (truth, seen) = (orders(points), orders(map))
    var penalty = 0
    for row in 0..<count {
      var rank = [Int](repeating: 0, count: count)
      for (place, other) in truth[row].enumerated() { rank[other] = place + 1 }
      for other in seen[row].prefix(neighbors) { penalty += max(0, rank[other] - neighbors) }
    }
    let most = Double(count * neighbors * (2 * count - 3 * neighbors - 1))
    return 1 - 2 * Double(penalty) / most
  }
}
