/// The binary tree of words with the shortest ways on average: frequent words are near the root (Huffman 1952).
struct HuffmanTree {
  /// Word `w`'s inner nodes from the root on, and the turns taken at them, are at `starts[w]..<starts[w + 1]`.
  private(set) var starts: [Int32] = [0]
  private(set) var nodes: [Int32] = []
  private(set) var turns: [UInt8] = []

  /// - Parameter counts: How often each word occurs, the largest first.
  init(counts: [Int]) {
    let words = counts.count
    guard words > 1 else {
      starts += counts.map { _ in 0 }
      return
    }
    // Inner nodes are made in the order of their counts, so that two queues take the place of a heap.
    var totals = counts + [Int](repeating: 0, count: words - 1)
    var parents = [Int](repeating: 0, count: totals.count)
    var isRight = [Bool](repeating: false, count: totals.count)
    var (leaf, inner) = (words - 1, words)
    for node in words..<totals.count {
      func least() -> Int {
        if leaf >= 0, inner >= node || totals[leaf] <= totals[inner] {
          leaf -= 1
          return leaf + 1
        }
        inner += 1
        return inner - 1
      }
      let (first, second) = (least(), least())
      totals[node] = totals[first] + totals[second]
      (parents[first], parents[second]) = (node, node)
      isRight[second] = true
    }
    let root = totals.count - 1
    for word in 0..<words {
      var way: [(node: Int32, turn: UInt8)] = []
      var place = word
      while place != root {
        way.append((Int32(parents[place] - words), isRight[place] ? 1 : 0))
        place = parents[place]
      }
      for step in way.reversed() {
        nodes.append(step.node)
        turns.append(step.turn)
      }
      starts.append(Int32(nodes.count))
    }
  }
}
