import ApusCore

/// Memory on a device that holds one value.
///
/// A buffer is written by the plan that makes it and is not changed afterwards, unless its only owner donates it.
public final class Buffer: NodeValue, @unchecked Sendable {
  // Unchecked: a buffer is filled before it is published and read-only while shared.
  public let pointer: UnsafeMutableRawPointer
  /// The bytes in use; the allocation may be larger.
  public let byteCount: Int
  private let allocation: Allocation

  /// Memory for `byteCount` bytes with unspecified contents.
  public init(byteCount: Int) {
    allocation = MemoryPool.shared.allocate(byteCount)
    pointer = allocation.pointer
    self.byteCount = byteCount
  }

  /// A copy of `bytes`.
  public convenience init(copying bytes: UnsafeRawBufferPointer) {
    self.init(byteCount: bytes.count)
    if let base = bytes.baseAddress { pointer.copyMemory(from: base, byteCount: bytes.count) }
  }

  /// A copy of the buffer with memory of its own.
  public func copy() -> Buffer { Buffer(copying: bytes) }

  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: pointer, count: byteCount) }

  deinit { MemoryPool.shared.release(allocation) }
}
