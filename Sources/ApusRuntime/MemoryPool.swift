import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A piece of memory and the size class it belongs to.
struct Allocation: @unchecked Sendable {
  let pointer: UnsafeMutableRawPointer
  let capacity: Int
}

/// Memory that is used again: freed blocks are kept by size, up to a cap, so that a training step touches pages that
/// are already there.
public final class MemoryPool: Sendable {
  public static let shared = MemoryPool()

  private struct State {
    var free: [Int: [Allocation]] = [:]
    var cached = 0
    var used = 0
    var peak = 0
  }
  private let state = Mutex(State())
  private let cacheLimit = 512 << 20

  /// Bytes handed out now.
  public var bytesInUse: Int { state.withLock { $0.used } }
  /// The most bytes that were ever handed out at once.
  public var peakBytes: Int { state.withLock { $0.peak } }
  /// Bytes kept for reuse.
  public var bytesCached: Int { state.withLock { $0.cached } }

  /// Forgets the peak: it is what is in use now.
  public func resetPeak() { state.withLock { $0.peak = $0.used } }

  func allocate(_ byteCount: Int) -> Allocation {
    let capacity = MemoryPool.capacity(for: byteCount)
    let reused: Allocation? = state.withLock { state in
      state.used += capacity
      state.peak = max(state.peak, state.used)
      guard let allocation = state.free[capacity]?.popLast() else { return nil }
      state.cached -= capacity
      return allocation
    }
    let allocation = reused ?? Allocation(pointer: MemoryPool.map(capacity), capacity: capacity)
    AddressSanitizer.admit(byteCount, of: allocation)
    return allocation
  }

  func release(_ allocation: Allocation) {
    AddressSanitizer.admit(0, of: allocation)
    let isKept = state.withLock { state in
      state.used -= allocation.capacity
      guard state.cached + allocation.capacity <= cacheLimit else { return false }
      state.cached += allocation.capacity
      state.free[allocation.capacity, default: []].append(allocation)
      return true
    }
    if !isKept { free(allocation.pointer) }
  }

  /// Gives the memory kept for reuse back to the system.
  public func trim() {
    let blocks = state.withLock { state in
      let blocks = state.free.values.flatMap { $0 }
      state.free = [:]
      state.cached = 0
      return blocks
    }
    for block in blocks { free(block.pointer) }
  }

  /// Sizes are rounded up to one of four steps between powers of two, so that a block fits many requests and at most a
  /// quarter is lost.
  static func capacity(for byteCount: Int) -> Int {
    if byteCount <= 64 { return 64 }
    let power = 1 << (Int.bitWidth - 1 - (byteCount - 1).leadingZeroBitCount)
    let step = max(64, power / 4)
    return (byteCount + step - 1) / step * step
  }

  private static let hugePage = 2 << 20

  private static func map(_ capacity: Int) -> UnsafeMutableRawPointer {
    var pointer: UnsafeMutableRawPointer?
    let isLarge = capacity >= 2 * hugePage
    guard posix_memalign(&pointer, isLarge ? hugePage : 64, capacity) == 0, let pointer else {
      fatalError("out of memory: \(capacity) bytes were asked for")
    }
    #if os(Linux)
      if isLarge { madvise(pointer, capacity, MADV_HUGEPAGE) }
    #endif
    return pointer
  }
}
