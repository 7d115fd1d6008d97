import ApusCore
import ApusRuntime
import ApusTensor
import Testing

/// Work that goes on for long takes no more memory, and no more stack. Other tests run at the same time, so that only
/// growth by much counts.
@Suite struct MemoryTests {
  /// 4 KiB each: a hundred thousand kept would take 400 MB.
  private let width = 1024
  private let limit = 64 << 20

  private func growth(_ body: () -> Void) -> Int {
    let before = MemoryPool.shared.bytesInUse
    body()
    return MemoryPool.shared.bytesInUse - before
  }

  @Test func manyEagerStepsKeepNothing() {
    var x = Tensor.zeros([width])
    let grown = growth {
      for step in 0..<100_000 {
        x = x * 0.5 + 1
        if step % 10 == 0 { x.evaluated() }
      }
      x.evaluated()
    }
    #expect(grown < limit, "\(grown) bytes")
    #expect(x[0].item() == 2)
  }

  @Test func manyCompiledStepsKeepNothing() {
    final class Counter: Stateful {
      let slot = TensorSlot(.zeros([1024]))
      var stateSlots: [Slot] { [slot] }
    }
    let counter = Counter()
    let step = compile(updating: counter) { (x: Tensor) -> Tensor in
      counter.slot.value = counter.slot.value + x
      return counter.slot.value.sum()
    }
    let one = Tensor.ones([width])
    let grown = growth { for _ in 0..<100_000 { _ = step(one) } }
    #expect(grown < limit, "\(grown) bytes")
    #expect(counter.slot.value[0].item() == 100_000)
  }

  @Test func manyGradientsKeepNothing() {
    var w = Tensor.ones([width])
    let slope = grad { ($0 * $0).sum() }
    let grown = growth { for _ in 0..<20_000 { w = (w - slope(w) * 0.25).evaluated() } }
    #expect(grown < limit, "\(grown) bytes")
    #expect(w[0].item() < 1e-30)
  }

  /// What is never read does not pile up either.
  @Test func unreadStepsKeepNothing() {
    var x = Tensor.zeros([width])
    let grown = growth { for _ in 0..<50_000 { x = x + 1 } }
    #expect(grown < limit, "\(grown) bytes")
    #expect(x[0].item() == 50_000)
  }

  @Test func forgettingFreesMemory() {
    let grown = growth {
      for _ in 0..<100 { _ = Tensor.ones([1 << 20]).evaluated() }
    }
    #expect(grown < limit, "\(grown) bytes")
  }

  @Test func longChainsAreEvaluated() {
    var x = Tensor.zeros([2])
    for _ in 0..<20_000 { x = x + 1 }
    #expect(x.scalars() == [20_000, 20_000])
  }

  @Test func longChainsAreDifferentiated() {
    let slope = grad { x in
      var y = x
      for _ in 0..<5_000 { y = y * 1.0001 }
      return y.sum()
    }
    let expected = 5_000.0 * 0.000_099_995
    #expect(abs(slope([1, 2])[0].item() / Double.exponential(expected) - 1) < 1e-3)
  }

  @Test func longChainsAreFreedWithoutRecursion() {
    var node = Node.build(.parameter(TensorType([2], .float32)))
    for _ in 0..<1_000_000 { node = node.unary(.negate) }
    // Dropping the last reference frees a million nodes.
    node = Node.build(.parameter(TensorType([2], .float32)))
    #expect(node.isSymbolic)
  }

  @Test func wideGraphsAreFreedWithoutRecursion() {
    var node = Node.build(.parameter(TensorType([2], .float32)))
    for _ in 0..<200_000 { node = node + node }
    node = Node.build(.parameter(TensorType([2], .float32)))
    #expect(node.isSymbolic)
  }
}

extension Double {
  /// eˣ by its series: no C library is needed for a test.
  fileprivate static func exponential(_ x: Double) -> Double {
    var (sum, term) = (1.0, 1.0)
    for n in 1...40 {
      term *= x / Double(n)
      sum += term
    }
    return sum
  }
}
