/// A value's need of memory: how much, and from which step to which step, both included.
public struct MemoryRequest: Hashable, Sendable {
  public let byteCount: Int
  public let first: Int
  public let last: Int

  public init(byteCount: Int, first: Int, last: Int) {
    self.byteCount = byteCount
    self.first = first
    self.last = last
  }
}

/// Offsets in one arena such that no two values that live at the same time overlap, and the size of the arena.
///
/// Largest first, each at the lowest place that is free for its whole life: the greedy-by-size heuristic (Pisarchyk &
/// Lee 2020), close to the lower bound on training graphs.
public func planMemory(_ requests: [MemoryRequest], alignment: Int = 64) -> (offsets: [Int], byteCount: Int) {
  var offsets = [Int](repeating: 0, count: requests.count)
  var placed: [Int] = []
  var total = 0
  let bySize = requests.indices.sorted {
    (requests[$0].byteCount, -$0) > (requests[$1].byteCount, -$1)
  }
  for request in bySize where requests[request].byteCount > 0 {
    let size = requests[request].byteCount
    let neighbours = placed.filter {
      requests[$0].first <= requests[request].last && requests[request].first <= requests[$0].last
    }
    var offset = 0
    for neighbour in neighbours.sorted(by: { offsets[$0] < offsets[$1] }) {
      if offset + size <= offsets[neighbour] { break }
      let end = offsets[neighbour] + requests[neighbour].byteCount
      offset = max(offset, (end + alignment - 1) / alignment * alignment)
    }
    offsets[request] = offset
    placed.append(request)
    total = max(total, offset + size)
  }
  return (offsets, total)
}
