import Dispatch
import Synchronization

/// A sequence whose next elements are made ahead on a thread of its own.
public final class Prefetched<Element: Sendable>: Sequence, IteratorProtocol, Sendable {
  private let numbers: Range<Int>
  private let queue = DispatchQueue(label: "apus.loader")
  private let state: Mutex<State>
  private let isFilled = DispatchSemaphore(value: 0)
  private let make: @Sendable (Int) -> Element

  private struct State {
    var ready: [Element] = []
    /// The next to be made, and the next to be given out.
    var nextMade: Int
    var nextGiven: Int
  }

  /// Makes the elements with these numbers, in order.
  ///
  /// - Parameter ahead: How many are made before they are asked for.
  public init(_ numbers: Range<Int>, ahead: Int = 3, make: @escaping @Sendable (Int) -> Element) {
    self.numbers = numbers
    self.make = make
    state = Mutex(State(nextMade: numbers.lowerBound, nextGiven: numbers.lowerBound))
    for _ in 0..<ahead { prepareNext() }
  }

  private func prepareNext() {
    let number: Int? = state.withLock { state in
      guard state.nextMade < numbers.upperBound else { return nil }
      state.nextMade += 1
      return state.nextMade - 1
    }
    guard let number else { return }
    // The queue is serial: elements are finished in order.
    queue.async { [self] in
      let element = make(number)
      state.withLock { $0.ready.append(element) }
      isFilled.signal()
    }
  }

  public func next() -> Element? {
    let isOver = state.withLock { state in
      if state.nextGiven >= numbers.upperBound { return true }
      state.nextGiven += 1
      return false
    }
    if isOver { return nil }
    prepareNext()
    isFilled.wait()
    return state.withLock { $0.ready.removeFirst() }
  }
}
