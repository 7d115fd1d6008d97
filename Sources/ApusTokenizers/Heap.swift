/// What a heap gives out in order.
protocol Prioritized {
  /// Whether it comes before another. Two that differ are never equal in this.
  func precedes(_ other: Self) -> Bool
}

/// A binary heap: the first of its elements in logarithmic time.
struct Heap<Element: Prioritized> {
  private var elements: [Element]

  init(_ elements: [Element] = []) {
    self.elements = elements
    for place in stride(from: elements.count / 2, through: 0, by: -1) { sink(place) }
  }

  mutating func push(_ element: Element) {
    elements.append(element)
    var place = elements.count - 1
    while place > 0, elements[place].precedes(elements[(place - 1) / 2]) {
      elements.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  mutating func pop() -> Element? {
    guard let first = elements.first else { return nil }
    let last = elements.removeLast()
    if !elements.isEmpty {
      elements[0] = last
      sink(0)
    }
    return first
  }

  private mutating func sink(_ start: Int) {
    var place = start
    while place < elements.count {
      var least = place
      for child in [2 * place + 1, 2 * place + 2] where child < elements.count {
        if elements[child].precedes(elements[least]) { least = child }
      }
      if least == place { return }
      elements.swapAt(place, least)
      place = least
    }
  }
}
