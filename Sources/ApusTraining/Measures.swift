/// Numbers by name, in the order in which they were measured.
public struct Measures: Hashable, Sendable, Sequence {
  public struct Measure: Hashable, Sendable {
    public let name: String
    public let value: Double
  }

  public private(set) var entries: [Measure] = []

  public init() {}

  public subscript(name: String) -> Double? {
    get { entries.first { $0.name == name }?.value }
    set {
      let place = entries.firstIndex { $0.name == name }
      switch (place, newValue) {
      case (let place?, let value?): entries[place] = Measure(name: name, value: value)
      case (let place?, nil): entries.remove(at: place)
      case (nil, let value?): entries.append(Measure(name: name, value: value))
      case (nil, nil): break
      }
    }
  }

  public func makeIterator() -> IndexingIterator<[Measure]> { entries.makeIterator() }
}
