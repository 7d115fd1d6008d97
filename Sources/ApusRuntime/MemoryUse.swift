/// How much memory a device's values take.
public struct MemoryUse: Hashable, Sendable {
  /// Bytes that living tensors and running programs hold.
  public let bytesInUse: Int
  /// The most bytes that were ever held at once, since the start or the last `resetPeakMemory()`.
  public let peakBytes: Int
  /// Bytes that were freed and are kept to be used again.
  public let cachedBytes: Int
}

extension Device {
  /// The memory in use. Devices that compute in the host's memory share it.
  public var memory: MemoryUse {
    let pool = MemoryPool.shared
    return MemoryUse(bytesInUse: pool.bytesInUse, peakBytes: pool.peakBytes, cachedBytes: pool.bytesCached)
  }

  /// Lets the peak start again from what is in use now.
  public func resetPeakMemory() { MemoryPool.shared.resetPeak() }

  /// Gives memory that is kept for reuse back to the system.
  public func releaseCachedMemory() { MemoryPool.shared.trim() }
}
