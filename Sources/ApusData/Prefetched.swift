import Dispatch
import Synchronization

/// A sequence whose next elements are made ahead, by several threads in the background, and given out in order.
///
/// One consumer goes through it, once. What it gets does not depend on the number of threads.
public final class Prefetched<Element: Sendable>: Sequence, IteratorProtocol, Sendable {
  private let numbers: Range<Int>
  /// How many elements may be made or waiting to be given out at a time.
  private let ahead: Int
  /// One for each thread. A concurrent queue would have to wait for one of the few threads that all such queues share.
  private let queues: [DispatchQueue]
  private let state: Mutex<State>
  private let isReady = DispatchSemaphore(value: 0)
  private let make: @Sendable (Int) -> Element

  private enum Answer {
    case over
    case element(Element)
    case later
  }

  private struct State {
    var ready: [Int: Element] = [:]
    /// The next to be made, and the next to be given out.
    var nextMade: Int
    var nextGiven: Int
    /// The one that the consumer sleeps for.
    var awaited: Int?
    /// The queues that have nothing to do.
    var idle: [Int]
    var waiting = Duration.zero

    /// The next element, if it is ready.
    mutating func give() -> Element? {
      guard let element = ready.removeValue(forKey: nextGiven) else { return nil }
      nextGiven += 1
      return element
    }
  }

  /// Makes the elements with these numbers.
  ///
  /// - Parameters:
  ///   - ahead: How many are made before they are asked for; at least one more than there are threads.
  ///   - threads: How many are made at the same time.
  public init(_ numbers: Range<Int>, ahead: Int = 3, threads: Int = 1, make: @escaping @Sendable (Int) -> Element) {
    self.numbers = numbers
    queues = (0..<Swift.max(1, threads)).map { _ in DispatchQueue(label: "apus.loader") }
    self.ahead = Swift.max(ahead, queues.count + 1)
    self.make = make
    state = Mutex(
      State(nextMade: numbers.lowerBound, nextGiven: numbers.lowerBound, idle: Array(queues.indices)))
    startWorkers()
  }

  /// How long the consumer has waited for elements that were not ready, in seconds.
  public var waitSeconds: Double {
    let waiting = state.withLock { $0.waiting }
    return Double(waiting.components.seconds) + Double(waiting.components.attoseconds) * 1e-18
  }

  public func next() -> Element? {
    let answer: Answer = state.withLock { state in
      guard state.nextGiven < numbers.upperBound else { return .over }
      if let element = state.give() { return .element(element) }
      state.awaited = state.nextGiven
      return .later
    }
    switch answer {
    case .over: return nil
    case .element(let element):
      startWorkers()
      return element
    case .later:
      let clock = ContinuousClock()
      let start = clock.now
      // Exactly one signal follows: from whoever makes the one that is awaited.
      isReady.wait()
      let element = state.withLock { state in
        state.waiting += clock.now - start
        return state.give()
      }
      startWorkers()
      return element
    }
  }

  /// Lets as many threads work as there is work for.
  private func startWorkers() {
    let woken = state.withLock { state in
      let count = Swift.min(state.idle.count, Swift.max(0, limit(state) - state.nextMade))
      defer { state.idle.removeLast(count) }
      return Array(state.idle.suffix(count))
    }
    for queue in woken { queues[queue].async { [self] in work(on: queue) } }
  }

  /// The first that may not be made yet.
  private func limit(_ state: borrowing State) -> Int { Swift.min(numbers.upperBound, state.nextGiven + ahead) }

  /// Makes elements for as long as there are some to be made.
  private func work(on queue: Int) {
    while true {
      let number: Int? = state.withLock { state in
        guard state.nextMade < limit(state) else {
          state.idle.append(queue)
          return nil
        }
        state.nextMade += 1
        return state.nextMade - 1
      }
      guard let number else { return }
      let element = make(number)
      let isAwaited = state.withLock { state in
        state.ready[number] = element
        guard state.awaited == number else { return false }
        state.awaited = nil
        return true
      }
      if isAwaited { isReady.signal() }
    }
  }
}
